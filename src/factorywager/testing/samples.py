"""Values and names that have broken credential stores before."""

from __future__ import annotations

# semantics §1.8; each is used as a value, and as a service and a name
ODD_TEXTS = (
    " ",
    "  both ends  ",
    "a'b\"c`d",
    "back\\slash",
    "per%cent {brace} $HOME ${x} %s",
    "name@example.com",
    "com.example/with/slashes",
    "tab\tand\nnewline\r\n",
    "\x01\x02\x1b[31m\x7f",
    "\N{BYTE ORDER MARK}bom",
    "用户",
    "密码🔒🔑",
    "e\N{COMBINING ACUTE ACCENT} is not \N{LATIN SMALL LETTER E WITH ACUTE}",
    "\N{RIGHT-TO-LEFT OVERRIDE}abc",
    "\U0010ffff\ufffe",
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
)

LONG = "0123456789abcdef" * 4096  # 64 KiB, far above the 2,560 bytes that Windows takes
