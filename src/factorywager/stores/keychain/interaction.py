"""`Interaction`: whether Security may put a dialog before the user.

For the login keychain that is a setting of the whole process (``SecKeychainSetUserInteractionAllowed``); what a single
query can say (``kSecUseAuthenticationUI``) binds the data protection keychain only.  So calls that may prompt and
calls that may not never run at the same time, and the setting is put back when the last of the latter ends.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL, byref, c_ubyte
from typing import TYPE_CHECKING

from .translate import check

if TYPE_CHECKING:
    from ..store import Terms


class Interaction:
    """Admits calls that may prompt one at a time, and calls that may not together.

    One at a time because a person answers one dialog at a time, and the first answer often serves all: it unlocks the
    keychain.
    """

    def __init__(self, security: CDLL) -> None:
        self._security = security
        self._turn = threading.Condition()
        self._silent = 0
        self._prompting = False
        self._before = True

    @contextmanager
    def during(self, terms: Terms) -> Iterator[None]:
        """The time of one call.

        Raises:
            DeadlineError: a call of the other kind did not end in time (a dialog stands unanswered).
        """
        self._begin(terms)
        try:
            yield
        finally:
            with self._turn:
                if terms.interactive:
                    self._prompting = False
                else:
                    self._silent -= 1
                    if self._silent == 0:
                        self._allow(self._before)
                self._turn.notify_all()

    def _begin(self, terms: Terms) -> None:
        with self._turn:
            free = self._turn.wait_for(
                lambda: not self._prompting and not (terms.interactive and self._silent), terms.deadline.remaining()
            )
            # A call that begins past its deadline would act after its caller was told that it failed.
            if not free or terms.deadline.passed:
                raise terms.deadline.error("the Keychain was not free")
            if terms.interactive:
                self._prompting = True
                return
            if self._silent == 0:
                allowed = c_ubyte()
                check(self._security.SecKeychainGetUserInteractionAllowed(byref(allowed)))
                self._before = bool(allowed.value)
                self._allow(False)
            self._silent += 1

    def _allow(self, allowed: bool) -> None:
        check(self._security.SecKeychainSetUserInteractionAllowed(allowed))
