"""Nothing of a value or a name is in any file, ever; nor of a value in the engine's memory."""

from __future__ import annotations

from pathlib import Path

from factorywager.model import Ref, Secret
from factorywager.protocols.vault import Mode
from factorywager.stores.memory import MemoryStore
from factorywager.stores.store import Options
from vault.workshop import VaultStore, admin, ask, run, terms

SERVICE = "com.example.plaintext-service"
NAME = "plaintext-name"
VALUE = "plaintext-value-of-some-length"
PHRASE = "plaintext-passphrase"
WORDS = [word.encode() for word in (SERVICE, NAME, VALUE, PHRASE, "SQLite format", "create table")]


def search(home: Path, word_list: list[bytes] = WORDS) -> list[tuple[str, bytes]]:
    return [(path.name, word) for path in home.iterdir() for word in word_list if word in path.read_bytes()]


def test_no_file_shows_a_name_or_a_value(home: Path) -> None:
    vault = VaultStore(home, keeper=MemoryStore(), passphrase=ask(PHRASE))
    looked: set[str] = set()

    def look() -> None:
        looked.update(path.suffix for path in home.iterdir() if path.stat().st_size)
        assert search(home) == []

    for mode in Mode:
        if mode is Mode.KEY_FILE:
            run(admin(vault).init(mode, terms()))
        else:
            run(admin(vault).rekey(mode, terms(interactive=True), ask(PHRASE)))
        for number in range(3):
            with vault.access.writing(terms().deadline) as opened:
                for index in range(200):  # enough to be written to the file before the commit, and journaled
                    secret = Secret(f"{VALUE}-{number}-{index}" * 50)
                    opened.entries.set(Ref(SERVICE, f"{NAME}-{index}"), secret, None)
                opened.engine.execute("pragma cache_spill=1")
                look()
            look()
        assert run(vault.delete(Ref(SERVICE, f"{NAME}-0"), terms()))
        look()
    vault.close()
    look()
    assert looked >= {".db", ".db-journal", ".header", ".key"}


def test_the_search_would_find_them(home: Path) -> None:
    vault = VaultStore(home)
    run(vault.set(Ref(SERVICE, NAME), Secret(VALUE), terms(), Options()))
    (home / "leak").write_text(f"a {NAME} and a {VALUE}")
    assert sorted(word for _, word in search(home)) == sorted([NAME.encode(), VALUE.encode()])
    vault.close()


def test_what_is_deleted_is_gone_from_the_pages(home: Path) -> None:
    """Read with the key: what a rekeyed or stolen file would give away."""
    vault = VaultStore(home)
    run(vault.set(Ref(SERVICE, NAME), Secret(VALUE * 1000), terms(), Options()))
    full = run(admin(vault).status(terms())).size
    run(vault.delete(Ref(SERVICE, NAME), terms()))
    with vault.access.lent(terms().deadline) as opened:
        assert opened.engine.value("pragma freelist_count") == 0
        assert opened.engine.value("pragma secure_delete") == 1
        assert opened.engine.value("pragma journal_mode") == "truncate"
        assert opened.engine.value("pragma synchronous") == 2
        assert opened.engine.value("pragma temp_store") == 2  # in memory
        assert opened.engine.value("pragma trusted_schema") == 0
        assert opened.engine.value("pragma cell_size_check") == 1
        assert opened.engine.value("pragma cipher") == "chacha20"
    assert run(admin(vault).status(terms())).size < full, "the file shrinks with its contents"
    vault.close()
