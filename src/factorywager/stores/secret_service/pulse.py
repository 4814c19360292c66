"""`SignalPulse`: the daemon's signals, heard on a connection and a thread of their own.

So a value that is at hand costs no look at a socket, in a blocking program and in an asyncio one alike.
"""

from __future__ import annotations

import threading
from itertools import count
from math import nan

from ...errors import StoreError
from ...flow import Deadline
from ...protocols import dbus
from ...protocols import secret_service as api
from ...protocols.dbus import Subscription
from ...transports.bus_blocking import BlockingBus
from .translate import checked

_beats = count(1)  # for all pulses together: a new one must not beat as an earlier one did


class SignalPulse:
    """Beats with every signal of a change; ends for good when the connection ends.

    Any sender's signals count: a forged one costs a read, and no more.

    Attributes:
        beat: as `Pulse` has it.
    """

    def __init__(self, bus: BlockingBus, signals: Subscription) -> None:
        self.beat: float = next(_beats)
        self._bus = bus
        self._signals = signals
        threading.Thread(target=self._listen, name="factorywager-signals", daemon=True).start()

    @classmethod
    def start(cls, deadline: Deadline) -> SignalPulse:
        """Connect, and beat from now on."""
        bus = BlockingBus.connect(deadline)
        signals = bus.router.subscribe(
            lambda signal: api.is_item_signal(signal) or api.is_collection_signal(signal) or api.is_owner_change(signal)
        )
        matches = [dbus.add_match(rule) for rule in (api.SIGNALS, api.COLLECTION_SIGNALS, api.OWNER_CHANGED)]
        try:
            for reply in bus.call([dbus.hello(), *matches], deadline):
                checked(reply)
        except BaseException:
            bus.close()
            raise
        return cls(bus, signals)

    def close(self) -> None:
        self._bus.close()

    def _listen(self) -> None:
        forever = Deadline(None)
        try:
            while True:
                self._bus.hear(self._signals, forever)
                self.beat = next(_beats)
        except StoreError:
            self.beat = nan
