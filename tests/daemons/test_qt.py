"""KWallet and KeePassXC, the real programs, where they differ from GNOME Keyring."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from factorywager import Secrets
from factorywager.errors import CorruptError, DeadlineError, InteractionNotAllowedError
from factorywager.flow import Deadline, blocking
from factorywager.stores.secret_service.store import SecretServiceStore
from factorywager.stores.store import Terms
from harness.bus import Bus
from harness.caller import Caller
from harness.daemon import Daemon
from harness.keepassxc import KeePassXC
from harness.kwallet import KWallet
from harness.raw_service import bun_attributes
from harness.timing import DEADLINE, GRACE, under

from .conftest import put
from .verbs import SERVICE, VERBS


@pytest.fixture(params=[KWallet, KeePassXC])
def daemon(request: pytest.FixtureRequest, bus: Bus) -> Iterator[Daemon]:
    """Unlocked, with ``token`` = ``one``."""
    daemon: Daemon = request.param(bus).start()
    with daemon.raw() as raw:
        put(raw, "token", b"one")
    yield daemon
    daemon.stop()


@pytest.fixture
def kwallet(bus: Bus) -> Iterator[KWallet]:
    daemon = KWallet(bus)
    yield daemon
    daemon.stop()


def test_a_session_that_the_daemon_forgot_is_opened_anew(daemon: Daemon) -> None:
    store = SecretServiceStore()
    secrets = Secrets(store, interactive=True, timeout=20)
    for act in (
        lambda: secrets.get(SERVICE, "token"),
        lambda: secrets.get_many(SERVICE)["token"],
        lambda: secrets.set(SERVICE, "token", "one"),
    ):
        assert act() in ("one", None)
        link = blocking.run(store._links.obtain(Deadline(20)))
        link.session += "0"
        assert act() in ("one", None)
        assert secrets.get(SERVICE, "token") == "one"
    secrets.close()


def test_neither_vouches_for_the_order_of_its_signals(daemon: Daemon) -> None:
    """So there is no pulse for the cache, and no item's path is remembered."""
    store = SecretServiceStore()
    assert blocking.run(store.pulse(Terms(Deadline(20), False))) is None
    assert Secrets(store, interactive=False).get(SERVICE, "token") == "one"
    assert blocking.run(store._links.obtain(Deadline(20))).paths._paths == {}
    store.close()


def test_doctor_knows_it_by_name(daemon: Daemon) -> None:
    store = SecretServiceStore()
    found = {finding.what: finding for finding in blocking.run(store.examine(Terms(Deadline(20), False)))}
    assert type(daemon).__name__ in found["daemon"].detail
    assert found["default collection"].state == "ok"
    daemon.lock()
    found = {finding.what: finding for finding in blocking.run(store.examine(Terms(Deadline(20), False)))}
    assert type(daemon).__name__ in (found["default collection"].hint or "")
    store.close()


# --- KWallet ------------------------------------------------------------------------------------------


def test_a_wallet_that_the_login_opened_needs_nobody(kwallet: KWallet, secrets: Caller) -> None:
    """It says that it is locked, and returns a prompt; that prompt asks nobody."""
    kwallet.start(unlocked=False)
    kwallet._login()
    with kwallet.raw() as raw:
        assert raw.locked()
    secrets.set(SERVICE, "token", "one")
    assert secrets.get(SERVICE, "token") == "one"


def test_a_value_that_kwallet_lost_is_an_error_and_not_an_empty_value(kwallet: KWallet, secrets: Caller) -> None:
    kwallet.start()
    secrets.set(SERVICE, "token", "one")
    kwallet.restart()  # before it has written its file
    for read in (lambda: secrets.get(SERVICE, "token"), lambda: secrets.get_many(SERVICE)):
        with pytest.raises(CorruptError) as caught:
            read()
        assert caught.value.hint
    secrets.set(SERVICE, "token", "two")
    assert secrets.get(SERVICE, "token") == "two"
    assert secrets.delete(SERVICE, "token") is True


# --- KeePassXC ----------------------------------------------------------------------------------------


def test_an_item_that_keepassxc_asks_about_is_not_read_behind_the_users_back(
    bus: Bus, secrets: Caller, open_secrets: Callable[..., Caller]
) -> None:
    daemon = KeePassXC(bus, confirm=True).start()
    try:
        with daemon.raw() as raw:
            put(raw, "token", b"one")
        for verb in ("get", "get_many", "set", "delete"):
            with under(3), pytest.raises(InteractionNotAllowedError):
                VERBS[verb][0](secrets)
        hasty = open_secrets("secret-service", interactive=True, timeout=DEADLINE)
        with under(DEADLINE + GRACE), pytest.raises(DeadlineError):
            hasty.get(SERVICE, "token")
        secrets.set(SERVICE, "own", "mine")
        assert secrets.get(SERVICE, "own") == "mine"
    finally:
        daemon.stop()


def test_replacing_what_another_program_stored_asks_nobody(bus: Bus, secrets: Caller) -> None:
    daemon = KeePassXC(bus).start()
    try:
        with daemon.raw() as raw:
            put(raw, "token", b"one")
            with under(5):
                secrets.set(SERVICE, "token", "two")
            (item,) = raw.search(bun_attributes(SERVICE, "token"))
            assert raw.value(item) == b"two"
        with pytest.raises(InteractionNotAllowedError):
            secrets.delete(SERVICE, "token")
        assert secrets.get(SERVICE, "token") == "two"
    finally:
        daemon.stop()
