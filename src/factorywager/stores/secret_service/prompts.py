"""`Prompts`: the daemon's dialogs: one at a time, under the deadline, and not again right after a refusal."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ...errors import CanceledError, DeadlineError, InteractionNotAllowedError, LockedError, UnavailableError
from ...flow import Flow, Gate
from ...protocols import dbus
from ...protocols import secret_service as api
from ...protocols.received import Received
from ...transports.requests import Call, Hear
from ..store import Terms
from .link import Link
from .translate import STORE, StaleSessionError, checked

UNLOCK_HINT = "unlock the keyring (log in to the desktop, or open its keyring program), or use --store vault"


class Prompts:
    """Runs prompts for one store.

    Args:
        cool_down: seconds after a dismissal in which no new prompt is shown: what is asked then was most likely
            asked by the same program for the same reason.
    """

    def __init__(self, cool_down: float = 5.0) -> None:
        self._cool_down = cool_down
        self._gate = Gate("the keyring's prompt")
        self._dismissed_at: float | None = None

    def unlock(self, link: Link, objects: Sequence[str], terms: Terms) -> Flow[None]:
        """Unlock collections or items, by a prompt where the daemon wants one and the caller may be shown it.

        Raises:
            InteractionNotAllowedError: it takes a prompt, and this caller is not interactive.
            CanceledError: the user dismissed it, now or within the cool-down.
            DeadlineError: nobody answered it in time.
        StaleSessionError: the daemon was replaced before the prompt was shown.
            LockedError: the daemon says that it unlocked them, and did not.
        """
        yield self._gate.enter(terms.deadline)
        try:
            # Whoever was in here before may have unlocked them already: then there is no prompt to show.
            opened, prompt = api.unlocked((yield from link.ask(api.unlock(objects), terms.deadline)))
            if prompt == api.NO_PATH:
                if not set(objects) <= set(opened):
                    raise LockedError("the keyring stays locked", hint=UNLOCK_HINT, store=STORE)
                return
            if not (terms.interactive or (yield from _asks_nobody(link, objects, terms))):
                raise InteractionNotAllowedError(
                    "the keyring is locked and this program may not show a prompt", hint=UNLOCK_HINT, store=STORE
                )
            yield from self._show(link, prompt, terms)
        finally:
            self._gate.leave()

    def run(self, link: Link, prompt: str, terms: Terms, *, silent: bool = False) -> Flow[Received]:
        """Show one prompt and give the signal of its completion.  Raises as `unlock` does.

        Args:
            silent: the daemon asks nobody, so that every caller may have it run.
        """
        if not (terms.interactive or silent):
            raise InteractionNotAllowedError(
                "the keyring may ask before it does this, and this program may not show a prompt",
                hint="do it where somebody can answer, or in the keyring's own program",
                store=STORE,
            )
        yield self._gate.enter(terms.deadline)
        try:
            return (yield from self._show(link, prompt, terms))
        finally:
            self._gate.leave()

    def _show(self, link: Link, prompt: str, terms: Terms) -> Flow[Received]:
        if self._dismissed_at is not None and time.monotonic() - self._dismissed_at < self._cool_down:
            raise _dismissed()
        if not link.usable:
            # The daemon was replaced since we connected: of the new one's signals this link believes none.
            raise StaleSessionError("the daemon was restarted")
        subscription = link.bus.router.subscribe(
            lambda signal: (
                (api.is_completed(signal, prompt) and dbus.sender(signal) == link.owner) or api.is_owner_change(signal)
            )
        )
        rule = api.completed_rule(prompt)
        try:
            # The rule first: a prompt that completes at once would otherwise complete unheard.
            calls = [dbus.add_match(rule), api.show_prompt(prompt)]
            for reply in (yield Call(link.bus, calls, terms.deadline)):
                checked(reply)
            signal: Received = yield Hear(link.bus, subscription, terms.deadline)
        except DeadlineError:
            # The dialog is left alone: Prompt.Dismiss on an open prompt aborts GNOME Keyring 42, and going away does
            # not take it from the screen.  Answered later, it still unlocks the keyring.
            raise terms.deadline.error(
                "the keyring's prompt was not answered",
                hint="answer the dialog, which may still be on the screen, and try again",
            ) from None
        finally:
            link.bus.router.unsubscribe(subscription)
            link.bus.post(dbus.remove_match(rule))
        if api.is_owner_change(signal):
            raise UnavailableError("the secret service went away while it was prompting", store=STORE)
        if api.dismissed(signal):
            self._dismissed_at = time.monotonic()
            raise _dismissed()
        return signal


def _asks_nobody(link: Link, objects: Sequence[str], terms: Terms) -> Flow[bool]:
    """Whether the prompt that unlocks these will complete by itself.

    KWallet calls a wallet locked, and prompts for it, until it is first used through this API, although the login
    opened it long ago; of that, only its own interface tells.
    """
    daemon = link.daemon
    if not daemon.is_kwallet:
        return False
    for collection in set(map(api.collection_of, objects)):
        label = api.property_value((yield from link.ask(api.collection_label(collection), terms.deadline)), "s")
        (reply,) = yield from link.ask_all([api.wallet_is_open(daemon.name, label)], terms.deadline)
        if dbus.error_name(reply) is not None or not dbus.body(reply, "b")[0]:
            return False
    return True


def _dismissed() -> CanceledError:
    # Without a prompter to show it (no display, a crashed dialog) GNOME Keyring reports a dismissal as well.
    return CanceledError(
        "the keyring's prompt was dismissed, or there was no display to show it on", hint=UNLOCK_HINT, store=STORE
    )
