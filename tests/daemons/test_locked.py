"""A locked keyring: each way it may end has its own error, and none is "not found"."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

import pytest

from factorywager.errors import (
    CanceledError,
    DeadlineError,
    InteractionNotAllowedError,
    LockedError,
    UnreadableWarning,
)
from harness.caller import Caller
from harness.gnome_keyring import PASSWORD, GnomeKeyring
from harness.prompter import Prompter
from harness.raw_service import bun_attributes
from harness.timing import DEADLINE, GRACE, under

from .conftest import wait_until_unlocked
from .verbs import SERVICE, VERBS

Prompts = Callable[..., Prompter]

PASSWORD_ANSWER = f"password:{PASSWORD}"


# --- not interactive ----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_without_leave_to_prompt_every_verb_fails_at_once_and_shows_nothing(
    locked: GnomeKeyring, secrets: Caller, prompter: Prompts, verb: str
) -> None:
    dialogs = prompter(PASSWORD_ANSWER)
    with under(1), pytest.raises(InteractionNotAllowedError) as caught:
        VERBS[verb][0](secrets)
    assert caught.value.code == "ERR_SECRETS_INTERACTION_NOT_ALLOWED"
    assert caught.value.store == "secret-service"
    assert caught.value.hint
    assert dialogs.prompts_after(locked) == []


def test_safe_get_says_why_it_gives_nothing(locked: GnomeKeyring, secrets: Caller) -> None:
    with pytest.warns(UnreadableWarning, match=f"{SERVICE}/token.*locked"):
        assert secrets.safe_get(SERVICE, "token") is None


def test_the_environment_forbids_prompts(
    locked: GnomeKeyring, open_secrets: Callable[..., Caller], prompter: Prompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialogs = prompter(PASSWORD_ANSWER)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("FACTORYWAGER_INTERACTIVE", "0")
    secrets = open_secrets("secret-service")
    with under(1), pytest.raises(InteractionNotAllowedError):
        secrets.get(SERVICE, "token")
    assert dialogs.prompts_after(locked) == []


def test_a_display_allows_them(
    locked: GnomeKeyring, open_secrets: Callable[..., Caller], prompter: Prompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialogs = prompter(PASSWORD_ANSWER)
    monkeypatch.setenv("DISPLAY", ":0")
    assert open_secrets("secret-service").get(SERVICE, "token") == "one"
    assert len(dialogs.prompts) == 1


def test_once_unlocked_by_another_program_it_is_read(locked: GnomeKeyring, secrets: Caller) -> None:
    with pytest.raises(InteractionNotAllowedError):
        secrets.get(SERVICE, "token")
    locked.unlock_without_prompt()
    assert secrets.get(SERVICE, "token") == "one"
    locked.lock()
    with pytest.raises(InteractionNotAllowedError):
        secrets.get(SERVICE, "token")


# --- prompts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_an_answered_prompt_serves_every_verb(
    locked: GnomeKeyring, interactive: Caller, prompter: Prompts, verb: str
) -> None:
    dialogs = prompter(PASSWORD_ANSWER)
    call, expected = VERBS[verb]
    assert call(interactive) == expected
    assert len(dialogs.prompts_after(locked)) == 1
    call(interactive)
    assert len(dialogs.prompts_after(locked)) == 1


def test_a_wrong_password_is_the_daemons_to_ask_again(
    locked: GnomeKeyring, interactive: Caller, prompter: Prompts
) -> None:
    dialogs = prompter("password:wrong", PASSWORD_ANSWER)
    assert interactive.get(SERVICE, "token") == "one"
    assert len(dialogs.prompts) == 2


@pytest.mark.parametrize("verb", VERBS)
def test_a_dismissed_prompt_is_canceled_and_is_not_shown_again_right_away(
    locked: GnomeKeyring, interactive: Caller, prompter: Prompts, verb: str
) -> None:
    dialogs = prompter("dismiss", PASSWORD_ANSWER)
    for _ in range(2):
        with under(2), pytest.raises(CanceledError) as caught:
            VERBS[verb][0](interactive)
    assert caught.value.code == "ERR_SECRETS_USER_CANCELED"
    assert len(dialogs.prompts_after(locked)) == 1
    locked.unlock_without_prompt()
    assert interactive.get(SERVICE, "token") == "one"  # the cool-down is about prompts, not about the store


def test_after_the_cool_down_the_prompt_is_shown_again(
    locked: GnomeKeyring, open_secrets: Callable[..., Caller], prompter: Prompts
) -> None:
    from factorywager.stores.secret_service.prompts import Prompts as StorePrompts
    from factorywager.stores.secret_service.store import SecretServiceStore

    store = SecretServiceStore()
    store._prompts = StorePrompts(cool_down=0.0)
    secrets = open_secrets(store, interactive=True)
    dialogs = prompter("dismiss", PASSWORD_ANSWER)
    with pytest.raises(CanceledError):
        secrets.get(SERVICE, "token")
    assert secrets.get(SERVICE, "token") == "one"
    assert len(dialogs.prompts) == 2


@pytest.mark.parametrize("verb", ["get", "set", "delete", "list", "get_many"])
def test_a_prompt_nobody_answers_ends_at_the_deadline_and_the_daemon_lives(
    locked: GnomeKeyring, open_secrets: Callable[..., Caller], prompter: Prompts, verb: str
) -> None:
    dialogs = prompter("hang")
    hasty = open_secrets("secret-service", interactive=True, timeout=DEADLINE)
    with under(DEADLINE + GRACE), pytest.raises(DeadlineError) as caught:
        VERBS[verb][0](hasty)
    assert caught.value.code == "ERR_SECRETS_TIMEOUT"
    assert len(dialogs.prompts_after(locked)) == 1
    assert locked.alive
    # GNOME Keyring leaves the dialog of a client that went away on the screen; once it is answered, all is well.
    dialogs.answer_now(PASSWORD_ANSWER)
    wait_until_unlocked(locked)
    call, expected = VERBS[verb]
    assert call(hasty) == expected
    assert len(dialogs.prompts) == 1


@pytest.mark.parametrize("answer", ["die", None])
def test_without_anyone_to_show_it_a_prompt_ends_soon(
    locked: GnomeKeyring, interactive: Caller, prompter: Prompts, answer: str | None
) -> None:
    """The dialog's program crashes, or there is none: GNOME Keyring reports a dismissal."""
    if answer is not None:
        prompter(answer)
    with under(5), pytest.raises(CanceledError):
        interactive.get(SERVICE, "token")
    assert locked.alive
    locked.unlock_without_prompt()
    assert interactive.get(SERVICE, "token") == "one"


