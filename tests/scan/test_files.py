"""Values in files: where they stand is told, and what cannot be searched is told too."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from factorywager.protocols.disguises import disguises
from factorywager.services.scan import feed
from factorywager.services.scan.scan import Report

_VALUE = 'made up: S3cr3t/+ "ä" $x'
_TOKEN = "madeup_0123456789abcdefghijklmnop"
_KEY = "-----BEGIN KEY-----\n" + "\n".join(base64.b64encode(bytes([n] * 48)).decode() for n in range(20)) + "\n"

Search = Callable[..., Report]


def _where(report: Report) -> list[tuple[str, int | None, str]]:
    return [(Path(each.source.path).name, each.line, each.kind) for each in report.findings]


@pytest.mark.parametrize("value", [_VALUE, _TOKEN, _KEY, "sécret", "p@ss:w/rd%41", f"\"ä {_TOKEN[:24]}/'$"])
def test_every_disguise_is_found_on_its_line(
    value: str, keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry=value)
    wanted = []
    for number, (form, kind) in enumerate(disguises(value.encode()).items()):
        name = f"{number:02}"
        (tmp_path / name).write_bytes(b"first\n" * number + b"x=" + form + b"!\nlast\n")
        binary = kind == "utf-16"
        wanted.append((name, None if binary else number + 1, kind))
    assert sorted(_where(search(tmp_path))) == sorted(wanted)


def test_what_shares_a_piece_with_a_form_is_not_taken_for_it(
    keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    """One piece is looked for in several forms, and some in either case; the whole form has to stand there."""
    value = f"a$ {_TOKEN[:20]} /b"
    keep(one=value, two=f"{value}/longer")
    digits = value.encode().hex()
    mixed = digits[:20] + digits[20:].upper()
    near = [value.upper(), mixed, value.replace("a$", "a%25"), value.replace(" ", ""), value.replace("/b", "/c")]
    (tmp_path / "near").write_text("\n".join(near))
    assert search(tmp_path).findings == []


@pytest.mark.parametrize("columns", [64, 76])
@pytest.mark.parametrize("value", [_VALUE, _TOKEN, _KEY])
@pytest.mark.parametrize("before", range(0, 60, 7))
def test_wrapped_base64_is_found_wherever_its_lines_break(
    before: int, value: str, columns: int, keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry=value)
    text = base64.b64encode(b"." * before + value.encode() + b"behind it").decode()
    (tmp_path / "wrapped").write_text("\r\n".join(text[at : at + columns] for at in range(0, len(text), columns)))
    assert [kind for _, _, kind in _where(search(tmp_path))] == ["base64"]


def test_a_key_that_was_indented_is_found(keep: Callable[..., None], search: Search, tmp_path: Path) -> None:
    keep(entry=_KEY)
    (tmp_path / "values.yaml").write_text("key: |\n" + "".join(f"    {line}\n" for line in _KEY.splitlines()))
    assert _where(search(tmp_path)) == [("values.yaml", 2, "plain")]


def test_passwords_in_urls_and_in_headers_are_called_so(
    keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry="p@ss:w/rd%41")
    header = base64.b64encode(b"someone:p@ss:w/rd%41").decode()
    lines = ["postgres://me:p%40ss%3Aw%2Frd%2541@db/x", f"Authorization: Basic {header}", f"data: {header}"]
    (tmp_path / "f").write_text("\n".join(lines))
    assert _where(search(tmp_path)) == [("f", 1, "url"), ("f", 2, "basic-auth"), ("f", 3, "base64")]


@pytest.mark.parametrize("spill", range(-40, 41, 5))
def test_what_lies_across_two_fillings_of_the_buffer_is_found_once(
    spill: int, keep: Callable[..., None], search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_SIZE", 4096)
    keep(entry=_VALUE, key=_KEY)
    with (tmp_path / "large").open("wb") as file:
        for number in range(12):
            file.write(b"line\n" * 819 + b"." * (spill + 41))
            file.write(_VALUE.encode() if number % 2 else base64.b64encode(_KEY.encode()))
            file.write(b"\n")
    found = search(tmp_path).findings
    assert [each.kind for each in found] == ["base64", "plain"] * 6
    assert [each.line for each in found] == [819 * (number + 1) + number + 1 for number in range(12)]


def test_a_value_that_is_in_two_entries_is_one_finding_of_both(
    keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(one=_TOKEN, two=_TOKEN)
    (tmp_path / "f").write_text(_TOKEN)
    (finding,) = search(tmp_path).findings
    assert [ref.name for ref in finding.refs] == ["one", "two"]


def test_short_values_and_configuration_are_left_out_and_told(
    keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(short="ab12ü", **{"db-host": "localhost", "other": "localhost2"})
    (tmp_path / "f").write_text("ab12ü localhost")
    report = search(tmp_path)
    assert report.findings == []
    assert {(left.ref.name, left.why) for left in report.left_out} == {
        ("short", "too short"),
        ("db-host", "configuration"),
    }
    assert [ref.name for each in search(tmp_path, only=["db-*"]).findings for ref in each.refs] == ["db-host"]
    assert search(tmp_path, only=["db-*"], excepted=["*host"]).findings == []


def test_what_cannot_be_searched_is_passed_over_with_its_reason(
    keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry=_TOKEN)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        (tmp_path / "deep" / "found").write_text(_TOKEN)
        report = search(tmp_path, tmp_path / "never")
    assert _where(report) == [("found", 1, "plain")]
    assert sorted((Path(each.path).name, each.why) for each in report.passed_over) == [
        ("dangling", "a symbolic link"),
        ("loop", "a symbolic link"),
        ("never", "vanished meanwhile"),
        ("pipe", "not a regular file"),
        ("socket", "not a regular file"),
    ]


def test_a_directory_that_is_named_twice_is_searched_once(
    keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry=_TOKEN)
    (tmp_path / "f").write_text(_TOKEN)
    (tmp_path / "link").symlink_to(".")
    assert _where(search(tmp_path, f"{tmp_path}/link", f"{tmp_path}/../{tmp_path.name}")) == [("f", 1, "plain")]


def test_files_whose_names_are_no_text_are_searched(keep: Callable[..., None], search: Search, tmp_path: Path) -> None:
    keep(entry=_TOKEN)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")).write_text(_TOKEN)
    assert len(search(tmp_path).findings) == 1


def test_a_file_full_of_a_value_is_told_in_a_hundred_lines(
    keep: Callable[..., None], search: Search, tmp_path: Path
) -> None:
    keep(entry=_TOKEN)
    (tmp_path / "f").write_text(f"{_TOKEN}\n" * 1000)
    found = search(tmp_path).findings
    assert len(found) == 100
    assert found[-1].more == 900


def test_a_fingerprint_is_the_same_next_time_and_another_under_another_key(
    keep: Callable[..., None], search: Search, operations, tmp_path: Path
) -> None:
    keep(entry=_TOKEN)
    (tmp_path / "f").write_text(_TOKEN)
    first, second = search(tmp_path).findings, search(tmp_path).findings
    assert first == second
    from factorywager.flow import blocking
    from factorywager.model import Ref
    from factorywager.services.scan.keys import SERVICE

    blocking.run(operations.delete(Ref(SERVICE, "fingerprint-key")))
    (other,) = search(tmp_path).findings
    assert {other.fingerprint, other.id}.isdisjoint({first[0].fingerprint, first[0].id})
