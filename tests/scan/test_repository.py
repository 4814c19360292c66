"""Git history: every object is searched, however it is kept, and told with its commit and path."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from factorywager.errors import CorruptError
from factorywager.protocols.git_objects import Batch
from factorywager.services.scan import feed
from factorywager.services.scan.scan import Report
from harness.parts import require

Search = Callable[..., Report]
_VALUE = "madeup_0123456789abcdefghijklmnop"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    require("git")
    for name, value in {"AUTHOR_NAME": "n", "AUTHOR_EMAIL": "e", "COMMITTER_NAME": "n", "COMMITTER_EMAIL": "e"}.items():
        monkeypatch.setenv(f"GIT_{name}", value)
    path = tmp_path / "repository"
    path.mkdir()
    _git(path, "init", "--quiet", "--initial-branch=main")
    return path


def _git(path: Path, *command: str, stdin: str = "") -> str:
    done = subprocess.run(
        ["git", *command], cwd=path, input=stdin, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


def _commit(path: Path, name: str, text: str, message: str = "a change") -> str:
    (path / name).parent.mkdir(parents=True, exist_ok=True)
    (path / name).write_text(text)
    _git(path, "add", "--all")
    _git(path, "commit", "--quiet", "--message", message)
    return _git(path, "rev-parse", "HEAD")


def _commit_and_remove(path: Path) -> str:
    """The commit that has the value in ``f``; the one after it has it no more."""
    commit = _commit(path, "f", f"{_VALUE}\n")
    _commit(path, "f", "gone")
    return commit


def _in_git(report: Report) -> set[tuple[str, int | None, tuple[str, ...]]]:
    found = [each for each in report.findings if each.source.place == "git"]
    return {(each.source.path.partition(".git:")[2], each.line, each.commits) for each in found}


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_what_was_deleted_long_ago_is_found_where_it_was(
    packed: bool, repository: Path, keep: Callable[..., None], search: Search
) -> None:
    keep(entry=_VALUE)
    first = _commit(repository, "src/settings.py", f"one\ntwo = '{_VALUE}'\n")
    _commit(repository, "src/settings.py", "one\n")
    told = _commit(repository, "other", "x", f"the key is\n\n{_VALUE}")
    if packed:
        _git(repository, "gc", "--quiet")
    assert _in_git(search(repository)) == {("src/settings.py", 2, (first,)), ("commit message", 8, (told,))}


def test_what_nothing_refers_to_any_more_is_found(repository: Path, keep: Callable[..., None], search: Search) -> None:
    keep(entry=_VALUE)
    _commit(repository, "f", "first")
    orphan = _git(repository, "hash-object", "-w", "--stdin", stdin=_VALUE)
    (repository / "f").write_text(f"stashed {_VALUE}")
    _git(repository, "stash")
    stash = _git(repository, "rev-parse", "stash")
    lost = _commit(repository, "g", f"lost {_VALUE}")
    _git(repository, "reset", "--hard", "--quiet", "HEAD~1")
    told = _in_git(search(repository))
    assert (f"{orphan} (nothing refers to it)", 1, ()) in told
    assert ("g", 1, (lost,)) in told  # through the reflog
    assert [commits[-1] for path, _, commits in told if path == "f"] == [stash]
    assert len(told) == 3


def test_branches_tags_merges_and_names_of_files(repository: Path, keep: Callable[..., None], search: Search) -> None:
    keep(entry=_VALUE)
    _commit(repository, "f", "first")
    _git(repository, "switch", "--quiet", "--create", "side")
    side = _commit(repository, "on-side", f"{_VALUE}\n")
    _git(repository, "tag", "--annotate", "v1", "--message", f"tagged {_VALUE}")
    _git(repository, "switch", "--quiet", "main")
    _commit(repository, f"named-{_VALUE}", "harmless")
    _git(repository, "merge", "--quiet", "--no-commit", "side")
    (repository / "evil").write_text(f"only in the merge: {_VALUE} ")
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "--message", "merge")
    merge = _git(repository, "rev-parse", "HEAD")
    found = [each for each in search(repository).findings if each.source.place == "git"]
    paths = {each.source.path.partition(".git:")[2]: each.commits for each in found}
    assert side in paths["on-side"]
    assert paths["evil"][0] == merge
    assert len(found) >= 4  # the tag's message and the tree that names the file, too


def test_a_bare_repository_is_one(repository: Path, keep: Callable[..., None], search: Search, tmp_path: Path) -> None:
    keep(entry=_VALUE)
    first = _commit_and_remove(repository)
    _git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare")
    assert [each.commits for each in search(tmp_path / "bare").findings] == [(first,)]


def _in_history(report: Report, gits: str) -> list[tuple[str, tuple[str, ...]]]:
    """Path and commits of what was found in one repository."""
    paths = [(each.source.path, each.commits) for each in report.findings if each.source.place == "git"]
    return [(path.removeprefix(f"{gits}:"), commits) for path, commits in paths if path.startswith(f"{gits}:")]


def test_a_linked_work_tree_leads_to_its_repository(
    repository: Path, keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry=_VALUE)
    first = _commit_and_remove(repository)
    linked = tmp_path / "linked"
    _git(repository, "worktree", "add", "--quiet", "--detach", str(linked))
    lost = _commit(linked, "g", f"lost {_VALUE}")
    _git(linked, "reset", "--hard", "--quiet", "HEAD~1")
    wanted = [("f", (first,)), ("g", (lost,))]  # the latter through the reflog of the linked tree alone
    for paths in ([linked], [linked, linked / "."], [tmp_path]):
        report = search(*paths)
        assert sorted(_in_history(report, str(repository / ".git"))) == wanted
        assert len(report.findings) == 2
        assert report.searched["git"] == 9  # three commits with a tree and a blob each: once


def test_a_submodule_leads_to_its_repository(
    repository: Path, keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry=_VALUE)
    inner = tmp_path / "inner"
    _git(tmp_path, "init", "--quiet", "--initial-branch=main", str(inner))
    first = _commit_and_remove(inner)
    _commit(repository, "f", "nothing")
    _git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub")
    gits = str(repository / ".git/modules/sub")
    for path in (repository / "sub", repository):
        report = search(path)
        assert _in_history(report, gits) == [("f", (first,))]
        assert len(report.findings) == 1


def test_a_repository_kept_elsewhere_is_searched_with_its_settings(
    repository: Path, keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry=_VALUE)
    first = _commit_and_remove(repository)
    _git(repository, "remote", "add", "origin", f"https://me:{_VALUE}@example.com/")
    gits = tmp_path / "elsewhere.git"
    _git(repository, "init", "--quiet", f"--separate-git-dir={gits}")
    report = search(repository)
    assert _in_history(report, str(gits)) == [("f", (first,))]
    files = [(each.source.path, each.kind) for each in report.findings if each.source.place == "file"]
    assert files == [(str(gits / "config"), "url")]


@pytest.mark.parametrize("text", ["gitdir: ../nowhere\n", "gitdir: /\n", "gitdir: \n", "something else", ""])
def test_a_git_file_that_leads_nowhere_is_told(text: str, search: Search, tmp_path: Path) -> None:
    (tmp_path / ".git").write_text(text)
    (tmp_path / "f").write_text("nothing")
    report = search(tmp_path)
    assert [(Path(each.path).name, each.why) for each in report.passed_over] == [(".git", "it leads to no repository")]
    assert report.searched == {"file": 2}


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 20_000])
def test_blobs_larger_than_the_buffer_keep_their_lines(
    size: int, repository: Path, keep: Callable[..., None], search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_SIZE", 4096)
    keep(entry=_VALUE)
    for number in range(8):
        (repository / f"f{number}").write_text("line\n" * (size // 5 + number) + f"{_VALUE}\n" + "line\n" * number)
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "--message", "all")
    lines = {path: line for path, line, _ in _in_git(search(repository))}
    assert lines == {f"f{number}": size // 5 + number + 1 for number in range(8)}


def test_a_moment_leaves_out_older_commits(
    repository: Path, keep: Callable[..., None], search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    from factorywager.services.scan.files import Limits

    keep(entry=_VALUE)
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2020-01-01T00:00:00Z")
    _commit(repository, "old", f"old {_VALUE}")
    _commit(repository, "old", "nothing")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2024-01-01T00:00:00Z")
    new = _commit(repository, "new", f"new {_VALUE}")
    since_2022 = Limits(since=1_640_995_200)
    assert _in_git(search(repository, limits=since_2022)) == {("new", 1, (new,))}


def test_what_git_cannot_read_is_passed_over(repository: Path, keep: Callable[..., None], search: Search) -> None:
    keep(entry=_VALUE)
    _commit(repository, "f", _VALUE)
    blob = _git(repository, "rev-parse", "HEAD:f")
    loose = repository / ".git/objects" / blob[:2] / blob[2:]
    loose.chmod(0o600)
    loose.write_bytes(b"damage")
    report = search(repository)
    assert {each.path.partition(".git:")[2] for each in report.passed_over} >= {blob}
    assert [each.source.place for each in report.findings] == ["file"]


def test_history_is_left_alone_where_it_was_not_asked_for(
    repository: Path, keep: Callable[..., None], search: Search
) -> None:
    keep(entry=_VALUE)
    _commit(repository, "f", _VALUE)
    assert [each.source.place for each in search(repository, places=frozenset()).findings] == ["file"]


_MARK = "0123456789abcdef" * 2


def _printed(*bodies: bytes) -> bytes:
    """What `git cat-file --batch` prints in our format."""
    return b"".join(b"%s %s blob %d\n%s\n" % (_MARK.encode(), b"a" * 40, len(body), body) for body in bodies)


def test_output_of_git_is_read_in_any_pieces() -> None:
    sizes = [0, 1, 49, 50, 1000]
    lie = b"\n" + b"b" * 40 + b" missing\n" + _MARK[:31].encode() + b" " + b"c" * 40 + b" blob 3\n"
    bodies = [(lie * 21)[:size] for size in sizes]
    missing = b"d" * 40 + b" missing\n"
    output = _printed(*bodies[:2]) + missing + _printed(*bodies[2:])
    begins = [output.index(b" blob %d\n" % size) + len(b" blob %d\n" % size) for size in sizes]
    for step in (1, 7, 64, 5000):
        batch = Batch(_MARK)
        for end in range(step, len(output) + step, step):
            batch.read(bytearray(output), 0, min(end, len(output)))
        assert batch.count == 5
        assert batch.missing == ["d" * 40]
        for begin, size in zip(begins[1:], sizes[1:], strict=True):
            for inside in ((begin, begin + size), (begin, begin + 1), (begin + size - 1, begin + size)):
                found = batch.at(bytearray(output), 0, *inside)
                assert found is not None
                assert (found.begin, found.end) == (begin, begin + size)
            for outside in ((begin - 1, begin + 1), (begin, begin + size + 1), (begin - 2, begin - 1)):
                assert batch.at(bytearray(output), 0, *outside) is None


def test_an_object_whose_header_is_forgotten_is_still_known() -> None:
    output = _printed(b"x" * 30, b"y" * 300)
    header, body = output.rindex(_MARK.encode()), output.index(b"y")
    for size in range(len(output) - 10):
        batch = Batch(_MARK)
        batch.read(bytearray(output), 0, len(output))
        going_on = batch.forget(bytearray(output), 0, size)
        assert (going_on is not None and going_on.begin == body) == (size > header)
        rest = bytearray(output[size:])
        batch.read(rest, size, len(rest))
        assert batch.count == 2
        found = batch.at(rest, size, len(rest) - 5, len(rest) - 1)
        assert found is not None
        assert (found.begin, found.end) == (body, body + 300)


@pytest.mark.parametrize("text", [b"fatal: something else\n", b"x" * 200])
def test_output_of_something_else_is_refused(text: bytes) -> None:
    with pytest.raises(CorruptError):
        Batch(_MARK).read(bytearray(text), 0, len(text))


def test_a_header_that_is_cut_off_is_refused() -> None:
    text = bytearray(_printed(b"x")[:50])
    with pytest.raises(CorruptError):
        Batch(_MARK).at(text, 0, 48, 50)


def test_what_goes_from_one_object_into_the_next_is_not_found(
    repository: Path, keep: Callable[..., None], search: Search
) -> None:
    """The values are what git prints from the end of one blob to the beginning of the same one, and its name."""
    text = "blob-end"
    blob = _git(repository, "hash-object", "-w", "--stdin", stdin=text)
    keep(name=blob, size=f"{blob} blob {len(text)}", header=f"blob {len(text)}\n{text}", both=f"{text}\n{blob}")
    assert search(repository).findings == []


def test_staged_changes_and_nothing_else(
    repository: Path, keep: Callable[..., None], search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(entry=_VALUE)
    monkeypatch.chdir(repository)
    assert search(staged=True).findings == []
    _commit(repository, "committed", f"{_VALUE}")
    (repository / "not-staged").write_text(_VALUE)
    (repository / "with space").write_text(f"a\n{_VALUE}")
    (repository / "gone").write_text("x")
    _git(repository, "add", "with space")
    (repository / "with space").write_text("changed since")
    (finding,) = search(staged=True).findings
    assert (finding.source.place, finding.source.path, finding.line) == ("staged", "with space", 2)
