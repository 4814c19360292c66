"""What both facades are made of: verbs, laziness, signatures, construction."""

from __future__ import annotations

import asyncio
import inspect
import io
import subprocess
import sys
import warnings

import pytest

import factorywager
from factorywager import AsyncSecrets, MemoryStore, Secrets, aio, blocking
from factorywager.errors import (
    ArgumentError,
    ArgumentTypeError,
    ArgumentValueError,
    BestPracticeWarning,
    PlatformError,
    StoreError,
    UnreadableWarning,
)
from factorywager.facade.body import may_prompt
from factorywager.flow import Flow
from factorywager.model import Ref, Secret
from factorywager.stores.store import Options, Terms

VERBS = ("get", "set", "delete", "safe_get", "exists", "get_or_create", "list", "get_many", "set_many")


class _Broken:
    """A store that fails at everything, as a real one may at any moment."""

    name = "broken"

    def get(self, ref: Ref, terms: Terms) -> Flow[Secret | None]:
        yield from ()
        raise PlatformError("the disk is on fire", store=self.name, service=ref.service, name=ref.name)

    def set(self, ref: Ref, value: Secret, terms: Terms, options: Options) -> Flow[None]:
        yield from ()
        raise PlatformError("the disk is on fire", store=self.name)

    def delete(self, ref: Ref, terms: Terms) -> Flow[bool]:
        yield from ()
        raise PlatformError("the disk is on fire", store=self.name)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("verb", VERBS)
def test_both_facades_have_the_same_verbs_with_the_same_signatures(verb: str) -> None:
    assert inspect.signature(getattr(Secrets, verb)) == inspect.signature(getattr(AsyncSecrets, verb))
    assert getattr(Secrets, verb).__doc__ == getattr(AsyncSecrets, verb).__doc__
    assert getattr(Secrets, verb).__doc__


@pytest.mark.parametrize("kind", ["SecretsManager", "HybridConfig"])
def test_the_guide_s_classes_are_the_same_in_both(kind: str) -> None:
    ours, theirs = getattr(aio, kind), getattr(blocking, kind)
    public = {name for name in dir(ours) if not name.startswith("_")}
    assert public == {name for name in dir(theirs) if not name.startswith("_")}
    for name in public:
        assert inspect.signature(getattr(ours, name)) == inspect.signature(getattr(theirs, name))


def test_asynchronous_verbs_are_plain_functions_that_check_at_the_call() -> None:
    secrets = AsyncSecrets("memory")
    for verb in VERBS:
        assert not inspect.iscoroutinefunction(getattr(secrets, verb))
    for wrong_call in (
        lambda: secrets.get(),
        lambda: secrets.set({}),
        lambda: secrets.delete(5),
        lambda: secrets.exists("", "n"),
        lambda: secrets.safe_get("com.example", "nul\0"),
        lambda: secrets.get_or_create("com.example", "n", "not a function"),
        lambda: secrets.get_many(),
        lambda: secrets.set_many("com.example", "not a mapping"),
        lambda: secrets.list(5),
    ):
        with pytest.raises(ArgumentError):  # no loop runs here: nothing can have been awaited
            wrong_call()


def test_an_awaitable_runs_on_whatever_loop_awaits_it() -> None:
    secrets = AsyncSecrets("memory")
    asyncio.run(_await(secrets.set("com.example", "n", "v")))
    assert asyncio.run(_await(secrets.get("com.example", "n"))) == "v"


async def _await(awaitable):
    return await awaitable


def test_safe_get_turns_a_failure_into_none_and_one_warning(facade, open_secrets) -> None:
    secrets = open_secrets(_Broken())
    with pytest.warns(UnreadableWarning) as caught:
        assert secrets.safe_get("com.example", "token") is None
    assert len(caught) == 1
    assert "com.example/token" in str(caught[0].message)
    assert "the disk is on fire" in str(caught[0].message)


def test_safe_get_does_not_swallow_a_wrong_call(facade, open_secrets) -> None:
    with pytest.raises(ArgumentTypeError):
        open_secrets(_Broken()).safe_get("com.example")


@pytest.mark.parametrize("verb", ["get", "exists", "delete"])
def test_everything_else_raises_the_store_s_error(facade, open_secrets, verb: str) -> None:
    secrets = open_secrets(_Broken())
    with pytest.raises(StoreError, match="on fire"):
        getattr(secrets, verb)("com.example", "token")


def test_a_lease_raises_the_store_s_error(facade, open_secrets) -> None:
    with pytest.raises(StoreError, match="on fire"), open_secrets(_Broken()).lease("com.example", "token"):
        pass


def test_a_store_that_cannot_list_or_watch_says_so(facade, open_secrets) -> None:
    secrets = open_secrets(_Broken())
    with pytest.raises(ArgumentValueError, match="broken store cannot list"):
        secrets.list("com.example")
    with pytest.raises(ArgumentValueError, match="broken store cannot tell of changes"):
        next(iter(blocking.Secrets(_Broken()).watch("com.example")))


