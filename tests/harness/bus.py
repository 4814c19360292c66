"""`Bus`: a private session bus with a home of its own, on which nothing starts by itself."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, MatchRule, MessageType, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from .parts import require
from .process import PATIENCE, Process

# No service directory: otherwise the daemon installed on this machine would activate itself behind the test's own.
_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={directory}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""


class CallError(Exception):
    """A D-Bus error reply; ``name`` is its error name."""

    def __init__(self, name: str, body: tuple[Any, ...]) -> None:
        super().__init__(name, *body)
        self.name = name


class Bus:
    """A dbus-daemon, a home, a runtime directory; all gone after ``stop``."""

    def __init__(self) -> None:
        (program,) = require("dbus-daemon")
        # Not pytest's tmp_path: a socket's path may have 107 bytes.
        self.directory = Path(tempfile.mkdtemp(prefix="fw-bus-"))
        self.home = self.directory / "home"
        self.runtime = self.directory / "run"
        self.home.mkdir(0o700)
        self.runtime.mkdir(0o700)
        config = self.directory / "session.conf"
        config.write_text(_CONFIG.format(directory=self.directory))
        self._daemon = Process(
            [program, f"--config-file={config}", "--nofork", "--print-address=1"],
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        )
        self.address = self._daemon.wait_for_line("unix:")
        self._eye = self.connect()

    @property
    def env(self) -> dict[str, str]:
        """The environment of a program on this bus, and nothing of the developer's own."""
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **self.variables}

    @property
    def variables(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "DBUS_SESSION_BUS_ADDRESS": self.address,
            "FACTORYWAGER_HOME": str(self.home / "factorywager"),
        }

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make this the session bus of the test's own process."""
        for name, value in self.variables.items():
            monkeypatch.setenv(name, value)

    @property
    def alive(self) -> bool:
        return self._daemon.running

    def connect(self) -> DBusConnection:
        return open_dbus_connection(bus=self.address)

    def owner(self, name: str) -> str | None:
        """The unique name of the connection that owns ``name``."""
        try:
            return call(self._eye, _BUS, "GetNameOwner", "s", (name,))[0]
        except CallError:
            return None

    def wait_for_owner(self, name: str, *, owned: bool = True, within: float = PATIENCE) -> None:
        """Until the name is owned, or is not: told by NameOwnerChanged, subscribed to before looking."""
        rule = MatchRule(type="signal", interface=_BUS.interface, member="NameOwnerChanged")
        rule.add_arg_condition(0, name)
        with self._eye.filter(rule, bufsize=16) as changes:
            self._eye.send_and_get_reply(message_bus.AddMatch(rule))
            give_up = time.monotonic() + within
            while (self.owner(name) is not None) is not owned:
                self._eye.recv_until_filtered(changes, timeout=max(0.0, give_up - time.monotonic()))
            self._eye.send_and_get_reply(message_bus.RemoveMatch(rule))

    def stop(self) -> None:
        self._eye.close()
        self._daemon.stop(signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)

    def freeze(self) -> None:
        """It keeps its connections and moves no message."""
        self._daemon.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._daemon.send(signal.SIGCONT)

    def kill(self) -> None:
        """The bus itself goes; its directory stays until ``stop``."""
        self._daemon.stop(signal.SIGKILL)


_BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


def call(
    connection: DBusConnection,
    address: DBusAddress,
    member: str,
    signature: str | None = None,
    body: tuple[Any, ...] = (),
    *,
    within: float = PATIENCE,
) -> tuple[Any, ...]:
    """The reply's body; an error reply is a `CallError`."""
    reply = connection.send_and_get_reply(new_method_call(address, member, signature, body), timeout=within)
    if reply.header.message_type is MessageType.error:
        raise CallError(reply.header.fields[HeaderFields.error_name], reply.body)
    return reply.body
