"""What is the Keychain's own: dialogs, permissions, statuses, and what is left of a call; over the double."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from factorywager.blocking import Secrets
from factorywager.errors import (
    AuthenticationError,
    CanceledError,
    DeadlineError,
    InteractionNotAllowedError,
    PlatformError,
    StoreError,
    UnavailableError,
)
from factorywager.stores.keychain.translate import MEANINGS
from harness.caller import Caller, in_threads
from harness.keychain import OURSELVES, KeychainDouble
from harness.process import eventually
from harness.timing import DEADLINE, GRACE, under

SERVICE = "com.example.keychain"


@pytest.fixture
def secrets(keychain: KeychainDouble, open_secrets: Callable[..., Caller]) -> Caller:
    """The facade under test on a keychain that holds one entry; never interactive."""
    secrets = open_secrets(keychain.open(), interactive=False)
    secrets.set(SERVICE, "token", "one")
    return secrets


@pytest.fixture
def attended(keychain: KeychainDouble, open_secrets: Callable[..., Caller]) -> Caller:
    """The same, with a person before the screen."""
    return open_secrets(keychain.open(), interactive=True)


VERBS = {
    "get": lambda secrets: secrets.get(SERVICE, "token"),
    "set": lambda secrets: secrets.set(SERVICE, "token", "two"),
    "add": lambda secrets: secrets.set(SERVICE, "other", "two"),
    "create": lambda secrets: secrets.get_or_create(SERVICE, "third", lambda: "three"),
    "get_many": lambda secrets: secrets.get_many(SERVICE),
}


# --- dialogs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_a_locked_keychain_is_an_error_where_nobody_is_there(
    secrets: Caller, keychain: KeychainDouble, verb: str
) -> None:
    keychain.set(locked=1)
    with pytest.raises(InteractionNotAllowedError, match="code: -25308") as caught:
        VERBS[verb](secrets)
    assert "security unlock-keychain" in (caught.value.hint or "")
    assert keychain.dialogs == 0
    keychain.set(locked=0)
    assert secrets.get_many(SERVICE) == {"token": "one"}


def test_what_can_be_told_of_a_locked_keychain_is_told(secrets: Caller, keychain: KeychainDouble) -> None:
    keychain.set(locked=1)
    assert secrets.exists(SERVICE, "token") is True
    assert [info.name for info in secrets.list(SERVICE)] == ["token"]


def test_a_person_unlocks_it(secrets: Caller, attended: Caller, keychain: KeychainDouble) -> None:
    keychain.set(locked=1)
    assert attended.get(SERVICE, "token") == "one"
    assert (keychain.dialogs, keychain.locked) == (1, False)


def test_one_dialog_serves_all_who_wait(secrets: Caller, keychain: KeychainDouble) -> None:
    keychain.set(locked=1)
    facade = Secrets(keychain.open(), interactive=True)
    assert in_threads([lambda: facade.get(SERVICE, "token")] * 8) == ["one"] * 8
    assert keychain.dialogs == 1


@pytest.mark.parametrize(("answer", "kind"), [("cancel", CanceledError), ("refuse", AuthenticationError)])
def test_a_dialog_that_is_not_agreed_to(
    secrets: Caller, attended: Caller, keychain: KeychainDouble, answer: str, kind: type[StoreError]
) -> None:
    keychain.set(locked=1, answer=answer)
    for verb in (VERBS["get"], VERBS["set"]):
        with pytest.raises(kind):
            verb(attended)
    keychain.set(locked=0)
    assert secrets.get(SERVICE, "token") == "one"


def test_a_dialog_that_nobody_answers_ends_at_the_deadline(
    secrets: Caller, open_secrets: Callable[..., Caller], keychain: KeychainDouble
) -> None:
    hurried = open_secrets(keychain.open(), interactive=True, timeout=DEADLINE)
    keychain.set(locked=1, answer="wait")
    with under(DEADLINE + GRACE), pytest.raises(DeadlineError):
        hurried.get(SERVICE, "token")
    # The call is still under way; a call that may show nothing must not be mixed up with it.
    with under(DEADLINE + GRACE), pytest.raises(DeadlineError) as caught:
        Secrets(keychain.open(), interactive=False, timeout=DEADLINE).get(SERVICE, "token")
    assert "dialog" in (caught.value.hint or "")
    keychain.set(answer="allow")
    eventually(lambda: not keychain.locked, "the old dialog still unlocks the keychain")
    assert secrets.get(SERVICE, "token") == "one"


def test_whether_dialogs_may_appear_is_put_back(secrets: Caller, attended: Caller, keychain: KeychainDouble) -> None:
    keychain.set(locked=1)
    with pytest.raises(InteractionNotAllowedError):
        secrets.get(SERVICE, "token")
    assert attended.get(SERVICE, "token") == "one"  # a dialog was shown, so they are allowed again
    assert keychain.interaction_allowed
    # A program that switched them off itself finds them off afterwards, and its wish respected.
    keychain.interaction_allowed = False
    keychain.set(locked=1)
    for facade in (secrets, attended):
        with pytest.raises(InteractionNotAllowedError):
            facade.get(SERVICE, "token")
        assert not keychain.interaction_allowed
    keychain.interaction_allowed = True


def test_calls_that_may_not_prompt_do_not_hold_each_other_up(secrets: Caller, keychain: KeychainDouble) -> None:
    facade = Secrets(keychain.open(), interactive=False)
    assert in_threads([lambda: facade.get(SERVICE, "token")] * 16) == ["one"] * 16
    assert keychain.interaction_allowed


# --- permissions --------------------------------------------------------------------------------------


def test_only_an_unrestricted_entry_is_read_by_another_program_without_a_dialog(
    keychain: KeychainDouble, open_secrets: Callable[..., Caller]
) -> None:
    secrets = open_secrets(keychain.open(), interactive=False)
    secrets.set(SERVICE, "mine", "one")
    secrets.set(SERVICE, "everybody's", "two", allow_unrestricted_access=True)
    keychain.become("another-program")
    assert secrets.get(SERVICE, "everybody's") == "two"
    with pytest.raises(InteractionNotAllowedError):
        secrets.get(SERVICE, "mine")
    keychain.become(OURSELVES)
    secrets.set(SERVICE, "everybody's", "three")  # the value changes, and not who may read it
    keychain.become("another-program")
    assert secrets.get(SERVICE, "everybody's") == "three"


def test_an_entry_keeps_its_permissions_and_its_birthday_when_its_value_changes(
    keychain: KeychainDouble, secrets: Caller
) -> None:
    keychain.become("another-program")
    (before,) = secrets.list(SERVICE)
    secrets.set(SERVICE, "token", "two")
    (after,) = secrets.list(SERVICE)
    assert after.created == before.created
    with pytest.raises(InteractionNotAllowedError):  # still the first program's
        secrets.get(SERVICE, "token")


def test_an_access_that_cannot_be_made_stores_nothing(secrets: Caller, keychain: KeychainDouble) -> None:
    keychain.set(failing="SecAccessCreate", status=-108)
    with pytest.raises(PlatformError, match="-108"):
        secrets.set(SERVICE, "fresh", "two", allow_unrestricted_access=True)
    keychain.set(failing="")
    assert secrets.get(SERVICE, "fresh") is None


# --- statuses -----------------------------------------------------------------------------------------

FUNCTIONS = {
    "SecItemCopyMatching": lambda secrets: secrets.get(SERVICE, "token"),
    "SecItemAdd": lambda secrets: secrets.set(SERVICE, "token", "two"),
    "SecItemUpdate": lambda secrets: secrets.set(SERVICE, "token", "two"),
    "SecItemDelete": lambda secrets: secrets.delete(SERVICE, "token"),
}
# what these mean is part of the conversation
ANSWERS = {
    ("SecItemAdd", -25299),
    ("SecItemCopyMatching", -25300),
    ("SecItemUpdate", -25300),
    ("SecItemDelete", -25300),
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_status_of_every_function_is_an_error_and_changes_nothing(
    keychain: KeychainDouble, function: str
) -> None:
    secrets = Secrets(keychain.open(), interactive=False)
    secrets.set(SERVICE, "token", "one")
    for status, meaning in MEANINGS.items():
        if (function, status) in ANSWERS:
            continue
        keychain.set(failing=function, status=status)
        with pytest.raises(meaning.error) as caught:
            FUNCTIONS[function](secrets)
        assert (caught.value.native, caught.value.hint) == (status, meaning.hint)
        assert (caught.value.store, caught.value.service, caught.value.name) == ("keychain", SERVICE, "token")
    keychain.set(failing="")
    assert secrets.get(SERVICE, "token") == "one"


def test_a_status_nobody_knows_is_told_in_the_system_s_words(secrets: Caller, keychain: KeychainDouble) -> None:
    keychain.set(failing="SecItemDelete", status=-4242)
    with pytest.raises(PlatformError, match="a made-up message of the system \\(code: -4242\\)"):
        secrets.delete(SERVICE, "token")


# --- what is left of a call ---------------------------------------------------------------------------


def test_the_counts_of_the_double_are_not_blind(keychain: KeychainDouble, secrets: Caller) -> None:
    assert keychain.released > 0
    foundation = keychain.foundation
    held = foundation.CFDataCreate(None, b"secret", 6)
    with pytest.raises(AssertionError, match="1 are not"):
        keychain.check_balance(within=0.1)
    foundation.CFRelease(held)
    with pytest.raises(AssertionError):  # released, with bytes in it
        keychain.check_balance()
    keychain.forgive()


def test_an_operation_that_fails_leaves_nothing_behind(secrets: Caller, keychain: KeychainDouble) -> None:
    keychain.check_balance()
    for function, act in FUNCTIONS.items():
        keychain.set(failing=function, status=-36)
        with pytest.raises(PlatformError):
            act(secrets)
        keychain.check_balance()


# --- processes ----------------------------------------------------------------------------------------


def test_a_forked_child_is_refused_and_the_parent_goes_on(keychain: KeychainDouble) -> None:
    secrets = Secrets(keychain.open(), interactive=False, timeout=10)
    secrets.set(SERVICE, "token", "one")
    child = os.fork()
    if child == 0:
        signal.alarm(15)
        try:
            secrets.get(SERVICE, "token")
        except PlatformError as error:
            os._exit(0 if "fork" in str(error) and "spawn" in (error.hint or "") else 1)
        except BaseException:
            os._exit(2)
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert secrets.get(SERVICE, "token") == "one"


def test_where_there_is_no_keychain(keychain: KeychainDouble, secrets: Caller) -> None:
    keychain.set(no_default=1)
    with pytest.raises(UnavailableError, match="-25307") as caught:
        secrets.set(SERVICE, "token", "two")
    assert "security default-keychain" in (caught.value.hint or "")
