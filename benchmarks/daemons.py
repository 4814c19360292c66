"""`Keyring`: a private bus with a GNOME Keyring of its own, and as many entries in it as a case needs."""

from __future__ import annotations

from contextlib import ExitStack

from factorywager.services.bench.corner import made_up, names
from harness.bus import Bus
from harness.gnome_keyring import GnomeKeyring
from harness.process import eventually
from harness.raw_service import LOGIN, bun_attributes

SERVICE = "com.factorywager.bench"


_MOST_WRITTEN = 100
_FROM_FILE = LOGIN.replace("login", "bench")


class Keyring:
    """A daemon, unlocked, with ``size`` entries of Bun's form.

    A few are written through it to the default collection.  Many are in a second one, a keyring file without a
    password that the daemon reads when it starts: each entry written rewrites the whole file, which for ten thousand
    takes minutes.

    Raises:
        pytest.skip.Exception: a part is not installed.
    """

    def __init__(self, stack: ExitStack, size: int) -> None:
        bus = Bus()
        stack.callback(bus.stop)
        self.env = bus.env
        written = size <= _MOST_WRITTEN
        if not written:
            directory = bus.home / ".local/share/keyrings"
            directory.mkdir(0o700, parents=True)
            (directory / "bench.keyring").write_text(_keyring_file(size))
        daemon = GnomeKeyring(bus).start()
        stack.callback(daemon.stop)
        entries = [bun_attributes(SERVICE, name) for name in names(size)]
        with daemon.raw() as raw:
            if written:
                for number, attributes in enumerate(entries):
                    raw.create(attributes, made_up(number).encode())
            else:
                eventually(lambda: raw.search(entries[-1]), "the keyring file is read")
                raw.unlock("", _FROM_FILE)


def _keyring_file(size: int) -> str:
    """GNOME Keyring's format for keyrings without a password."""
    parts = ["[keyring]\ndisplay-name=bench\nctime=0\nmtime=0\nlock-on-idle=false\nlock-after=false\n"]
    for number, name in enumerate(names(size)):
        item = f"display-name={SERVICE}/{name}\nsecret={made_up(number)}\nmtime=0\nctime=0\n"
        parts.append(f"[{number + 1}]\nitem-type=0\n{item}")
        for at, (key, value) in enumerate(bun_attributes(SERVICE, name).items()):
            parts.append(f"[{number + 1}:attribute{at}]\nname={key}\ntype=string\nvalue={value}\n")
    return "\n".join(parts)