@pytest.mark.parametrize(("answer", "outcome"), [(PASSWORD_ANSWER, "one"), ("dismiss", "ERR_SECRETS_USER_CANCELED")])
def test_fifty_readers_share_one_prompt(
    locked: GnomeKeyring, interactive: Caller, prompter: Prompts, answer: str, outcome: str
) -> None:
    dialogs = prompter(answer)

    def reader(facade):
        try:
            return (yield facade.get(SERVICE, "token"))
        except CanceledError as error:
            return error.code

    assert interactive.together([reader] * 50) == [outcome] * 50
    assert len(dialogs.prompts_after(locked)) == 1


def test_listing_after_a_prompt_gives_names_and_no_hashes(
    locked: GnomeKeyring, interactive: Caller, prompter: Prompts
) -> None:
    prompter(PASSWORD_ANSWER)
    listed = interactive.list()
    assert [(info.service, info.name) for info in listed] == [(SERVICE, "token")]
    assert "gkr:compat" not in repr(listed)


def test_what_is_stored_through_a_prompt_is_stored(
    locked: GnomeKeyring, interactive: Caller, prompter: Prompts
) -> None:
    prompter(PASSWORD_ANSWER)
    interactive.set(SERVICE, "fresh", "two")
    with locked.raw() as raw:
        (item,) = raw.search(bun_attributes(SERVICE, "fresh"))
        assert raw.value(item) == b"two"


def test_a_canceled_task_abandons_its_prompt_and_nothing_else(locked: GnomeKeyring, prompter: Prompts) -> None:
    from factorywager import AsyncSecrets

    dialogs = prompter("hang")

    async def main() -> str | None:
        secrets = AsyncSecrets("secret-service", interactive=True, timeout=10)
        task = asyncio.ensure_future(secrets.get(SERVICE, "token"))
        await asyncio.to_thread(dialogs.wait_for_prompt)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        dialogs.answer_now(PASSWORD_ANSWER)
        wait_until_unlocked(locked)
        value = await secrets.get(SERVICE, "token")
        await secrets.aclose()
        return value

    with under(10):
        assert asyncio.run(main()) == "one"
    assert locked.alive
    assert len(dialogs.prompts) == 1


def test_one_reader_giving_up_does_not_fail_the_others(
    locked: GnomeKeyring, open_secrets: Callable[..., Caller], prompter: Prompts, facade: str
) -> None:
    """A prompt is given up by closing its connection, which other callers of the same store share."""
    from factorywager.stores.secret_service.store import SecretServiceStore

    store = SecretServiceStore()
    hasty = open_secrets(store, interactive=True, timeout=DEADLINE)
    dialogs = prompter("hang", PASSWORD_ANSWER)
    given_up = threading.Event()

    def hurried(_: object) -> object:
        try:
            return (yield hasty.wrapped.get(SERVICE, "token"))
        except DeadlineError as error:
            return error.code
        finally:
            given_up.set()

    def unhurried(bare: object) -> object:
        return (yield type(bare)(store, interactive=True, timeout=20).get(SERVICE, "token"))

    def user() -> None:
        given_up.wait(10)
        dialogs.answer_now(PASSWORD_ANSWER)

    hand = threading.Thread(target=user, daemon=True)
    hand.start()
    with under(10):
        assert hasty.together([hurried, unhurried, unhurried]) == ["ERR_SECRETS_TIMEOUT", "one", "one"]
    hand.join(10)


def test_a_keyring_locked_between_search_and_read_is_locked_not_missing(
    locked: GnomeKeyring, interactive: Caller, prompter: Prompts
) -> None:
    """Locking and reading in turns as fast as both go: a read gives the value or an error for a locked store."""
    locked.unlock_without_prompt()
    prompter(PASSWORD_ANSWER)
    with locked.raw() as raw:
        for _ in range(30):
            raw.lock()
            with contextlib.suppress(LockedError):
                assert interactive.get(SERVICE, "token") == "one"
