"""Walks through what the guide demonstrates, on the chosen store, with made-up values that are deleted at the end.

Works in a service of its own with a random name, so that no entry of yours is read or touched.
"""

from __future__ import annotations

import os
import secrets as randomness
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from ... import __version__
from ...blocking import HybridConfig, Secrets
from ...errors import ConflictError, NotFoundError, PlatformError, StoreError
from ...model import Ref, Secret
from ...model.secret import REDACTED
from ...services import catalogue, database, jwt
from ...services.migration import plan, transaction
from ...services.migration.fingerprint import Fingerprints
from ...services.migration.selection import Selection, select
from ...services.migration.source import Source, format_of
from ..arguments import Parser
from ..output import BOLD, CYAN, GREEN, Output, painted
from ..session import Session
from ..undisturbed import undisturbed

SUMMARY = "show everything once, with made-up values"

_READS: Final = 50

_ENV_FILE: Final = """\
TIER_API_TOKEN=fw_demo_from_the_env_file
DATABASE_HOST=localhost
DATABASE_PASSWORD="made up, with spaces"
JWT_SECRET=
"""


def arguments(parser: Parser) -> None:
    pass


class Stage:
    """The demonstration's own corner of the store: two services with a random name, and what was put there."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.operations = session.operations
        self.secrets = Secrets(
            self.operations.store, timeout=self.operations.timeout, interactive=self.operations.interactive
        )
        self.service = f"com.factorywager.demo.{randomness.token_hex(4)}"
        self.migrated = f"{self.service}.migrated"
        self._refs: list[Ref] = []

    def reach(self) -> None:
        """Make sure that the store answers, so that one which does not ends this before anything is written."""
        self.secrets.get(self.service, catalogue.API_TOKEN)

    def will_write(self, *names: str, service: str | None = None) -> None:
        """Noted before it is written: an entry that Ctrl-C left behind is deleted too."""
        self._refs += [Ref(service or self.service, name) for name in names]

    def clear(self) -> int:
        """Delete everything again; gives how many entries there were.

        Raises:
            StoreError: the store stopped answering; a warning names the services that may hold entries still.
        """
        try:
            return sum(self.session.run(self.operations.delete(ref)) for ref in self._refs)
        except StoreError:
            self.session.output.warning(f"entries of {self.service} and {self.migrated} may be left over")
            raise


class Scene(NamedTuple):
    """One demonstration: the same thing as a command and as a call, and the function that does it and reports."""

    title: str
    command: str
    call: str
    play: Callable[[Stage], list[str]]


def run(session: Session) -> int:
    stage = Stage(session)
    told: list[dict[str, Any]] = []
    quiet = session.options.json
    stage.reach()
    if not quiet:
        _print_opening(session, stage)
    try:
        for number, scene in enumerate(_SCENES, 1):
            began = time.perf_counter()
            said = scene.play(stage)
            seconds = time.perf_counter() - began
            told.append({"title": scene.title, "command": scene.command, "call": scene.call, "said": said})
            if not quiet:
                _print(session.output, number, scene, said, seconds)
    finally:
        with undisturbed():
            deleted = stage.clear()
    if quiet:
        document = {"store": session.store, "service": stage.service, "scenes": told, "deleted": deleted}
        session.output.json(document)
    else:
        session.output.line(f"\n{deleted} entries deleted: nothing is left of it.")
    return 0


# --- the scenes -------------------------------------------------------------------------------


def _token(stage: Stage) -> list[str]:
    token = f"fw_demo_{randomness.token_hex(12)}"
    stage.will_write(catalogue.API_TOKEN)
    stage.secrets.set(stage.service, catalogue.API_TOKEN, token)
    if stage.secrets.get(stage.service, catalogue.API_TOKEN) != token:
        raise PlatformError("the store gives back something else than was written", store=stage.session.store)
    return ["stored, and read back unchanged", f"a Secret prints as {Secret(token)}"]


def _database(stage: Stage) -> list[str]:
    given = database.Database("localhost", "5432", "factorywager", Secret("p@ss/word: made up"), "mydb")
    stage.will_write(*catalogue.DATABASE)
    stage.session.run(database.store(stage.operations, stage.service, given))
    found = stage.session.run(database.load(stage.operations, stage.service))
    with found.url().lease() as url:
        encoded = str(url, "ascii").replace("p%40ss%2Fword%3A%20made%20up", REDACTED)
    return ["five entries stored as one change where the store can", f"as a URL: {encoded}"]


def _jwt(stage: Stage) -> list[str]:
    ref = Ref(stage.service, catalogue.JWT_KEY)
    stage.will_write(ref.name)
    stage.session.run(jwt.generate(stage.operations, ref, force=False))
    try:
        stage.session.run(jwt.generate(stage.operations, ref, force=False))
    except ConflictError as error:
        refused = error.message
    with stage.secrets.lease(ref.service, ref.name) as key:
        size = len(key)
    return [f"{size} hexadecimal digits, never shown", f"asked again: {refused}"]


def _migration(stage: Stage) -> list[str]:
    raw, kind = _ENV_FILE.encode(), format_of(".env", None)
    chosen = select([Source(".env", None, kind, raw, kind.read(raw, ".env", {}))], Selection())
    operations = stage.operations
    planned = stage.session.run(plan.make(operations, stage.migrated, chosen, plan.Treatment.KEEP, Fingerprints()))
    stage.will_write(*(step.name for step in planned.steps), service=stage.migrated)
    # what is deleted in a moment needs no records to undo it by
    ground = transaction.Ground(operations, operations, None, 0)
    done: set[str] = set()
    stage.session.run(
        transaction.carry_out(ground, planned, force=False, tell=lambda progress: done.add(progress.which))
    )
    moved = [
        f"{step.found.key} -> {step.name}: written, read back, compared" for step in planned.steps if step.name in done
    ]
    return moved + [f"{step.found.key}: empty, skipped" for step in planned.steps if step.state == "empty"]


def _trouble(stage: Stage) -> list[str]:
    config = HybridConfig(stage.secrets, service=stage.service)
    missing = stage.secrets.get(stage.service, "no-such-entry")
    said = [f"an absent entry is {missing}, never an error and never a guess"]
    try:
        config.resolve("no-such-entry")
    except NotFoundError as error:
        said.append(f"{error.code}: {error.message}")
    with _variable("NO_SUCH_ENTRY", "made up"):
        said.append(f"with $NO_SUCH_ENTRY set, the environment serves: {config.resolve('no-such-entry')!r}")
    return said


def _listing(stage: Stage) -> list[str]:
    return [
        f"{len(infos)} in {service}: {', '.join(sorted(info.name for info in infos))}"
        for service in (stage.service, stage.migrated)
        if (infos := stage.secrets.list(service))
    ]


def _speed(stage: Stage) -> list[str]:
    times = []
    for _ in range(_READS):
        began = time.perf_counter()
        stage.secrets.get(stage.service, catalogue.API_TOKEN)
        times.append(1e6 * (time.perf_counter() - began))
    times.sort()
    return [
        f"{_READS} reads, here and now: median {times[_READS // 2]:,.0f} µs, "
        f"fastest {times[0]:,.0f}, slowest {times[-1]:,.0f}"
    ]


_SCENES: Final = (
    Scene("An API token", "factorywager store-token", 'await secrets.set(service, "tier-api-token", token)', _token),
    Scene("Database credentials", "factorywager store-db", "await secrets.set_many(service, credentials)", _database),
    Scene("A JWT signing key", "factorywager generate-jwt", 'await secrets.get_or_create(service, "…", make)', _jwt),
    Scene("Out of a .env file", "factorywager migrate", "await secrets.set_many(service, variables)", _migration),
    Scene("When it is not there", "factorywager get NAME", "await HybridConfig().resolve(name)", _trouble),
    Scene("What there is", "factorywager list", "await secrets.list(service)", _listing),
    Scene("How fast", "factorywager get-token", 'await secrets.get(service, "tier-api-token")', _speed),
)


# --- around them ------------------------------------------------------------------------------


def _print_opening(session: Session, stage: Stage) -> None:
    session.output.line(painted(f"FactoryWager {__version__}, on the {session.store} store", BOLD))
    session.output.line(f"Made-up values, in the service {stage.service}; everything is deleted at the end.")


def _print(output: Output, number: int, scene: Scene, said: list[str], seconds: float) -> None:
    output.line(f"\n{painted(f'{number}. {scene.title}', BOLD)}  ({1000 * seconds:.1f} ms)")
    output.line(f"     $ {painted(scene.command, CYAN)}")
    output.line(f"   >>> {painted(scene.call, CYAN)}")
    for sentence in said:
        output.line(f"    {painted('ok', GREEN)} {sentence}")


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
