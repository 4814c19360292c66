"""Values and names that have broken credential stores before."""

from __future__ import annotations

LINE_ENDS = "tab\tand\nnewline\r\n"
CONTROL_CHARACTERS = "\x01\x02\x1b[31m\x7f"
BYTE_ORDER_MARK = "\N{BYTE ORDER MARK}bom"
NONCHARACTERS = "\U0010ffff\ufffe"

# semantics §1.8; each is used as a value, and as a service and a name
ODD_TEXTS = (
    " ",
    "  both ends  ",
    "a'b\"c`d",
    "back\\slash",
    "per%cent {brace} $HOME ${x} %s",
    "name@example.com",
    "com.example/with/slashes",
    LINE_ENDS,
    CONTROL_CHARACTERS,
    BYTE_ORDER_MARK,
    "用户",
    "密码🔒🔑",
    "e\N{COMBINING ACUTE ACCENT} is not \N{LATIN SMALL LETTER E WITH ACUTE}",
    "\N{RIGHT-TO-LEFT OVERRIDE}abc",
    NONCHARACTERS,
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
)

LONG = "0123456789abcdef" * 4096  # 64 KiB, far above the 2,560 bytes that Windows takes