def test_resolve_prefers_the_environment_over_a_store_that_fails_and_says_so(
    facade, open_secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.caller import make_caller

    config = make_caller(facade, "HybridConfig", open_secrets(_Broken()).wrapped)
    monkeypatch.delenv("TIER_API_TOKEN", raising=False)
    with pytest.raises(PlatformError, match="on fire"):
        config.get_api_token()
    monkeypatch.setenv("TIER_API_TOKEN", "from the environment")
    with pytest.warns(UnreadableWarning) as caught:
        assert config.get_api_token() == "from the environment"
    assert "from the environment" not in str(caught[0].message).replace("is taken from $", "")


def test_an_observer_sees_the_failure_s_code(facade, open_secrets) -> None:
    events = []
    secrets = open_secrets(_Broken(), observers=[events.append])
    with pytest.raises(PlatformError):
        secrets.get("com.example", "token")
    assert [event.outcome for event in events] == ["ERR_SECRETS_PLATFORM_ERROR"]


def test_the_store_may_be_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTORYWAGER_STORE", "memory")
    assert "memory" in repr(Secrets())
    with pytest.raises(ArgumentValueError, match="no store named 'attic'"):
        Secrets("attic")


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_timeout_must_be_above_zero(timeout: float) -> None:
    with pytest.raises(ArgumentValueError):
        Secrets("memory", timeout=timeout)


@pytest.mark.parametrize(
    ("interactive", "environment", "expected"),
    [
        (True, {"FACTORYWAGER_INTERACTIVE": "0"}, True),
        (False, {"FACTORYWAGER_INTERACTIVE": "1"}, False),
        (None, {"FACTORYWAGER_INTERACTIVE": "0", "DISPLAY": ":0"}, False),
        (None, {"FACTORYWAGER_INTERACTIVE": "no", "DISPLAY": ":0"}, False),
        (None, {"FACTORYWAGER_INTERACTIVE": "1"}, True),
        (None, {"DISPLAY": ":0"}, True),
        (None, {"WAYLAND_DISPLAY": "wayland-0"}, True),
        (None, {}, False),
    ],
)
def test_who_may_be_prompted(
    interactive: bool | None, environment: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert may_prompt(interactive) is expected


def test_no_facade_shows_a_value_in_its_repr() -> None:
    secrets = Secrets(MemoryStore(), service="com.example.tool")
    secrets.set("token", "not-to-be-shown")
    assert repr(secrets) == "<Secrets store='memory' service='com.example.tool'>"


def test_every_public_name_is_there_and_lazily_imported() -> None:
    for name in factorywager.__all__:
        assert getattr(factorywager, name) is not None
    assert set(factorywager.__all__) <= set(dir(factorywager))
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        factorywager.absent  # noqa: B018


def _modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return set(done.stdout.split())


def test_importing_the_package_imports_nothing_else_of_it() -> None:
    ours = {name for name in _modules_after("import factorywager") if name.startswith("factorywager")}
    assert ours == {"factorywager"}


def test_the_blocking_facade_never_imports_asyncio() -> None:
    code = (
        "from factorywager.blocking import Secrets, SecretsManager, HybridConfig, secrets\n"
        "s = Secrets('memory'); s.set('com.example', 'n', 'v'); s.get('com.example', 'n')\n"
        "s.list(); s.get_many('com.example')\n"
        "s.get_or_create('com.example', 'm', lambda: 'v'); s.exists('com.example', 'n')\n"
        "with s.lease('com.example', 'n'): pass"
    )
    loaded = _modules_after(code)
    assert "factorywager.blocking" in loaded
    assert "asyncio" not in loaded
    assert not {"dataclasses", "inspect", "logging"} & loaded  # start-up time counts


# --- best practices -----------------------------------------------------------------------------------


def test_warnings_point_at_the_store_operation_once(facade, open_secrets) -> None:
    secrets = open_secrets("memory")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")  # what other tests left behind may be collected here
        warnings.simplefilter("always", BestPracticeWarning)
        secrets.set("api", "key", "v")
    assert len(caught) == 1
    assert secrets.get("api", "key") == "v"


def test_strict_mode_refuses_and_stores_nothing(facade, open_secrets) -> None:
    store = MemoryStore()
    strict = open_secrets(store, strict=True)
    with pytest.raises(ArgumentValueError, match="too generic"):
        strict.set("api", "key", "v")
    with pytest.raises(ArgumentValueError, match="JSON"):
        strict.set("com.example", "config", '{"debug": true}')
    with pytest.raises(ArgumentValueError, match="JSON"):
        strict.set_many("com.example", {"fine": "v", "config": '{"debug": true}'})
    assert strict.list() == []
    strict.set("com.example", "token", "v")
