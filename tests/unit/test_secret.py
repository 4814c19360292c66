"""`Secret`: shown by nothing but ``reveal`` and ``lease``, gone when wiped, useless in a forked child."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import logging
import os
import pickle
import traceback

import pydantic
import pytest

from factorywager import Secret
from factorywager.errors import ArgumentTypeError, ArgumentValueError, CorruptError, SecretReleasedError
from factorywager.model.locked import LockedBuffer

VALUE = "hunter2-but-longer"


class Model(pydantic.BaseModel):
    token: Secret


@dataclasses.dataclass
class Record:
    token: Secret


def _logged(secret: Secret) -> str:
    stream = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(logging.StreamHandler(stream))
    logger.warning("token %s %r", secret, secret)
    return stream.getvalue()


def _traceback_with_locals(secret: Secret) -> str:
    def fail(token: Secret) -> None:
        view = token.bytes
        raise RuntimeError(f"failed with {token}", len(view))

    try:
        fail(secret)
    except RuntimeError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    raise AssertionError("unreachable")


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        lambda secret: f"{secret} {secret!r} {secret!s} {secret:>40}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
        lambda secret: "{0} {0!r}".format(secret),  # noqa: UP032
        lambda secret: json.dumps({"token": secret}, default=str),
        lambda secret: repr({"token": secret}),
        lambda secret: repr(dataclasses.asdict(Record(secret))),
        lambda secret: repr(Record(secret)),
        lambda secret: str(Model(token=secret).model_dump()),
        lambda secret: Model(token=secret).model_dump_json(),
        lambda secret: repr(Model(token=secret)),
        lambda secret: repr(Model.model_validate({"token": VALUE})),
        _logged,
        _traceback_with_locals,
    ],
)
def test_nothing_shows_it(show) -> None:
    shown = show(Secret(VALUE))
    assert VALUE not in shown
    assert "*****" in shown


def test_pydantic_reads_text_and_secrets() -> None:
    assert Model.model_validate({"token": VALUE}).token.reveal() == VALUE
    secret = Secret(VALUE)
    assert Model(token=secret).token is secret
    with pytest.raises(pydantic.ValidationError) as caught:
        Model.model_validate({"token": 5})
    assert VALUE not in str(caught.value)


def test_pickling_is_refused() -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="pickled"):
            pickle.dumps(Secret(VALUE), protocol)


def test_json_is_refused_without_a_default() -> None:
    with pytest.raises(TypeError) as caught:
        json.dumps({"token": Secret(VALUE)})
    assert VALUE not in str(caught.value)


def test_copies_are_the_secret_itself() -> None:
    secret = Secret(VALUE)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_equality_compares_values_and_only_with_secrets() -> None:
    assert Secret(VALUE) == Secret(VALUE.encode())
    assert Secret(VALUE) != Secret(VALUE + "x")
    assert Secret(VALUE) != VALUE
    assert Secret("") == Secret(b"")
    with pytest.raises(TypeError):
        hash(Secret(VALUE))


@pytest.mark.parametrize("value", ["", "a", "用户", VALUE * 1000])
@pytest.mark.parametrize("form", [str, str.encode, lambda text: bytearray(text.encode())])
def test_it_reveals_what_it_was_given(value: str, form) -> None:
    secret = Secret(form(value))
    assert secret.reveal() == value
    assert secret.empty is (value == "")


def test_the_lease_is_read_only_and_wipes() -> None:
    secret = Secret(VALUE)
    with secret.lease() as view:
        assert bytes(view) == VALUE.encode()
        assert view.readonly
    with pytest.raises(SecretReleasedError):
        secret.reveal()
    with pytest.raises(SecretReleasedError), secret.lease():
        pass


def test_after_wipe_every_use_is_an_error() -> None:
    secret = Secret(VALUE)
    secret.wipe()
    secret.wipe()
    for use in (secret.reveal, lambda: secret.bytes, lambda: secret.empty, lambda: secret == Secret(VALUE)):
        with pytest.raises(SecretReleasedError):
            use()
    assert VALUE not in repr(secret)


def test_what_is_no_text_is_corrupt_and_still_leased() -> None:
    secret = Secret(b"\xff\xfe")
    with pytest.raises(CorruptError) as caught:
        secret.reveal()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    with secret.lease() as view:
        assert bytes(view) == b"\xff\xfe"


def test_a_lone_surrogate_is_refused_without_showing_the_rest() -> None:
    with pytest.raises(ArgumentValueError) as caught:
        Secret(VALUE + "\ud800")
    shown = "".join(traceback.format_exception(caught.value))
    assert VALUE not in shown
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("value", [None, 5, ["a"], object()])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(ArgumentTypeError):
        Secret(value)


# --- the memory below ---------------------------------------------------------------------------------


def _flags_of(buffer: LockedBuffer) -> set[str]:
    """VmFlags of the mapping that holds the buffer (proc(5), smaps)."""
    import ctypes

    first = ctypes.c_char.from_buffer(buffer.view)
    address = ctypes.addressof(first)
    del first
    inside = False
    with open("/proc/self/smaps") as smaps:
        for line in smaps:
            head = line.split(" ", 1)[0]
            if "-" in head and not line.startswith("VmFlags"):
                start, end = (int(part, 16) for part in head.split("-"))
                inside = start <= address < end
            elif inside and line.startswith("VmFlags:"):
                return set(line.split()[1:])
    raise AssertionError("the buffer is in no mapping")


def test_the_kernel_locks_hides_and_wipes_on_fork() -> None:
    buffer = LockedBuffer(100)
    flags = _flags_of(buffer)
    assert buffer.locked
    assert {"lo", "dd", "wf"} <= flags  # locked, do not dump, wipe on fork


def test_the_view_is_zero_after_wipe_even_where_a_slice_was_kept() -> None:
    buffer = LockedBuffer(8)
    buffer.view[:] = b"12345678"
    kept = buffer.view[2:4]
    buffer.wipe()
    assert bytes(kept) == b"\0\0"


def test_shrink_zeroes_what_it_cuts_off() -> None:
    buffer = LockedBuffer(8)
    whole = buffer.view[:]
    buffer.view[:] = b"12345678"
    buffer.shrink(3)
    assert bytes(buffer.view) == b"123"
    assert bytes(whole) == b"123\0\0\0\0\0"


def test_a_forked_child_sees_nothing() -> None:
    secret = Secret(VALUE)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            secret.reveal()
            answer = b"revealed"
        except SecretReleasedError:
            answer = b"released"
        except BaseException as error:
            answer = repr(error).encode()
        os.write(writing, answer)
        os._exit(0)
    os.close(writing)
    assert os.read(reading, 100) == b"released"
    os.close(reading)
    os.waitpid(child, 0)
    assert secret.reveal() == VALUE


def test_it_works_where_nothing_may_be_locked() -> None:
    """In a child whose RLIMIT_MEMLOCK is zero and who may not exceed it."""
    import subprocess
    import sys

    code = (
        "import os, resource\n"
        "resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))\n"
        "if os.getuid() == 0: os.setuid(65534)\n"  # CAP_IPC_LOCK exempts root
        "from factorywager.model.locked import LockedBuffer\n"
        "b = LockedBuffer(4); b.view[:] = b'abcd'\n"
        "print(b.locked, bytes(b.view)); b.wipe()\n"
    )
    preload = (
        "import factorywager.model.locked, ctypes, resource\n"  # before the user changes: it may read nothing after
    )
    done = subprocess.run(
        [sys.executable, "-c", preload + code], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "False b'abcd'\n", done.stderr


def test_a_buffer_is_neither_pickled_nor_copied() -> None:
    buffer = LockedBuffer(4)
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            attempt(buffer)
