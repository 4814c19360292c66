"""`unrestricted_access`: who may read an entry without a dialog: every program of the user's.

``SecAccessCreate`` with no list of trusted applications trusts the program that calls it, and with an empty list
trusts none; only an access control list whose own list of applications is absent lets in every program (Apple's
documentation of ``SecAccessCreate`` and ``SecACLSetContents``; `security add-generic-password -A` makes the same).
"""

from __future__ import annotations

from ctypes import byref, c_void_p
from typing import TYPE_CHECKING

from .translate import check

if TYPE_CHECKING:
    from ...model import Ref
    from .frameworks import Frameworks
    from .pool import Pool


def unrestricted_access(pool: Pool, frameworks: Frameworks, ref: Ref) -> int:
    """A SecAccess under which any program may decrypt the entry.

    Raises:
        StoreError: macOS would not make it; then the entry must not be written either.
    """
    cf, sec = frameworks.cf, frameworks.sec
    label = pool.text(str(ref))  # what a dialog about the entry would call it
    made = c_void_p()
    check(sec.SecAccessCreate(label, None, byref(made)))
    access = pool.own(made.value)
    lists = pool.own(sec.SecAccessCopyMatchingACLList(access, frameworks.constant("kSecACLAuthorizationDecrypt")))
    for index in range(cf.CFArrayGetCount(lists)):
        check(sec.SecACLSetContents(cf.CFArrayGetValueAtIndex(lists, index), None, label, 0))
    return access
