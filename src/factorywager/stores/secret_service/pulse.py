"""`SignalPulse`: the daemon's signals, heard on a connection and a thread of their own.

So a value that is at hand costs no look at a socket, in a blocking program and in an asyncio one alike.
"""

from __future__ import annotations

import threading
from math import nan

from ...errors import StoreError
from ...flow import Deadline
from ...protocols import dbus
from ...protocols import secret_service as api
from ...protocols.dbus import Subscription
from ...transports.bus_blocking import BlockingBus


class SignalPulse:
    """Beats with every signal of a change; ends for good when the connection ends.

    Any sender's signals count: a forged one costs a read, and no more.

    Attributes:
        beat: as `Pulse` has it.
    """

    def __init__(self, bus: BlockingBus, signals: Subscription) -> None:
        self.beat: float = 0
        self._bus = bus
        self._signals = signals
        threading.Thread(target=self._listen, name="factorywager-signals", daemon=True).start()

    @classmethod
    def start(cls, deadline: Deadline) -> SignalPulse:
        """Connect, and beat from now on."""
        bus = BlockingBus.connect(deadline)
        signals = bus.router.subscribe(lambda signal: api.is_item_signal(signal) or api.is_owner_change(signal))
        bus.call([dbus.hello(), dbus.add_match(api.SIGNALS), dbus.add_match(api.OWNER_CHANGED)], deadline)
        return cls(bus, signals)

    def close(self) -> None:
        self._bus.close()

    def _listen(self) -> None:
        forever = Deadline(None)
        try:
            while True:
                self._bus.hear(self._signals, forever)
                self.beat += 1
        except StoreError:
            self.beat = nan
