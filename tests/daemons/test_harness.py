"""The harness itself: were a daemon not really locked, or a prompt not really shown, the suites would prove nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.bus import Bus, CallError
from harness.gnome_keyring import GnomeKeyring
from harness.prompter import Prompter
from harness.raw_service import NAME, bun_attributes


def test_an_unlocked_keyring_keeps_items_over_a_restart(keyring: GnomeKeyring) -> None:
    keyring.start()
    with keyring.raw() as raw:
        raw.create(bun_attributes("com.example.harness", "a"), b"one")
    keyring.restart()
    with keyring.raw() as raw:
        (item,) = raw.search(bun_attributes("com.example.harness", "a"))
        assert raw.value(item) == b"one"


def test_a_locked_keyring_refuses_and_opens_again(keyring: GnomeKeyring) -> None:
    keyring.start(unlocked=False)
    with keyring.raw() as raw:
        with pytest.raises(CallError, match="IsLocked"):
            raw.create(bun_attributes("com.example.harness", "a"), b"one")
        keyring.unlock_without_prompt()
        item = raw.create(bun_attributes("com.example.harness", "a"), b"one")
        keyring.lock()
        with pytest.raises(CallError, match="IsLocked"):
            raw.value(item)


def test_without_login_the_default_alias_points_nowhere(keyring: GnomeKeyring) -> None:
    keyring.start_without_login()
    with keyring.raw() as raw:
        assert raw.default() is None


def test_nothing_starts_itself_on_the_bus(bus: Bus) -> None:
    assert bus.owner(NAME) is None


def test_the_double_shows_the_daemons_prompt(keyring: GnomeKeyring, prompter: Callable[..., Prompter]) -> None:
    keyring.start(unlocked=False)
    double = prompter("dismiss")
    assert double.prompts_after(keyring) == []
    with keyring.raw() as raw:
        _, prompt = raw._service("Unlock", "ao", (["/org/freedesktop/secrets/collection/login"],))
        raw._call(prompt, "org.freedesktop.Secret.Prompt", "Prompt", "s", ("",))
    double.wait_for_prompt()
    assert double.prompts[0]["kind"] == "password"
