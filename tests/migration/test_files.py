"""What a file may be, and what may happen to it meanwhile: a clear error, and nothing half-migrated."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factorywager.errors import (
    AccessDeniedError,
    ConflictError,
    DeadlineError,
    NotFoundError,
    StorageFullError,
    UnavailableError,
)
from factorywager.flow import Deadline
from factorywager.flow.blocking import run
from factorywager.model import Ref, Secret
from factorywager.services.migration import originals, source
from factorywager.services.migration.plan import Treatment
from factorywager.services.migration.records import KEPT, Records
from factorywager.services.migration.transaction import Progress
from factorywager.stores.store import Options
from harness.forks import fork, status_of
from harness.gnome_keyring import GnomeKeyring
from migration.workshop import NOW, Workshop, text
from vault.workshop import VaultStore, terms

VALUES = {"ONE": "made up 1", "TWO": "made-up-2"}
FILE = b"# first\r\nONE='made up 1'  # why\r\nTWO=made-up-2\r\n"
BLANK = b"# first\r\nONE=  # why\r\nTWO=\r\n"


@pytest.fixture
def file(on_vault: Workshop) -> Path:
    on_vault.file.write_bytes(FILE)
    return on_vault.file


@pytest.fixture
def small_disk(directory: Path) -> Iterator[Callable[[str], None]]:
    """Makes the file's directory a file system of 64 KiB; called, mounts it anew with other options."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(directory)], check=True)
    yield lambda how: subprocess.run(["mount", "-o", f"remount,{how}", str(directory)], check=True) and None
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


def untouched(workshop: Workshop, raw: bytes = FILE) -> None:
    assert workshop.file.read_bytes() == raw
    assert workshop.held() == {}
    assert not workshop.undo(), "something was written down as begun"


def test_mode_attributes_comments_and_line_ends_stay(on_vault: Workshop, file: Path) -> None:
    file.chmod(0o604)
    os.setxattr(file, "user.note", b"kept")
    os.chown(file, os.getuid(), os.getgid())
    on_vault.migrate()
    assert file.read_bytes() == BLANK
    assert file.stat().st_mode & 0o777 == 0o604
    assert os.getxattr(file, "user.note") == b"kept"
    assert on_vault.held() == VALUES
    on_vault.undo()
    assert file.read_bytes() == FILE
    assert (file.stat().st_mode & 0o777, os.getxattr(file, "user.note")) == (0o604, b"kept")


def test_another_owner_s_file_stays_theirs(on_vault: Workshop, file: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may give files away")
    os.chown(file, 1234, 4321)
    on_vault.migrate()
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 4321)


