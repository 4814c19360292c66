"""What the vault does beyond the conformance suite: versions, many at once, expiry, watching, examination."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factorywager.errors import FactoryWagerError, NotFoundError, TooLongError
from factorywager.model import Change, Ref, Secret
from factorywager.stores import store as ability
from factorywager.stores.store import Options
from factorywager.stores.vault import entries
from vault.workshop import SERVICE, VaultStore, admin, problems, put, read, run, terms

ENTRY = Ref(SERVICE, "entry")
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


def reveal(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()


def numbers(vault: VaultStore) -> list[int]:
    return [version.number for version in run(vault.versions(ENTRY, terms()))]


def test_it_has_every_ability(vault: VaultStore) -> None:
    for one in ("Lists", "ReadsMany", "WritesMany", "Probes", "Creates", "CreatesMany", "KeepsExpiry"):
        assert isinstance(vault, getattr(ability, one)), one
    for one in ("Watches", "KeepsVersions", "Diagnoses"):
        assert isinstance(vault, getattr(ability, one)), one


def test_of_several_only_those_that_are_absent_are_created(vault: VaultStore) -> None:
    put(vault, "entry", "made-up-old")
    values = {name: Secret(f"made-up-{name}") for name in ("one", "entry", "two")}
    assert list(run(vault.create_many(ENTRY.service, values, terms(), Options()))) == ["entry"]
    assert [read(vault, name) for name in ("one", "entry", "two")] == ["made-up-one", "made-up-old", "made-up-two"]
    assert numbers(vault) == [1]


def test_of_several_that_cannot_all_be_created_none_is(vault: VaultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "LONGEST_VALUE", 100)
    values = {"one": Secret("made-up"), "two": Secret("x" * 101)}
    with pytest.raises(TooLongError):
        run(vault.create_many(ENTRY.service, values, terms(), Options()))
    assert read(vault, "one") is None


def test_the_last_ten_versions_are_kept(vault: VaultStore) -> None:
    assert numbers(vault) == []
    for number in range(1, 14):
        put(vault, "entry", f"made-up-{number}")
    assert numbers(vault) == list(range(4, 14))
    assert [version.current for version in run(vault.versions(ENTRY, terms()))] == [False] * 9 + [True]
    assert reveal(run(vault.get_version(ENTRY, 4, terms()))) == "made-up-4"
    assert run(vault.get_version(ENTRY, 3, terms())) is None
    written = [version.written for version in run(vault.versions(ENTRY, terms()))]
    assert written == sorted(written)
    assert all(datetime.now(UTC) - moment < timedelta(minutes=1) for moment in written)


def test_an_earlier_value_is_restored_as_a_new_version(vault: VaultStore) -> None:
    expires = datetime(2031, 5, 6, tzinfo=UTC)
    put(vault, "entry", "made-up-old")
    run(vault.set(ENTRY, Secret("made-up-new"), terms(), Options(expires=expires)))
    run(vault.restore(ENTRY, 1, terms()))
    assert read(vault, "entry") == "made-up-old"
    assert numbers(vault) == [1, 2, 3]
    assert run(vault.get(ENTRY, terms())).expires == expires
    with pytest.raises(NotFoundError, match="no version 9"):
        run(vault.restore(ENTRY, 9, terms()))
    assert numbers(vault) == [1, 2, 3]


def test_restoring_from_no_vault_makes_none(vault: VaultStore, home: Path) -> None:
    with pytest.raises(NotFoundError):
        run(vault.restore(ENTRY, 1, terms()))
    assert run(vault.delete(ENTRY, terms())) is False
    assert not home.exists()


def test_deleting_takes_the_versions_along(vault: VaultStore, home: Path) -> None:
    put(vault, "entry", "made-up-1")
    put(vault, "entry", "made-up-2")
    assert run(vault.delete(ENTRY, terms())) is True
    assert run(vault.delete(ENTRY, terms())) is False
    assert numbers(vault) == []
    assert run(vault.get_version(ENTRY, 1, terms())) is None
    with vault.access.lent(terms().deadline) as opened:
        assert opened.engine.value("select count(*) from versions") == 0


def test_several_are_written_as_one_change(vault: VaultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    put(vault, "b", "made-up-old")
    monkeypatch.setattr(entries, "LONGEST_VALUE", 100)
    values = {"a": Secret("made-up"), "b": Secret("made-up-new"), "c": Secret("x" * 101)}
    with pytest.raises(TooLongError) as caught:
        run(vault.set_many(SERVICE, values, terms(), Options()))
    assert (caught.value.service, caught.value.name) == (SERVICE, "c")
    assert {name: secret.reveal() for name, secret in run(vault.get_many(SERVICE, None, terms())).items()} == {
        "b": "made-up-old"
    }
    values["c"] = Secret("made-up")
    run(vault.set_many(SERVICE, values, terms(), Options()))
    found = run(vault.get_many(SERVICE, ["c", "b", "nothing"], terms()))
    assert {name: secret.reveal() for name, secret in found.items()} == {"b": "made-up-new", "c": "made-up"}


def test_times(vault: VaultStore) -> None:
    expires = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=5)))
    before = datetime.now(UTC)
    run(vault.set(ENTRY, Secret("made-up"), terms(), Options(expires=expires)))
    (first,) = run(vault.list(None, terms()))
    put(vault, "entry", "made-up-later")
    (second,) = run(vault.list(None, terms()))
    assert first.expires == expires
    assert second.expires is None, "a new value has a new life"
    assert before <= first.created == first.modified <= second.modified
    assert second.created == first.created


@given(texts, texts, texts)
def test_any_text_is_kept_exactly(tmp_path_factory: pytest.TempPathFactory, service: str, name: str, text: str) -> None:
    vault = VaultStore(tmp_path_factory.getbasetemp() / "any-text")
    run(vault.set(Ref(service, name), Secret(text), terms(), Options()))
    assert reveal(run(vault.get(Ref(service, name), terms()))) == text
    vault.close()


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 100_000, 5_000_000])
def test_any_size_is_kept(vault: VaultStore, size: int) -> None:
    put(vault, "entry", "x" * size)
    vault.close()
    assert read(vault, "entry") == "x" * size


def test_changes_by_others_are_told(open_vault: Callable[..., VaultStore]) -> None:
    watching, other = open_vault(), open_vault()
    watch = run(watching.watch(SERVICE, terms()))

    def told(change: Callable[[], object]) -> Change:
        change()
        return run(watch.next())

    assert told(lambda: put(other, "entry", "made-up")) == Change("created", *ENTRY, "vault")
    assert told(lambda: put(other, "entry", "made-up-2")) == Change("changed", *ENTRY, "vault")
    run(other.set(Ref("com.example.elsewhere", "x"), Secret("made-up"), terms(), Options()))
    run(admin(other).rekey(None, terms()))
    assert told(lambda: run(other.delete(ENTRY, terms()))) == Change("deleted", *ENTRY, "vault")
    put(other, "entry", "made-up")
    run(other.delete(ENTRY, terms()))
    assert told(lambda: put(other, "entry", "made-up")).kind == "created"
    watch.close()


def test_a_closed_store_opens_again(vault: VaultStore) -> None:
    vault.close()
    put(vault, "entry", "made-up")
    vault.close()
    vault.close()
    assert read(vault, "entry") == "made-up"


def test_an_examination_reports_and_changes_nothing(vault: VaultStore, home: Path) -> None:
    (path, none) = run(vault.examine(terms()))
    assert (path.detail, none.state) == (str(home), "note")
    assert not home.exists()
    put(vault, "entry", "made-up")
    findings = {finding.what: finding for finding in run(vault.examine(terms()))}
    assert {finding.state for finding in findings.values()} == {"ok"}
    assert findings["key mode"].detail == "key-file"
    assert findings["contents"].detail.startswith("1 entr")
    assert "made-up" not in str(findings)


def test_errors_and_reprs_show_no_value(vault: VaultStore) -> None:
    put(vault, "entry", "made-up-and-secret")
    assert "made-up-and-secret" not in repr(vault)
    with vault.access.writing(terms().deadline) as opened:
        opened.engine.execute("update versions set sealed = x'00'")
    with pytest.raises(FactoryWagerError) as caught:
        read(vault, "entry")
    assert "made-up" not in f"{caught.value!r} {caught.value.hint}"
    assert problems(vault)


def test_ctrl_c_in_a_write_undoes_it(vault: VaultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    put(vault, "entry", "made-up-old")
    seal = entries.Entries._sealed

    def interrupted(*arguments: object) -> bytes:
        seal(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(entries.Entries, "_sealed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put(vault, "entry", "made-up-new")
    monkeypatch.undo()
    assert read(vault, "entry") == "made-up-old"
    put(vault, "entry", "made-up-new")
    assert read(vault, "entry") == "made-up-new"
