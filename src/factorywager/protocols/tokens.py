"""The shapes of credentials whose issuers marked them: what each is called, and how its owner has it revoked.

Shapes are those the issuers document for secret scanning.  Each is a regular expression over ASCII, valid for text
and for bytes, with no repetition inside a repetition: it takes linear time on anything.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple


class Token(NamedTuple):
    """One kind of credential.

    Attributes:
        name: what its issuer calls it.
        marks: literal texts, one of which is in every match: what a multi-pattern search looks for first.
        pattern: the whole credential; where it begins and ends is left to `expression`.
        revoke: what its owner does when it was seen by others, one sentence.
    """

    name: str
    marks: tuple[str, ...]
    pattern: str
    revoke: str

    @property
    def expression(self) -> str:
        """`pattern`, not in the middle of a longer word."""
        return f"(?<![A-Za-z0-9_]){self.pattern}(?![A-Za-z0-9_])"


_GITHUB: Final = "Delete it in GitHub under Settings, Developer settings, and look at the security log."
_SLACK: Final = "Revoke it on the app's OAuth page in Slack, or call auth.revoke with it."
_STRIPE: Final = "Roll the key in the Stripe dashboard under Developers, API keys."
_AWS: Final = "Deactivate the access key in IAM, make a new one, then delete the old one."
_GITLAB: Final = "Revoke it in GitLab where access tokens of the user, group or project are listed."

TOKENS: Final = (
    Token("GitHub personal access token", ("ghp_",), r"ghp_[A-Za-z0-9]{36,251}", _GITHUB),
    Token("GitHub OAuth token", ("gho_",), r"gho_[A-Za-z0-9]{36,251}", _GITHUB),
    Token("GitHub app token", ("ghu_", "ghs_"), r"gh[us]_[A-Za-z0-9]{36,251}", _GITHUB),
    Token("GitHub refresh token", ("ghr_",), r"ghr_[A-Za-z0-9]{36,251}", _GITHUB),
    Token("GitHub fine-grained token", ("github_pat_",), r"github_pat_[A-Za-z0-9_]{59,255}", _GITHUB),
    Token("GitLab token", ("glpat-",), r"glpat-[A-Za-z0-9_.-]{20,255}", _GITLAB),
    Token("GitLab deploy token", ("gldt-",), r"gldt-[A-Za-z0-9_-]{20,64}", _GITLAB),
    Token("GitLab runner token", ("glrt-",), r"glrt-[A-Za-z0-9_.-]{20,255}", _GITLAB),
    Token("GitLab job token", ("glcbt-",), r"glcbt-[A-Za-z0-9_-]{20,255}", "It ends with its CI job; cancel the job."),
    Token("AWS access key id", ("AKIA", "ASIA"), r"A[KS]IA[A-Z2-7]{16}", _AWS),
    Token("Slack token", ("xox",), r"xox[abeoprs]-[A-Za-z0-9-]{10,255}", _SLACK),
    Token("Slack app token", ("xapp-",), r"xapp-[0-9]-[A-Za-z0-9-]{20,255}", _SLACK),
    Token(
        "Slack webhook",
        ("hooks.slack.com/services/",),
        r"https://hooks\.slack\.com/services/[A-Za-z0-9]{8,12}/[A-Za-z0-9]{8,12}/[A-Za-z0-9]{20,32}",
        "Remove the webhook on the app's page in Slack and add a new one.",
    ),
    Token("Stripe secret key", ("sk_live_", "sk_test_"), r"sk_(?:live|test)_[A-Za-z0-9]{16,255}", _STRIPE),
    Token("Stripe restricted key", ("rk_live_", "rk_test_"), r"rk_(?:live|test)_[A-Za-z0-9]{16,255}", _STRIPE),
    Token("Stripe webhook secret", ("whsec_",), r"whsec_[A-Za-z0-9+/=]{24,88}", _STRIPE),
    Token(
        "npm token", ("npm_",), r"npm_[A-Za-z0-9]{36,64}", "Revoke it with `npm token revoke`, or under Access Tokens."
    ),
    Token(
        "PyPI token", ("pypi-",), r"pypi-[A-Za-z0-9_-]{50,512}", "Remove it in PyPI under Account settings, API tokens."
    ),
    Token(
        "crates.io token", ("cio",), r"cio[A-Za-z0-9]{32}", "Revoke it in crates.io under Account Settings, API Tokens."
    ),
    Token("RubyGems key", ("rubygems_",), r"rubygems_[a-f0-9]{48}", "Delete it in RubyGems under Settings, API keys."),
    Token(
        "Docker token",
        ("dckr_pat_", "dckr_oat_"),
        r"dckr_[op]at_[A-Za-z0-9_-]{20,64}",
        "Delete it in Docker Hub under Account settings, Personal access tokens.",
    ),
    Token("Google API key", ("AIza",), r"AIza[A-Za-z0-9_-]{35}", "Delete it in the Cloud console under Credentials."),
    Token(
        "Google OAuth secret",
        ("GOCSPX-",),
        r"GOCSPX-[A-Za-z0-9_-]{28}",
        "Add a new secret to the OAuth client in the Cloud console, then disable the old one.",
    ),
    Token("Google access token", ("ya29.",), r"ya29\.[A-Za-z0-9_-]{20,1024}", "Revoke it with `gcloud auth revoke`."),
    Token(
        "OpenAI key",
        ("sk-proj-", "sk-svcacct-", "sk-admin-", "T3BlbkFJ"),
        r"sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,255}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})",
        "Delete it on OpenAI's page of API keys.",
    ),
    Token(
        "Anthropic key",
        ("sk-ant-",),
        r"sk-ant-[A-Za-z0-9_-]{20,255}",
        "Delete it in Anthropic's console under API keys.",
    ),
    Token("Hugging Face token", ("hf_",), r"hf_[A-Za-z]{34}", "Invalidate it in Hugging Face under Access Tokens."),
    Token(
        "SendGrid key",
        ("SG.",),
        r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
        "Delete it in SendGrid under Settings, API Keys.",
    ),
    Token("Twilio API key", ("SK",), r"SK[0-9a-f]{32}", "Delete it in the Twilio console under API keys."),
    Token("Mailgun key", ("key-",), r"key-[0-9a-f]{32}", "Reset it in Mailgun under API security."),
    Token(
        "Telegram bot token", (":AA",), r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}", "Ask BotFather for a new one with /revoke."
    ),
    Token(
        "DigitalOcean token",
        ("dop_v1_", "doo_v1_", "dor_v1_"),
        r"do[opr]_v1_[a-f0-9]{64}",
        "Delete it in DigitalOcean under API, Tokens.",
    ),
    Token(
        "Shopify token",
        ("shpat_", "shpca_", "shppa_", "shpss_"),
        r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
        "Rotate it on the app's page of API credentials in Shopify.",
    ),
    Token("Vault token", ("hvs.", "hvb."), r"hv[sb]\.[A-Za-z0-9_-]{24,512}", "Revoke it with `bao token revoke`."),
    Token(
        "Doppler token", ("dp.",), r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{40,128}", "Revoke it in Doppler."
    ),
    Token("Linear key", ("lin_api_",), r"lin_api_[A-Za-z0-9]{40}", "Revoke it in Linear under Settings, API."),
    Token("Notion token", ("ntn_",), r"ntn_[A-Za-z0-9]{40,64}", "Refresh it on the integration's page in Notion."),
    Token("Age secret key", ("AGE-SECRET-KEY-1",), r"AGE-SECRET-KEY-1[A-Z0-9]{58}", "Encrypt everything to a new key."),
    Token(
        "JSON Web Token",
        ("eyJ",),
        r"eyJ[A-Za-z0-9_-]{10,4096}\.eyJ[A-Za-z0-9_-]{10,8192}\.[A-Za-z0-9_-]{10,1024}",
        "It ends by itself at its `exp`; before that, rotate the key that signs it.",
    ),
    Token(
        "private key",
        ("-----BEGIN ",),
        r"-----BEGIN (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----",
        "Make a new key pair, and remove the old public key wherever it is trusted.",
    ),
    Token(
        "URL with a password",
        ("://",),
        r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/?#:@\"'<>]{0,256}:[^\s/?#@\"'<>]{1,512}@[^\s/?#@:\"'<>]{1,253}",
        "Change that account's password on the server the URL names.",
    ),
)


@cache
def compiled() -> tuple[tuple[Token, re.Pattern[str]], ...]:
    """Every kind with its expression over text, compiled once and only when asked for."""
    return tuple((token, re.compile(token.expression, re.ASCII)) for token in TOKENS)


def known(text: str) -> Token | None:
    """The kind of the first credential of a known shape that the text holds, or ``None``."""
    for token, expression in compiled():
        if any(mark in text for mark in token.marks) and expression.search(text):
            return token
    return None
