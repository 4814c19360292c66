"""Real Bun and this library on one keyring: what either writes the other reads, lists and deletes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from harness.bun import Bun
from harness.caller import Caller
from harness.gnome_keyring import GnomeKeyring
from harness.raw_service import RawService, bun_attributes
from harness.samples import ODD_TEXTS

SERVICE = "com.example.interop"

pytestmark = pytest.mark.filterwarnings("ignore::factorywager.errors.BestPracticeWarning")


@pytest.fixture
def raw(daemon: GnomeKeyring) -> Iterator[RawService]:
    with daemon.raw() as raw:
        yield raw


@pytest.fixture
def secrets(daemon: GnomeKeyring, open_secrets: Callable[..., Caller]) -> Caller:
    return open_secrets("secret-service", interactive=False)


def test_bun_writes_and_we_read_list_and_delete(bun: Bun, secrets: Caller) -> None:
    bun.set(SERVICE, "token", "from bun")
    assert secrets.get(SERVICE, "token") == "from bun"
    assert secrets.get_many(SERVICE) == {"token": "from bun"}
    assert secrets.exists(SERVICE, "token") is True
    assert [(info.service, info.name) for info in secrets.list(SERVICE)] == [(SERVICE, "token")]
    with secrets.lease(SERVICE, "token") as view:
        assert bytes(view) == b"from bun"
    assert secrets.delete(SERVICE, "token") is True
    assert bun.get(SERVICE, "token") is None
    assert bun.delete(SERVICE, "token") is False


def test_we_write_and_bun_reads_and_deletes(bun: Bun, secrets: Caller) -> None:
    secrets.set(SERVICE, "token", "from here")
    assert bun.get(SERVICE, "token") == "from here"
    assert bun.delete(SERVICE, "token") is True
    assert secrets.get(SERVICE, "token") is None
    assert secrets.delete(SERVICE, "token") is False


def test_either_replaces_the_others_and_there_is_one_item(bun: Bun, secrets: Caller, raw: RawService) -> None:
    bun.set(SERVICE, "token", "1")
    secrets.set(SERVICE, "token", "2")
    assert bun.get(SERVICE, "token") == "2"
    bun.set(SERVICE, "token", "3")
    assert secrets.get(SERVICE, "token") == "3"
    assert len(raw.search(bun_attributes(SERVICE, "token"))) == 1


def test_an_empty_value_deletes_on_both_sides(bun: Bun, secrets: Caller) -> None:
    bun.set(SERVICE, "token", "1")
    secrets.set(SERVICE, "token", "")
    assert bun.get(SERVICE, "token") is None
    secrets.set(SERVICE, "token", "2")
    bun.set(SERVICE, "token", "")
    assert secrets.get(SERVICE, "token") is None


def test_odd_values_names_and_services_pass_both_ways(bun: Bun, secrets: Caller) -> None:
    """Each text as value, name and service: once written by Bun, once here."""
    entries = [{"service": SERVICE + text, "name": text, "value": text} for text in ODD_TEXTS]
    keys = [{"service": entry["service"], "name": entry["name"]} for entry in entries]
    written = bun.run([{"verb": "set", "args": [entry]} for entry in entries])
    assert written == [{"value": None}] * len(entries)
    for entry in entries:
        assert secrets.get(entry["service"], entry["name"]) == entry["value"]
        assert [(info.service, info.name) for info in secrets.list(entry["service"])] == [
            (entry["service"], entry["name"])
        ]
        secrets.set(entry["service"], entry["name"], "ours: " + entry["value"])
    read = bun.run([{"verb": "get", "args": [key]} for key in keys])
    assert [one["value"] for one in read] == ["ours: " + entry["value"] for entry in entries]
    deleted = bun.run([{"verb": "delete", "args": [key]} for key in keys])
    assert deleted == [{"value": True}] * len(entries)
    assert all(secrets.list(entry["service"]) == [] for entry in entries)


def test_the_items_of_both_are_the_same_to_the_last_attribute(bun: Bun, secrets: Caller, raw: RawService) -> None:
    bun.set(SERVICE, "theirs", "v")
    secrets.set(SERVICE, "ours", "v")

    def described(name: str) -> tuple[object, ...]:
        (item,) = raw.search(bun_attributes(SERVICE, name))
        attributes = {key: value.replace(name, "NAME") for key, value in raw.attributes(item).items()}
        content_type = raw.secret(item)[3].split(";")[0]
        return attributes, raw.label(item).replace(name, "NAME"), raw.value(item), content_type, item.rsplit("/", 1)[0]

    assert described("ours") == described("theirs")


def test_many_of_buns_entries_are_read_at_once(bun: Bun, secrets: Caller) -> None:
    values = {f"name{number}": f"value {number}" for number in range(100)}
    bun.run([{"verb": "set", "args": [{"service": SERVICE, "name": n, "value": v}]} for n, v in values.items()])
    assert secrets.get_many(SERVICE) == values
    assert len(secrets.list(SERVICE)) == 100


def test_bun_sees_what_a_watch_tells(bun: Bun, daemon: GnomeKeyring) -> None:
    """A change that Bun makes reaches a watch here."""
    import threading

    from factorywager import Secrets
    from harness.process import eventually

    changes: list[tuple[str, str]] = []
    watcher = Secrets("secret-service", interactive=False)

    def follow() -> None:
        for change in watcher.watch(SERVICE):
            changes.append((change.kind, change.name))
            if change.name == "farewell":
                return

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    eventually(lambda: bun.set(SERVICE, "token", "1") or changes, "the first change was told")
    bun.set(SERVICE, "token", "2")
    bun.delete(SERVICE, "token")
    bun.set(SERVICE, "farewell", "1")
    follower.join(20)
    assert not follower.is_alive()
    assert changes[-2:] == [("deleted", "token"), ("created", "farewell")]
    assert ("changed", "token") in changes


def test_the_harness_s_bun_really_fails_without_a_keyring(bus) -> None:
    """The positive control: were Bun's calls not reaching a real keyring, this would succeed too."""
    (result,) = Bun(bus.env).run([{"verb": "get", "args": [{"service": SERVICE, "name": "token"}]}])
    assert "thrown" in result, json.dumps(result)
