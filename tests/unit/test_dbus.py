"""What is marshalled by hand is what jeepney marshals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from jeepney.low_level import Message
from jeepney.wrappers import DBusAddress, new_method_call

from factorywager.protocols import secret_service as api
from factorywager.protocols.dbus import Prepared

_PATHS = st.lists(st.from_regex(r"(/[A-Za-z0-9_]{1,9}){1,4}", fullmatch=True), max_size=70)
_PATH = st.from_regex(r"(/[A-Za-z0-9_]{1,9}){1,4}", fullmatch=True)


def _by_jeepney(paths: list[str], session: str) -> Message:
    address = DBusAddress(api.ROOT, api.BUS_NAME, "org.freedesktop.Secret.Service")
    return new_method_call(address, "GetSecrets", "aoo", (paths, session))


@given(paths=_PATHS, session=_PATH, serial=st.integers(1, 2**32 - 1))
def test_get_secrets(paths: list[str], session: str, serial: int) -> None:
    assert api.get_secrets(paths, session).serialise(serial) == _by_jeepney(paths, session).serialise(serial)


@given(paths=_PATHS, session=_PATH, serial=st.integers(1, 2**32 - 1))
def test_a_call_that_is_marshalled_once(paths: list[str], session: str, serial: int) -> None:
    call = _by_jeepney(paths, session)
    assert Prepared(call).serialise(serial) == call.serialise(serial)
