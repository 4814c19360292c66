"""Each fault of the daemon as a process, and of the bus, at each step of each operation.

An operation ends in a right answer or in a typed error, before its deadline and a second are over; and the same client
goes on when the fault is over.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from factorywager.testing import FakeSecretService, Fault
from harness.caller import Caller
from harness.timing import GRACE, under

from .operations import OPERATIONS, fill, judge, outcome

# After these nothing comes, so the deadline ends them: a short one.
SILENT = (
    Fault.NEVER_ANSWERS,
    Fault.TRUNCATED,
    Fault.OVERSIZED_ARRAY,
)
LOUD = (
    Fault.DIES_BEFORE_ACTING,
    Fault.DIES_BEFORE_REPLYING,
    Fault.RESTARTS,
    Fault.DISCONNECTS,
    Fault.TRUNCATED_AND_CLOSED,
    Fault.WRONG_SIGNATURE,
    Fault.NO_BODY,
    Fault.LONG_LENGTH,
    Fault.SHORT_LENGTH,
    Fault.LYING_HEADER,
    Fault.OVERSIZED_MESSAGE,
    Fault.GARBAGE,
)
SHORT, AMPLE = 0.1, 5.0  # seconds

Open = Callable[..., Caller]


def _walk(fake: FakeSecretService, open_secrets: Open, fault: Fault, operation: str, times: int | None) -> None:
    """The operation with the fault at its first step, then at its second, until it is through before."""
    wanted = OPERATIONS[operation]
    limit = SHORT if fault in SILENT else AMPLE
    step = 0
    while True:
        fake.reset()
        fill(fake)
        secrets = open_secrets("secret-service", interactive=True, timeout=limit)
        fake.arm(fault, skip=step, times=times)
        with under(limit + GRACE):
            result = outcome(wanted, secrets)
        judge(wanted, fake, result)
        reached = len(fake.calls()) > step
        fake.reset()
        fill(fake)
        secrets.operations.timeout = AMPLE
        assert wanted.call(secrets) == wanted.right
        if not reached:
            return
        step += 1


@pytest.mark.parametrize("daemon", ["gnome-keyring"], indirect=True)
@pytest.mark.parametrize("fault", [*LOUD, *SILENT], ids=lambda fault: fault.name)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_once(fake: FakeSecretService, open_secrets: Open, fault: Fault, operation: str) -> None:
    _walk(fake, open_secrets, fault, operation, 1)


@pytest.mark.long
@pytest.mark.parametrize("facade", ["blocking"], indirect=True)
@pytest.mark.parametrize("daemon", ["kwallet", "keepassxc"], indirect=True)
@pytest.mark.parametrize("fault", [*LOUD, *SILENT], ids=lambda fault: fault.name)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_once_of_other_daemons(fake: FakeSecretService, open_secrets: Open, fault: Fault, operation: str) -> None:
    _walk(fake, open_secrets, fault, operation, 1)


@pytest.mark.long
@pytest.mark.parametrize("facade", ["blocking"], indirect=True)
@pytest.mark.parametrize("daemon", ["gnome-keyring"], indirect=True)
@pytest.mark.parametrize("fault", LOUD, ids=lambda fault: fault.name)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_from_one_step_on(fake: FakeSecretService, open_secrets: Open, fault: Fault, operation: str) -> None:
    _walk(fake, open_secrets, fault, operation, None)
