"""The demonstration leaves nothing behind, whatever happens to it."""

from __future__ import annotations

from typing import NoReturn

import pytest

from factorywager.cli import main as module
from factorywager.cli.commands import demo
from factorywager.errors import PlatformError
from harness.command_line import CommandLine


def test_it_shows_every_scene_and_no_value_and_leaves_other_entries_alone(command: CommandLine) -> None:
    command("store-token", stdin=b"mine")
    shown = command("demo")
    text = shown.out.decode()
    assert (shown.status, shown.err) == (0, "")
    for number, scene in enumerate(demo._SCENES, 1):
        assert f"{number}. {scene.title}" in text
    assert "10 entries deleted" in text
    assert "made%20up" not in text
    assert command("get-token").out == b"mine\n"
    assert len(command("list", "--all").out.splitlines()) == 2


def test_the_store_that_was_named_serves_whatever_the_environment_says(command: CommandLine) -> None:
    assert command("demo", "--store", "memory", env={"FACTORYWAGER_STORE": "nowhere"}).status == 0


@pytest.mark.parametrize("scene", range(1, len(demo._SCENES) + 1))
@pytest.mark.parametrize(("failure", "status"), [(KeyboardInterrupt(), 130), (PlatformError("made up"), 17)])
def test_it_cleans_up_after_ctrl_c_and_after_errors(
    scene: int,
    failure: BaseException,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    command: CommandLine,
) -> None:
    def fail(stage: demo.Stage) -> NoReturn:
        raise failure

    ending = demo.Scene("The end", "", "", fail)
    monkeypatch.setattr(demo, "_SCENES", (*demo._SCENES[:scene], ending))
    assert module.main(["demo", "--store", "vault"]) == status
    assert command("list", "--all", "--json").out == b"[]\n"


def test_on_a_store_that_does_not_answer_it_shows_nothing_and_fears_for_nothing(command: CommandLine) -> None:
    done = command("demo", "--store", "secret-service", env={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})
    assert (done.status != 0, done.out) == (True, b"")
    assert "error: secret-service" in done.err
    assert "left over" not in done.err


def test_a_command_that_it_shows_is_a_command_and_a_call_that_it_shows_is_a_call() -> None:
    from factorywager import AsyncSecrets
    from factorywager.aio import HybridConfig
    from factorywager.cli.registry import NAMES

    for scene in demo._SCENES:
        program, name = scene.command.split()[:2]
        assert program == "factorywager"
        assert name in NAMES
        owner, _, call = scene.call.removeprefix("await ").partition(".")
        assert hasattr({"secrets": AsyncSecrets, "HybridConfig()": HybridConfig}[owner], call.partition("(")[0])
