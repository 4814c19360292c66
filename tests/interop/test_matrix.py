"""Who reads what whom wrote, on each store: measured, and held against docs/interop.md.

`pytest -m "long or not long" tests/interop/test_matrix.py --write-pages` writes what was seen into that page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from harness.bus import Bus
from harness.daemon import Daemon
from harness.gnome_keyring import GnomeKeyring
from harness.keepassxc import KeePassXC
from harness.kwallet import KWallet
from harness.parties import ADOPT, Entry, Party, on_bus
from harness.samples import ODD_TEXTS
from harness.windows_parties import on_windows
from harness.wine import Wine

PAGE = Path(__file__).parents[2] / "docs" / "interop.md"

# each is the end of a service, a name and a value at once
TEXTS = ("plain", *ODD_TEXTS)

_TRIES = 3

pytestmark = pytest.mark.filterwarnings("ignore::factorywager.errors.BestPracticeWarning")


def measured(parties: Sequence[Party]) -> str:
    """The table: for each writer and reader, how many of the entries that were written were given back exactly; below
    it, what only some of them got right."""
    writers = [party for party in parties if party.name != ADOPT]
    heads = ["written by", "entries", *(party.name for party in parties)]
    rows = [heads, ["---"] * len(heads)]
    partly: dict[str, set[str]] = {}
    names = [party.name for party in parties]
    for writer in writers:
        key = re.sub(r"\W+", "-", writer.name)
        entries = [Entry(f"com.example.{key}.{text}", text, text) for text in TEXTS]
        written = _succeeding(entries, writer.write)
        row = [writer.name, f"{len(written)}"]
        if len(written) < len(entries):
            partly.setdefault(writer.name, set()).update(entry.value for entry in entries if entry not in written)
        for reader in parties:
            right = _succeeding(written, partial(_rightly_read, reader, writer.name))
            wrong = {entry.value for entry in written if entry not in right}
            row.append(f"{len(written) - len(wrong)}" if len(wrong) < len(written) else "-")
            if 0 < len(wrong) < len(written):
                partly.setdefault(reader.name, set()).update(wrong)
        rows.append(row)
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    if not partly:
        return table
    return f"{table}\n| refused, or not given back exactly | by |\n| --- | --- |\n" + "".join(
        f"| `{text!a}` | {', '.join(party for party in names if text in partly.get(party, ()))} |\n"
        for text in TEXTS
        if any(text in texts for texts in partly.values())
    )


def _rightly_read(reader: Party, writer: str, entries: Sequence[Entry]) -> list[bool]:
    values = reader.read(entries, writer)
    return [value == entry.value for value, entry in zip(values, entries, strict=True)]


def _succeeding(entries: Sequence[Entry], attempt: Callable[[Sequence[Entry]], list[bool]]) -> list[Entry]:
    """Those with which it succeeds, now or when they are tried again: one in a hundred of KWallet's sessions is bad."""
    left = list(entries)
    for _ in range(_TRIES):
        if left:
            left = [entry for entry, done in zip(left, attempt(left), strict=True) if not done]
    return [entry for entry in entries if entry not in left]


@pytest.fixture
def agrees(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Holds a table against the page's for that store; writes it there instead where that was asked for."""

    def check(store: str, seen: str) -> None:
        begin, end = f"<!-- {store} -->\n", f"<!-- end of {store} -->"
        page = PAGE.read_text()
        before, _, rest = page.partition(begin)
        said, _, after = rest.partition(end)
        if request.config.getoption("--write-pages"):
            PAGE.write_text(f"{before}{begin}{seen}{end}{after}")
        else:
            assert seen == said, f"docs/interop.md says otherwise of {store}; --write-pages writes what was seen"

    return check


def test_gnome_keyring(keyring: GnomeKeyring, agrees: Callable[[str, str], None]) -> None:
    keyring.start()
    agrees("GNOME Keyring", measured(on_bus(keyring.bus)))


@pytest.mark.long
@pytest.mark.parametrize(("store", "start"), [("KWallet", KWallet), ("KeePassXC", KeePassXC)])
def test_the_other_daemons(
    store: str, start: Callable[[Bus], Daemon], bus: Bus, agrees: Callable[[str, str], None]
) -> None:
    daemon = start(bus).start()
    try:
        agrees(store, measured(on_bus(bus, interactive=True)))
    finally:
        daemon.stop()


@pytest.fixture
def wine(tmp_path: Path) -> Iterator[Wine]:
    wine = Wine(tmp_path).start()
    yield wine
    wine.stop()


@pytest.mark.long
def test_credential_manager_under_wine(wine: Wine, agrees: Callable[[str, str], None]) -> None:
    agrees("Credential Manager", measured(on_windows(wine)))
