"""`KeePassXC`: the real program on a private bus, without a display, with one database exposed as a collection."""

from __future__ import annotations

import base64
import functools
import os
import re
import signal
import subprocess
import tempfile
import uuid
from pathlib import Path

from jeepney import DBusAddress

from .bus import Bus, CallError, call
from .daemon import Daemon
from .parts import require
from .process import Process, eventually
from .raw_service import NAME, RawService

_PASSWORD = "correct horse"
_WINDOW = DBusAddress("/keepassxc", "org.keepassxc.KeePassXC.MainWindow", "org.keepassxc.KeePassXC.MainWindow")

_CONFIG = """[General]
ConfigVersion=2
UpdateCheckMessageShown=true
MinimizeAfterUnlock=false
AutoSaveAfterEveryChange={autosave}

[GUI]
CheckForUpdates=false

[FdoSecrets]
Enabled=true
ShowNotification=false
ConfirmAccessItem={confirm}
ConfirmDeleteItem={confirm}
UnlockBeforeSearch=true
"""


class KeePassXC(Daemon):
    """keepassxc with its Secret Service and a database that opens with a password.

    Without a display (QT_QPA_PLATFORM=offscreen) its dialogs are shown to nobody and never answered.

    Args:
        confirm: ask the user before a client reads or deletes an item, which is the program's own default.
        autosave: write the file after every change, which is the program's own default.  Then 2.7.4 now and then
            crashes: it writes on a thread of its own while it goes on changing what that thread reads.
    """

    collection = "/org/freedesktop/secrets/collection/db"

    def __init__(self, bus: Bus, *, confirm: bool = False, autosave: bool = False) -> None:
        super().__init__(bus)
        (self._program,) = require("keepassxc")
        self._home = bus.home / "keepassxc"
        self._home.mkdir()
        self._database = self._home / "db.kdbx"
        self._database.write_bytes(_exposed_database())
        (self._home / "keepassxc.ini").write_text(
            _CONFIG.format(confirm=str(confirm).lower(), autosave=str(autosave).lower())
        )
        (self._home / "local.ini").touch()

    def start(self, *, unlocked: bool = True) -> KeePassXC:
        configuration = ["--config", str(self._home / "keepassxc.ini"), "--localconfig", str(self._home / "local.ini")]
        argv = [self._program, *configuration, *(["--pw-stdin"] if unlocked else []), str(self._database)]
        # TMPDIR: a socket there tells a second keepassxc to leave the work to the first.
        env = {**self.bus.env, "QT_QPA_PLATFORM": "offscreen", "TMPDIR": str(self._home)}
        self._daemon = Process(argv, env=env, stdin=f"{_PASSWORD}\n".encode() if unlocked else None)
        self.bus.wait_for_owner(NAME)
        with self.raw() as raw:
            # The database appears locked first, whatever becomes of it.
            eventually(lambda: _is_locked(raw) is not unlocked, "the database is as asked")
        return self

    def lock(self) -> None:
        self._window("lockAllDatabases")
        with self.raw() as raw:
            eventually(raw.locked, "the database is locked")

    def unlock_without_prompt(self) -> None:
        self._window("openDatabase", "ss", (str(self._database), _PASSWORD))
        with self.raw() as raw:
            eventually(lambda: not raw.locked(), "the database is unlocked")

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.stop(signal.SIGKILL)  # asked nicely, it may show a dialog about unsaved changes
        super().stop()

    def _window(self, member: str, signature: str | None = None, body: tuple = ()) -> None:
        connection = self.bus.connect()
        try:
            call(connection, _WINDOW, member, signature, body)
        finally:
            connection.close()


def _is_locked(raw: RawService) -> bool | None:
    """``None`` while the database has not been loaded."""
    try:
        return raw.locked()
    except CallError:
        return None


@functools.cache
def _exposed_database() -> bytes:
    """An empty database that says in its own custom data that its root group is a collection."""
    (program,) = require("keepassxc-cli")
    with tempfile.TemporaryDirectory(prefix="fw-kdbx-") as directory:
        password, twice = f"{_PASSWORD}\n", f"{_PASSWORD}\n" * 2

        def run(command: str, *arguments: str, stdin: str) -> str:
            return subprocess.run(
                [program, command, "--quiet", *arguments],
                cwd=directory,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": directory, "QT_QPA_PLATFORM": "offscreen"},
                input=stdin,
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            ).stdout

        run("db-create", "--set-password", "--decryption-time", "100", "seed.kdbx", stdin=twice)
        xml = run("export", "--format", "xml", "seed.kdbx", stdin=password)
        found = re.search(r"<Root>\s*<Group>\s*<UUID>([^<]+)", xml)
        assert found is not None
        group = uuid.UUID(bytes=base64.b64decode(found[1]))
        exposed = f"<Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{{{group}}}</Value></Item>"
        xml = xml.replace("</Meta>", f"<CustomData>{exposed}</CustomData></Meta>")
        Path(directory, "exposed.xml").write_text(xml)
        run("import", "--set-password", "--decryption-time", "100", "exposed.xml", "db.kdbx", stdin=twice)
        return Path(directory, "db.kdbx").read_bytes()
