"""What python-keyring, keytar, keyring-rs and go-keyring keep: recognised, shown as theirs, taken over when told to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from factorywager.errors import ConflictError
from factorywager.flow import asynchronous, blocking
from factorywager.services import adopt
from factorywager.services.operations import Operations
from factorywager.stores.secret_service.store import SecretServiceStore
from factorywager.stores.secret_service.writers import recognise
from harness.command_line import CommandLine, Done
from harness.gnome_keyring import GnomeKeyring
from harness.reference import problems
from harness.samples import ODD_TEXTS
from harness.writers import GoKeyring, Peer

SERVICE = "com.example.writers"
PEERS = ("python-keyring", "keytar", "keyring-rs")
WRITERS = (*PEERS, "go-keyring")


@pytest.fixture
def command(daemon: GnomeKeyring, tmp_path: Path) -> CommandLine:
    command = CommandLine(tmp_path)
    command.env["FACTORYWAGER_STORE"] = "secret-service"
    command.env["FACTORYWAGER_SERVICE"] = SERVICE
    return command


def _writer(name: str, daemon: GnomeKeyring) -> Peer | GoKeyring:
    return GoKeyring(daemon.bus) if name == "go-keyring" else Peer(name, daemon.bus.env)


def _adopted(done: Done) -> dict[tuple[str, str], str]:
    document = json.loads(done.out)
    assert problems("adopt", document) == []
    return {(entry["writer"], entry["name"]): entry["outcome"] for entry in document["entries"]}


def _values(command: CommandLine) -> dict[str, str]:
    """What this library gives, by name."""
    return {entry["name"]: entry["value"] for entry in json.loads(command("list", "--show", "--json").out)}


def test_the_list_says_whose_is_whose(daemon: GnomeKeyring, command: CommandLine) -> None:
    for name in WRITERS:
        _writer(name, daemon).set(SERVICE, f"of-{name}", f"value of {name}")
    command("set", "of-bun", stdin=b"value of bun")
    with daemon.raw() as raw:  # a program that nobody here knows
        raw.create({"service": SERVICE, "username": "of-nobody"}, b"x", label="my own label")
    done = command("list", "--all-writers", "--json")
    document = json.loads(done.out)
    assert problems("list", document) == []
    assert {entry["name"]: entry["writer"] for entry in document} == {f"of-{name}": name for name in (*WRITERS, "bun")}
    assert b"value of" not in done.out
    table = command("list", "--all", "--all-writers", "--show").out.decode()
    for name in WRITERS:
        (row,) = [line for line in table.splitlines() if f"of-{name} " in line]
        assert row.endswith(f"value of {name}")
    # and without being asked for, none of theirs is shown or read
    assert [entry["name"] for entry in json.loads(command("list", "--all", "--json").out)] == ["of-bun"]
    assert command("get", "of-keytar").status == 3


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_adopted_can_be_read_here_and_still_there(
    name: str, daemon: GnomeKeyring, command: CommandLine
) -> None:
    writer = _writer(name, daemon)
    writer.set(SERVICE, "token", "密码🔒 made up")
    plan = command("adopt", "--json", "--dry-run")
    assert _adopted(plan) == {(name, "token"): "new"}
    assert command("get", "token").status == 3, "a dry run wrote it"
    done = command("adopt", "token")
    assert done.status == 0, done.err
    assert "made up" not in done.out.decode() + done.err
    assert "--remove" in done.err
    assert command("get", "token", "-n").out.decode() == "密码🔒 made up"
    assert writer.get(SERVICE, "token") == "密码🔒 made up"
    again = command("adopt", "--json", "--remove")
    assert _adopted(again) == {(name, "token"): "unchanged"}
    assert json.loads(again.out)["entries"][0]["removed"] is True
    assert command("adopt").status == 3
    assert command("get", "token", "-n").out.decode() == "密码🔒 made up"
    with daemon.raw() as raw:
        assert len(raw.search({"service": SERVICE})) == 1


def test_only_those_that_were_named_are_taken(daemon: GnomeKeyring, command: CommandLine) -> None:
    theirs = Peer("python-keyring", daemon.bus.env)
    theirs.set(SERVICE, "one", "1")
    theirs.set(SERVICE, "two", "2")
    theirs.set("com.example.elsewhere", "three", "3")
    Peer("keytar", daemon.bus.env).set(SERVICE, "four", "4")
    assert command("adopt", "one", "nothing").status == 3
    assert _values(command) == {}
    assert _adopted(command("adopt", "one", "--json")) == {("python-keyring", "one"): "adopted"}
    assert _values(command) == {"one": "1"}
    assert _adopted(command("adopt", "--from", "keytar", "--json")) == {("keytar", "four"): "adopted"}
    assert _values(command) == {"one": "1", "four": "4"}
    assert len(_adopted(command("adopt", "--all", "--json"))) == 4
    assert command("get", "three", "-n", "--service", "com.example.elsewhere").out == b"3"
    assert command("adopt", "one", "--all").status == 2


def test_another_value_of_ours_is_a_conflict_and_nothing_is_written(daemon: GnomeKeyring, command: CommandLine) -> None:
    theirs = Peer("python-keyring", daemon.bus.env)
    theirs.set(SERVICE, "token", "theirs")
    theirs.set(SERVICE, "other", "made up")
    command("set", "token", stdin=b"ours")
    done = command("adopt", "--json", "--remove")
    assert done.status == 12
    assert _adopted(done) == {("python-keyring", "token"): "conflict", ("python-keyring", "other"): "not-written"}
    assert "hint:" in done.err
    assert _values(command) == {"token": "ours"}
    assert theirs.get(SERVICE, "token") == "theirs"


def test_two_writers_that_disagree_are_a_conflict_until_one_is_named(
    daemon: GnomeKeyring, command: CommandLine
) -> None:
    Peer("python-keyring", daemon.bus.env).set(SERVICE, "token", "snake")
    Peer("keytar", daemon.bus.env).set(SERVICE, "token", "electron")
    assert command("adopt").status == 12
    assert _values(command) == {}
    assert command("adopt", "--from", "keytar").status == 0
    assert _values(command) == {"token": "electron"}


@pytest.mark.parametrize("value", [b"\xff\xfe made up", b"made\0up", "made up".encode("utf-16")])
def test_a_value_that_is_not_text_is_an_error_that_does_not_show_it(
    value: bytes, daemon: GnomeKeyring, command: CommandLine
) -> None:
    go = GoKeyring(daemon.bus)
    go.set(SERVICE, "binary", value)
    go.set(SERVICE, "text", "fine")
    done = command("adopt")
    assert done.status == 14
    assert f"{SERVICE}/binary: the value that go-keyring wrote is not text" in done.err
    assert "hint:" in done.err
    assert "made" not in done.err
    assert _values(command) == {}
    assert command("adopt", "text").status == 0
    assert _values(command) == {"text": "fine"}


def test_an_empty_value_is_skipped(daemon: GnomeKeyring, command: CommandLine) -> None:
    """python-keyring keeps one; here an empty value deletes."""
    Peer("python-keyring", daemon.bus.env).set(SERVICE, "token", "")
    assert _adopted(command("adopt", "--json", "--remove")) == {("python-keyring", "token"): "empty"}
    assert len(json.loads(command("list", "--all-writers", "--json").out)) == 1


def test_odd_services_names_and_values(daemon: GnomeKeyring, command: CommandLine) -> None:
    theirs = Peer("python-keyring", daemon.bus.env)
    calls = [{"verb": "set", "service": f"{SERVICE}{text}", "name": text, "value": text} for text in ODD_TEXTS]
    assert theirs.run(calls) == [{"value": None}] * len(calls)
    outcomes = _adopted(command("adopt", "--all", "--json"))
    assert outcomes == {("python-keyring", text): "adopted" for text in ODD_TEXTS}
    shown = json.loads(command("list", "--all", "--show", "--json").out)
    assert {(entry["service"], entry["name"], entry["value"]) for entry in shown} == {
        (f"{SERVICE}{text}", text, text) for text in ODD_TEXTS
    }


def test_python_keyring_s_scheme_for_keepassxc(daemon: GnomeKeyring, command: CommandLine) -> None:
    Peer("python-keyring", daemon.bus.env).set(SERVICE, "token", "made-up", scheme="KeePassXC")
    assert _adopted(command("adopt", "--json")) == {("python-keyring", "token"): "adopted"}
    assert _values(command) == {"token": "made-up"}


def test_a_locked_keyring_is_not_an_empty_one(daemon: GnomeKeyring, command: CommandLine) -> None:
    Peer("python-keyring", daemon.bus.env).set(SERVICE, "token", "made-up")
    daemon.lock()
    for arguments in (("list", "--all-writers"), ("adopt",)):
        done = command(*arguments, "--no-input")
        assert done.status == 8, done.err
        assert done.out == b""
    daemon.unlock_without_prompt()
    assert command("adopt").status == 0


def test_a_store_without_other_writers(command: CommandLine) -> None:
    done = command("adopt", "--store", "vault")
    assert done.status == 3
    assert "no other program keeps anything here" in done.err
    assert command("list", "--all-writers", "--store", "vault").status == 0


# --- below the command line ---------------------------------------------------------------------------


@pytest.fixture
def operations(daemon: GnomeKeyring):
    operations = Operations(SecretServiceStore(), interactive=False)
    yield operations
    operations.store.close()


def test_an_item_that_became_another_is_neither_read_nor_deleted(daemon: GnomeKeyring, operations: Operations) -> None:
    GoKeyring(daemon.bus).set(SERVICE, "token", "made-up")
    (entry,) = blocking.run(operations.list_foreign(SERVICE))
    with daemon.raw() as raw:
        raw.set_attributes(entry.handle, {"service": SERVICE, "username": "somebody else"})
    assert blocking.run(operations.get_foreign(entry)) is None
    assert blocking.run(operations.delete_foreign(entry)) is False
    with daemon.raw() as raw:
        raw.delete(entry.handle)
    assert blocking.run(operations.get_foreign(entry)) is None
    assert blocking.run(operations.delete_foreign(entry)) is False


def test_a_value_that_changed_after_the_plan_is_not_removed(daemon: GnomeKeyring, operations: Operations) -> None:
    theirs = GoKeyring(daemon.bus)
    theirs.set(SERVICE, "token", "old")
    steps = blocking.run(adopt.plan(operations, blocking.run(operations.list_foreign(SERVICE))))
    theirs.set(SERVICE, "token", "new")
    with pytest.raises(ConflictError, match="was not removed"):
        blocking.run(adopt.apply(operations, steps, remove=True, done=lambda *_: pytest.fail("told as done")))
    assert theirs.get(SERVICE, "token") == "new"


def test_in_asyncio(daemon: GnomeKeyring) -> None:
    import asyncio

    GoKeyring(daemon.bus).set(SERVICE, "token", "made-up")

    async def main() -> str | None:
        operations = Operations(SecretServiceStore(), interactive=False)
        try:
            steps = await asynchronous.run(adopt.plan(operations, await asynchronous.run(operations.list_foreign())))
            await asynchronous.run(adopt.apply(operations, steps, remove=True, done=lambda *_: None))
            assert await asynchronous.run(operations.list_foreign()) == []
            value = await asynchronous.run(operations.require(steps[0].entry.ref))
            return value.reveal()
        finally:
            operations.store.close()

    assert asyncio.run(main()) == "made-up"


@pytest.mark.parametrize(
    ("attributes", "label", "whose"),
    [
        ({"application": "rust-keyring", "service": "s", "username": "n", "target": "default"}, "any", "keyring-rs"),
        ({"application": "Python keyring library", "service": "s", "username": "n"}, "any", "python-keyring"),
        ({"application": "Python keyring library", "service": "s", "username": ""}, "any", None),
        ({"application": "other", "service": "s", "username": "n"}, "Password for 'n' on 's'", None),
        ({"xdg:schema": "org.freedesktop.Secret.Generic", "service": "s", "account": "n"}, "s/n", "keytar"),
        ({"xdg:schema": "org.freedesktop.Secret.Generic", "service": "s", "account": "n"}, "n", None),
        ({"xdg:schema": "com.oven-sh.bun.Secret", "service": "s", "account": "n"}, "s/n", None),
        ({"service": "s\0", "username": "n"}, "Password for 'n' on 's\0'", None),
        ({}, "", None),
        ({}, "/", None),
        ({}, "Password for '' on ''", None),
    ],
)
def test_what_is_recognised(attributes: dict[str, str], label: str, whose: str | None) -> None:
    assert recognise(attributes, label) == (None if whose is None else (whose, "s", "n"))
