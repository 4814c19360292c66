"""``auto``: the OS store when one answers, else the vault, saying so once; a locked keyring is no reason for it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from factorywager.errors import DeadlineError, FallbackWarning, InteractionNotAllowedError, UnavailableError
from harness.bus import Bus
from harness.caller import Caller
from harness.gnome_keyring import GnomeKeyring
from harness.raw_service import bun_attributes
from harness.timing import DEADLINE, GRACE, under

from .verbs import SERVICE


def _vault_of(bus: Bus) -> Path:
    return Path(bus.variables["FACTORYWAGER_HOME"])


def test_the_os_store_serves_when_it_answers(filled: GnomeKeyring, open_secrets: Callable[..., Caller]) -> None:
    secrets = open_secrets("auto", interactive=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert secrets.get(SERVICE, "token") == "one"
        secrets.set(SERVICE, "other", "two")
    with filled.raw() as raw:
        assert len(raw.search(bun_attributes(SERVICE, "other"))) == 1
    assert not _vault_of(filled.bus).exists()


def test_the_vault_serves_where_there_is_none_and_says_so_once(bus: Bus, open_secrets: Callable[..., Caller]) -> None:
    secrets = open_secrets("auto", interactive=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        secrets.set(SERVICE, "token", "one")
        assert secrets.get(SERVICE, "token") == "one"
        assert [info.store for info in secrets.list(SERVICE)] == ["vault"]
    (said,) = (str(one.message) for one in caught if one.category is FallbackWarning)
    assert str(_vault_of(bus)) in said
    assert _vault_of(bus).exists()


def test_without_a_bus_the_vault_serves_too(own_environment: None, open_secrets: Callable[..., Caller]) -> None:
    secrets = open_secrets("auto", interactive=False)
    with pytest.warns(FallbackWarning, match="no session bus"):
        secrets.set(SERVICE, "token", "one")
    assert secrets.get(SERVICE, "token") == "one"


def test_a_locked_keyring_is_an_error_and_no_reason_for_the_vault(
    locked: GnomeKeyring, open_secrets: Callable[..., Caller]
) -> None:
    secrets = open_secrets("auto", interactive=False)
    for call in (lambda: secrets.set(SERVICE, "token", "two"), lambda: secrets.get(SERVICE, "token")):
        with pytest.raises(InteractionNotAllowedError):
            call()
    assert not _vault_of(locked.bus).exists()


def test_a_stopped_daemon_is_an_error_and_no_reason_for_the_vault(
    filled: GnomeKeyring, open_secrets: Callable[..., Caller]
) -> None:
    secrets = open_secrets("auto", interactive=False, timeout=DEADLINE)
    filled.freeze()
    with under(DEADLINE + GRACE), pytest.raises(DeadlineError):
        secrets.set(SERVICE, "token", "two")
    filled.thaw()
    assert secrets.get(SERVICE, "token") == "one"
    assert not _vault_of(filled.bus).exists()


def test_the_choice_is_kept_when_the_daemon_goes(filled: GnomeKeyring, open_secrets: Callable[..., Caller]) -> None:
    """Entries must not spread over two stores because a daemon was restarted."""
    secrets = open_secrets("auto", interactive=False)
    assert secrets.get(SERVICE, "token") == "one"
    filled.kill()
    with pytest.raises(UnavailableError):
        secrets.set(SERVICE, "token", "two")
    assert not _vault_of(filled.bus).exists()
    filled.start()
    assert secrets.get(SERVICE, "token") == "one"
