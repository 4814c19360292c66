"""`KWallet`: the real kwalletd5 on a private bus, without a display, its wallet opened as PAM does at a login."""

from __future__ import annotations

import contextlib
import signal

from jeepney import DBusAddress

from .bus import Bus, CallError, call
from .daemon import Daemon
from .parts import require
from .process import Process, eventually
from .raw_service import NAME

_OWN_NAME = "org.kde.kwalletd5"
_ADDRESS = DBusAddress("/modules/kwalletd5", _OWN_NAME, "org.kde.KWallet")
_WALLET = "kdewallet"
# pam_kwallet sends 56 bytes that it derives from the password; any will do, as long as they are always the same.
_KEY = bytes(range(1, 57))

_CONFIG = f"""[Wallet]
Enabled=true
First Use=false
Use One Wallet=true
Default Wallet={_WALLET}
Close When Idle=false
Leave Open=true
Prompt on Open=false

[org.freedesktop.secrets]
apiEnabled=true
"""


class KWallet(Daemon):
    """kwalletd5 with its Secret Service and one wallet.

    Without a display (QT_QPA_PLATFORM=offscreen) its dialogs are shown to nobody and never answered.
    """

    collection = f"/org/freedesktop/secrets/collection/{_WALLET}"

    def __init__(self, bus: Bus) -> None:
        super().__init__(bus)
        (self._program,) = require("kwalletd5")

    def start(self, *, unlocked: bool = True) -> KWallet:
        """With its wallet, made when there is none; open, or closed as before a login."""
        if not (self.bus.home / f".local/share/kwalletd/{_WALLET}.kwl").exists():
            self._make_wallet()
        self._launch()
        if unlocked:
            self.unlock_without_prompt()
        return self

    def _make_wallet(self) -> None:
        """Wallets are listed as collections only when the daemon starts, so a first life makes one."""
        config = self.bus.home / ".config"
        config.mkdir(exist_ok=True)
        (config / "kwalletrc").write_text(_CONFIG)
        self._launch()
        self._login()
        self.process.stop(signal.SIGKILL)
        self.bus.wait_for_owner(NAME, owned=False)

    def _launch(self) -> None:
        self._daemon = Process([self._program], env={**self.bus.env, "QT_QPA_PLATFORM": "offscreen"})
        self.bus.wait_for_owner(NAME)
        self.bus.wait_for_owner(_OWN_NAME)

    def unlock_without_prompt(self) -> None:
        """As a login does; then as the first client: until someone asks, the collection says that it is locked."""
        self._login()
        with self.raw() as raw:
            prompt = raw.request_unlock()
            if prompt != "/":
                with contextlib.suppress(CallError):  # another client's prompt has opened it, and ended ours
                    raw.complete(prompt)
            eventually(lambda: not raw.locked(), "the wallet is open")

    def _login(self) -> None:
        self._ask("pamOpen", "sayi", (_WALLET, _KEY, 0))
        assert self.is_open()

    def is_open(self) -> bool:
        return self._ask("isOpen", "s", (_WALLET,))[0]

    def lock(self) -> None:
        with self.raw() as raw:
            raw.lock()
            eventually(raw.locked, "the wallet is locked")

    def _ask(self, member: str, signature: str, body: tuple) -> tuple:
        connection = self.bus.connect()
        try:
            return call(connection, _ADDRESS, member, signature, body)
        finally:
            connection.close()