def test_a_link_stays_and_what_it_leads_to_is_changed(on_vault: Workshop, file: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.env"
    file.rename(real)
    file.symlink_to(real)
    on_vault.migrate()
    assert file.is_symlink()
    assert real.read_bytes() == BLANK
    on_vault.undo()
    assert file.is_symlink()
    assert real.read_bytes() == FILE


def test_a_file_with_two_names_is_refused(on_vault: Workshop, file: Path) -> None:
    os.link(file, file.with_name("second"))
    with pytest.raises(ConflictError, match="hard links"):
        on_vault.migrate()
    untouched(on_vault)
    on_vault.migrate(Treatment.KEEP)
    assert on_vault.held() == VALUES


def test_a_full_disk(on_vault: Workshop, small_disk: Callable[[str], None]) -> None:
    raw = text(400, "long").encode()[:30_000].rpartition(b"\n# K")[0] + b"\n"
    on_vault.file.write_bytes(raw)
    (on_vault.file.parent / "filler").write_bytes(b"x" * 32_000)
    with pytest.raises(StorageFullError, match="no room"):
        on_vault.migrate(Treatment.REPLACE)
    assert on_vault.left_over() == ["filler"]
    untouched(on_vault, raw)


def test_a_file_system_that_is_read_only(on_vault: Workshop, small_disk: Callable[[str], None]) -> None:
    on_vault.file.write_bytes(FILE)
    small_disk("ro")
    with pytest.raises(AccessDeniedError, match="cannot be replaced"):
        on_vault.migrate()
    untouched(on_vault)


def test_a_file_and_a_directory_that_are_not_ours(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may become somebody else")
    place = Path("/var/tmp") / tmp_path.name  # where everybody may look
    place.mkdir(0o755)
    (place / "secret.env").touch(0o600)
    (place / "public.env").write_bytes(FILE)

    def work() -> None:
        os.seteuid(65534)
        with pytest.raises(AccessDeniedError):
            source.contents(str(place / "secret.env"), Deadline(5))
        with pytest.raises(AccessDeniedError):
            originals.write_draft(str(place / "public.env"), str(place / "draft"), b"")

    try:
        assert status_of(fork(work)) == 0
        assert sorted(os.listdir(place)) == ["public.env", "secret.env"]
    finally:
        for one in place.iterdir():
            one.unlink()
        place.rmdir()


def test_a_limit_on_file_sizes(on_vault: Workshop) -> None:
    on_vault.file.write_text(text(4000, "long"))
    at = on_vault.file.with_name("draft")

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        with pytest.raises(StorageFullError):
            originals.write_draft(str(on_vault.file), str(at), on_vault.file.read_bytes())

    assert status_of(fork(work)) == 0
    assert on_vault.left_over() == []


# --- somebody else ------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["recorded", "drafted", "verified"])
@pytest.mark.parametrize("how", ["written over", "replaced", "removed"])
def test_somebody_s_change_is_never_overwritten(on_vault: Workshop, file: Path, when: str, how: str) -> None:
    def meddle(progress: Progress) -> None:
        if progress.what != when:
            return
        if how == "removed":
            file.unlink()
        elif how == "replaced":
            file.with_name("new").write_bytes(FILE + b"THREE=3\n")
            file.with_name("new").rename(file)
        else:
            file.write_bytes(FILE + b"THREE=3\n")

    with pytest.raises((ConflictError, NotFoundError)):
        on_vault.migrate(tell=meddle)
    assert on_vault.left_over() == []
    if how == "removed":
        assert not file.exists()
        if when == "recorded":
            assert on_vault.held() == {}, "nothing had been begun"
            return
        on_vault.undo(force=True)
        assert file.read_bytes() == FILE
        return
    assert file.read_bytes() == FILE + b"THREE=3\n"
    assert on_vault.lost(VALUES) == []
    with_force = bool(on_vault.held())  # it had gone as far as the store
    if with_force:
        with pytest.raises(ConflictError, match="was changed since"):
            on_vault.undo()
        assert on_vault.held() == VALUES, "an entry was taken back although its file was not put back"


@pytest.mark.parametrize("theirs", ["theirs", VALUES["ONE"]])
def test_an_entry_that_somebody_makes_at_the_same_time(on_vault: Workshop, file: Path, theirs: str) -> None:
    def tell(progress: Progress) -> None:
        if progress.what == "drafted":
            store = on_vault.make()
            run(store.set(Ref(on_vault.service, "one"), Secret(theirs), terms(), Options()))
            store.close()

    if theirs == VALUES["ONE"]:
        on_vault.migrate(tell=tell)
        assert file.read_bytes() == BLANK
    else:
        with pytest.raises(ConflictError, match="just stored another value"):
            on_vault.migrate(tell=tell)
        assert file.read_bytes() == FILE
    assert on_vault.held()["ONE"] == theirs


@pytest.mark.long
def test_a_file_of_a_mebibyte(on_vault: Workshop) -> None:
    lines = [f"KEY_{number}_TOKEN=made-up-{number:012}\n" for number in range(27_000)]
    on_vault.file.write_text("".join(lines))
    began = time.process_time()
    on_vault.migrate()
    assert time.process_time() - began < 60  # it was some minutes when each value looked all of them up
    assert len(on_vault.held()) == len(lines)
    assert set(on_vault.in_file().values()) == {""}


def test_a_change_between_the_look_and_the_swap_comes_back(
    on_vault: Workshop, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange, times = originals._exchange, []

    def late(first: str, second: str) -> bool:
        if not times:
            file.write_bytes(b"ONE=theirs\n")
        times.append(first)
        return exchange(first, second)

    monkeypatch.setattr(originals, "_exchange", late)
    with pytest.raises(ConflictError, match="somebody else"):
        on_vault.migrate()
    assert len(times) == 2
    assert file.read_bytes() == b"ONE=theirs\n"
    assert on_vault.left_over() == []


def test_where_files_cannot_change_places_they_are_renamed(
    on_vault: Workshop, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originals, "_exchange", lambda *_: False)
    on_vault.migrate()
    assert file.read_bytes() == BLANK
    on_vault.undo()
    assert file.read_bytes() == FILE


def test_an_entry_that_was_changed_since_is_kept_when_the_migration_is_undone(on_vault: Workshop, file: Path) -> None:
    on_vault.migrate()
    before = on_vault._operations()
    from factorywager.model import Ref, Secret

    run(before.set(Ref(on_vault.service, "one"), Secret("rotated")))
    before.store.close()
    on_vault.undo()
    assert file.read_bytes() == FILE
    assert on_vault.held() == {"ONE": "rotated"}


def test_an_overwritten_entry_gets_its_value_back(on_vault: Workshop, file: Path) -> None:
    on_vault.migrate(Treatment.KEEP)
    file.write_bytes(b"ONE=second\n")
    on_vault.migrate(force=True)
    assert on_vault.held() == VALUES | {"ONE": "second"}
    on_vault.undo()
    assert on_vault.held() == VALUES
    assert file.read_bytes() == b"ONE=second\n"


def test_what_another_migration_s_file_relies_on_is_not_taken_back(on_vault: Workshop, file: Path) -> None:
    on_vault.migrate(Treatment.KEEP)
    other = on_vault._replace(file=file.with_name("other.env"))
    other.file.write_bytes(b"ONE='made up 1'\n")
    other.migrate(Treatment.BLANK)
    other.file.unlink()
    other.file.write_bytes(b"ONE=\n")
    operations = on_vault._operations()
    records = Records(operations.store)
    first = run(records.journals(terms()))[0]
    records.close()
    from factorywager.services.migration.migrations import Migrations

    migrations = Migrations(operations, lambda _: on_vault._operations(), NOW)
    journals = run(migrations.begin())
    run(migrations.undo(journals, first.paths, force=False, tell=lambda _: None))
    migrations.close()
    operations.store.close()
    assert on_vault.held() == {"ONE": "made up 1"}


def test_migrations_wait_for_each_other_and_not_for_ever(on_vault: Workshop, file: Path) -> None:
    def meddle(progress: Progress) -> None:
        if progress.what == "stored":
            impatient = Records(VaultStore(os.environ["FACTORYWAGER_HOME"]))
            with pytest.raises(DeadlineError, match="another migration"):
                run(impatient.locked(terms(0.1)))
            waited.append(progress.which)

    waited: list[str] = []
    on_vault.migrate(tell=meddle)
    assert waited == ["one", "two"]


def test_a_daemon_that_goes_away_midway(keyring: GnomeKeyring, directory: Path) -> None:
    from factorywager.stores.secret_service.store import SecretServiceStore

    keyring.start()
    workshop = Workshop(SecretServiceStore, directory / ".env")
    workshop.file.write_text(text(10, "daemon"))
    original, values = workshop.file.read_bytes(), workshop.in_file()

    def kill(progress: Progress) -> None:
        if progress.what == "stored" and progress.number == 4:
            keyring.kill()

    with pytest.raises(UnavailableError):
        workshop.migrate(tell=kill)
    assert workshop.file.read_bytes() == original
    keyring.stop()
    keyring.start()
    assert workshop.resume()
    assert workshop.held() == values
    assert not set(workshop.in_file().values()) - {""}
    assert workshop.undo()
    assert workshop.file.read_bytes() == original


# --- what is kept -------------------------------------------------------------------------------


def test_the_copy_is_encrypted_swept_after_thirty_days_and_forgotten_on_demand(
    on_vault: Workshop, file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    on_vault.migrate()
    home = Path(os.environ["FACTORYWAGER_HOME"])
    for path in home.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert b"made" not in raw
            assert b"com.example" not in raw
            assert path.stat().st_mode & 0o077 == 0
    assert on_vault._do(lambda _, journals: len(journals), NOW + KEPT - 1) == 1
    assert on_vault._do(lambda _, journals: len(journals), NOW + KEPT) == 0
    assert not on_vault.undo()
    file.write_bytes(FILE)
    on_vault.migrate()
    before = set(os.listdir(home / "migrations" / "vault"))
    assert on_vault.forget() == 1
    assert not before & {name for name in os.listdir(home / "migrations" / "vault") if name.endswith(".db")}
    assert on_vault.held() == VALUES
    assert not on_vault.undo()


def test_nothing_is_undone_when_the_key_of_the_records_is_gone(on_vault: Workshop, file: Path) -> None:
    from factorywager.protocols.vault import ENTRY_SERVICE

    on_vault.migrate()
    operations = on_vault._operations()
    from factorywager.model import Ref

    for info in run(operations.list(ENTRY_SERVICE)):
        run(operations.delete(Ref(ENTRY_SERVICE, info.name)))
    operations.store.close()
    with pytest.raises(NotFoundError, match="records of earlier migrations") as caught:
        on_vault.undo()
    assert "move" in (caught.value.hint or "")
    assert on_vault.held() == VALUES
