"""Well-formed UTF-8 (Unicode 15, table 3-7), matched where the bytes lie; decoding would leave a copy."""

from __future__ import annotations

import re

_UTF8 = re.compile(
    rb"(?:[\x00-\x7f]++|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2})*+"
)


def is_utf8(view: memoryview) -> bool:
    return _UTF8.fullmatch(view) is not None
