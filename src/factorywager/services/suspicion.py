"""Which values of a file are secrets and which are configuration: a proposal, that the user decides on.

Three things speak for a secret, the surest first: a shape that its issuer gave it (`protocols.tokens`), the name it
goes by, and that it looks random.
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from typing import Final, NamedTuple

from ..protocols.tokens import Token, known

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# the last words of a name decide: TOKEN_URL is a URL, and URL_TOKEN a token
_SECRET_WORDS: Final = _words(
    "password passwd passphrase pass pwd pw secret secrets token tokens apikey apitoken credential credentials jwt dsn "
    "authtoken pat pin otp totp privatekey accesskey secretkey signature salt pepper webhook auth seed mnemonic "
    "authorization bearer cookie"
)
_SECRET_PAIRS: Final = _words(
    "api.key access.key secret.key private.key signing.key encryption.key master.key account.key license.key ssh.key "
    "service.key storage.key shared.key session.key key.data webhook.url connection.string auth.key deploy.key "
    "refresh.key admin.key app.key server.key hmac.key aes.key signing.seed"
)
_HARMLESS_WORDS: Final = _words(
    "url uri host hostname port path file dir directory name user username id region endpoint enabled disabled ttl "
    "timeout expiry expires expiration lifetime length size count limit type format algorithm header method mode "
    "level public version prefix suffix policy provider issuer audience scope scopes hint reset min max days hours "
    "minutes seconds commit sha digest checksum integrity revision rev etag fingerprint uuid guid"
)
_PLACEHOLDER: Final = re.compile(
    r"(?i)x{3,}|\*+|\.{3}|-+|<[^<>]{1,80}>|\$\{[^{}]{1,80}\}|\{\{[^{}]{1,80}\}\}|fw://\S{1,600}"
    r"|change[-_ ]?(me|this|it)|replace[-_ ]?(me|this)|your[-_ ].{1,80}|todo|tbd|none|null|nil|undefined"
    r"|true|false|yes|no|on|off|example|placeholder|dummy"
)
_CODE_URL_ACCOUNT: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/?#:@]{0,256}:(\$\{?[A-Z_]|<|\*\*)")
_PLAIN: Final = re.compile(
    r"[0-9]{1,15}|[0-9.]{3,40}|[0-9]{4}-[0-9]{2}-[0-9]{2}.{0,30}"  # numbers, versions and addresses, dates
    r"|(?:/|\./|~/|[A-Za-z]:\\)[^\s]{0,1000}"  # paths
    r"|[a-z][a-z0-9+.-]{1,20}://\S{1,2000}"  # URLs; one with a password was seen before
    r"|[A-Za-z0-9.-]{1,200}\.(?:com|org|net|io|dev|local|internal|example|test)(?::[0-9]+)?"  # hosts
    r"|[^\s@]{1,64}@[A-Za-z0-9.-]{1,200}"  # mail addresses
    r"|(?:sha1|sha256|sha384|sha512|md5)[:=-][A-Za-z0-9+/=]{16,128}"  # checksums, as lock files and images have them
)
_OPAQUE: Final = re.compile(r"[A-Za-z0-9+/=_.~!@#$%^&*-]{16,4096}")
_UUID: Final = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# bits a character: 32 random hexadecimal digits have 3.4 to 3.9, 24 random base64 characters 3.9 to 4.6, and words of
# English joined by dashes at most 3.9 with letters of one case only
_HEX_BITS: Final = 3.0
_MIXED_BITS: Final = 3.5


class Suspicion(NamedTuple):
    """Why a value is thought to be a secret.

    Attributes:
        reason: in a word or two, for a table: ``GitHub OAuth token``, ``name``, ``random``.
        token: the known kind of credential, where it is one.
    """

    reason: str
    token: Token | None = None


def suspect(key: str, value: str) -> Suspicion | None:
    """Whether the value is most likely a secret, and why; ``None`` for configuration and for placeholders.

    Args:
        key: what the file calls it (`formats.found.Found.key`); its last part counts.
    """
    text = value.strip(string.whitespace)  # ASCII's, as the patterns of `protocols.tokens` have it
    if not text or _PLACEHOLDER.fullmatch(text) or _CODE_URL_ACCOUNT.match(text):
        return None
    token = known(text)
    if token is not None:
        return Suspicion(token.name, token)
    named = _named(key)
    if named is True and not _is_flag(text):
        return Suspicion("name")
    if named is None and _is_random(text):
        return Suspicion("random")
    return None


def _named(key: str) -> bool | None:
    """Whether the name is that of a secret (true), of configuration (false), or says nothing."""
    words = [word.lower() for word in _WORD.findall(key[-512:])]
    while words and words[-1].isdigit():  # API_KEY_2
        words.pop()
    if not words:
        return None
    if words[-1] in _SECRET_WORDS or ".".join(words[-2:]) in _SECRET_PAIRS:
        return not (words[-1] == "token" and "max" in words)
    if words[-1] in _HARMLESS_WORDS or "public" in words[-2:]:
        return False
    return None


def _is_flag(text: str) -> bool:
    """Settings of secrets rather than secrets: a short number (``MAX_TOKENS=4``), a path (``PASSWORD=/run/…``)."""
    return (text.isdigit() and len(text) < 4) or text.startswith(("/run/", "/etc/", "./", "../", "~/"))


def _is_random(text: str) -> bool:
    if not _OPAQUE.fullmatch(text) or _PLAIN.fullmatch(text) or _UUID.fullmatch(text):
        return False
    digits = sum(character.isdigit() for character in text)
    if digits < 2:
        return False
    bits = entropy(text)
    if all(character in "0123456789abcdefABCDEF" for character in text):
        return bits > _HEX_BITS and digits < len(text)
    return bits > _MIXED_BITS


def entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
