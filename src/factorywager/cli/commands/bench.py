"""Measures the chosen store on this machine, beside the environment, a `.env` file and the peers that are installed.

Works with made-up values in a service of its own with a random name, and deletes them at the end, also after Ctrl-C.
Everything is measured in one run and by turns, so that whatever else the machine does hits all alike.
"""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ... import __version__
from ...aio import AsyncSecrets
from ...blocking import Secrets
from ...errors import PlatformError, StoreError
from ...services.bench import beside, chart, report
from ...services.bench.analysis import analysis
from ...services.bench.corner import Corner
from ...services.bench.floor import Floor
from ...services.bench.launcher import Launcher
from ...services.bench.library import AsyncCases, BlockingCases
from ...services.bench.measure import Absent, Case, CaseError, Plan, Result, measure_all
from ...services.bench.worker import Worker
from ..arguments import Parser
from ..output import BOLD, Output, painted
from ..session import Session
from ..undisturbed import undisturbed

SUMMARY = "measure the store, beside what you know"

_FIFTY = 50
_TURN = 0.03  # seconds
_CACHE = 3600  # seconds; longer than this takes


def arguments(parser: Parser) -> None:
    parser.add_argument("--rounds", type=_rounds, default=20, metavar="N", help="how long to measure (default: 20)")
    parser.add_argument("--svg", metavar="FILE", help="draw the picture into this file too")


def _rounds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise ArgumentTypeError("expected a number of rounds from 1 to 10000")
    return int(text)


class Bench:
    """Everything that is measured, and what has to be given back afterwards."""

    def __init__(self, session: Session, stack: ExitStack) -> None:
        self.session = session
        self.cases: list[Case] = []
        self.absent: list[Absent] = []
        self._stack = stack
        self._corner = Corner(session.operations, _FIFTY)
        stack.callback(self._clear)
        session.run(self._corner.fill())

    def add(self, *found: Worker | Case | Absent) -> None:
        for each in found:
            if isinstance(each, Absent):
                self.absent.append(each)
            elif isinstance(each, Case):
                self.cases.append(each)
            else:
                self._stack.callback(each.stop)
                self.cases += each.cases
                self.absent += each.absent

    def add_library(self) -> None:
        """This library, through both facades, and with its cache."""
        service, names = self._corner.service, self._corner.names
        settings: dict[str, Any] = {"timeout": self.session.options.timeout, "interactive": self.session.interactive}
        store = self.session.operations.store
        blocking = BlockingCases(Secrets(store, **settings), service, names)
        secrets = AsyncSecrets(store, **settings)
        asynchronous = AsyncCases(secrets, service, names)
        self._stack.callback(asynchronous.close)
        blocking.warm_up()
        asynchronous.warm_up()
        self.add(blocking.get(), asynchronous.get(), blocking.get_many(), asynchronous.gather(), blocking.set())
        cached = Secrets(store, **settings, cache=_CACHE)
        self._stack.callback(cached.clear)
        self.add(*BlockingCases(cached, service, names).cached())

    def add_processes(self) -> None:
        launcher = Launcher(os.environ)
        self._stack.callback(launcher.stop)
        service, name = self._corner.service, self._corner.names[0]
        self.add(beside.empty_interpreter(launcher))
        if self.session.store == "memory":
            self.add(Absent("factorywager, python -c", "the memory store holds nothing for another process"))
        else:
            self.add(beside.cold(launcher, self.session.store, service, name))
        if self._is_daemon:
            self.add(beside.secret_tool(launcher, service, name))

    def add_others(self) -> None:
        self.add(*self._stack.enter_context(beside.Environment()).cases())
        service = self._corner.service
        if self._is_daemon:
            self._add_floor()
            self.add(beside.bun(service, _FIFTY, ("get", "all_50", "set"), os.environ))
            self.add(beside.python_keyring(service, 1, os.environ))
        else:
            reason = f"is measured beside the Secret Service only, and this is the {self.session.store} store"
            self.add(*[Absent(peer.name, reason) for peer in (beside.BUN, beside.PYTHON_KEYRING, beside.SECRET_TOOL)])

    def _add_floor(self) -> None:
        service, names = self._corner.service, self._corner.names
        try:
            floor = Floor()
            self._stack.callback(floor.close)
            self.add(floor.ping(), floor.get_secret(service, names[0]), floor.get_secrets(service, names))
        except CaseError as error:
            self.add(Absent("the daemon's own answers", f"failed: {error}"))

    @property
    def _is_daemon(self) -> bool:
        return self.session.store == "secret-service"

    def _clear(self) -> None:
        with undisturbed():
            try:
                self.session.run(self._corner.clear())
            except StoreError:
                self.session.output.warning(f"entries of {self._corner.service} may be left over")
                raise


def run(session: Session) -> int:
    rounds = session.options.rounds
    with ExitStack() as stack:
        bench = Bench(session, stack)
        bench.add_library()
        bench.add_others()
        bench.add_processes()
        session.output.note(f"measuring {len(bench.cases)} cases on the {session.store} store, in {rounds} rounds")
        results, failed = measure_all(bench.cases, Plan(rounds, _TURN))
    absent = [*bench.absent, *failed]
    by_key = {result.case.key: result for result in results}
    if failed and not {"library.get", "library.get_many_50"} <= by_key.keys():
        hint = "does another program delete them?"
        raise PlatformError("entries vanished while they were measured", hint=hint, store=session.store)
    said = analysis(session.store, by_key)
    if session.options.svg:
        _draw(Path(session.options.svg), session.store, results)
    if session.options.json:
        session.output.json(report.document(__version__, session.store, rounds, results, absent, analysis=said))
    else:
        _print(session.output, results, absent, said)
    return 0


def _print(output: Output, results: Sequence[Result], absent: Sequence[Absent], said: Sequence[str]) -> None:
    output.table(report.TABLE_HEADS, report.rows(results))
    output.line("")
    for line in chart.bars(results):
        output.line(line)
    output.line(f"\n{painted('What this means', BOLD)}")
    for sentence in said:
        output.line(f"  {sentence}")
    for each in absent:
        output.note(f"left out: {each.name} ({each.reason})")


def _draw(path: Path, store: str, results: Sequence[Result]) -> None:
    picture = chart.svg(f"The {store} store, measured by `factorywager bench`", report.machine_line(), results)
    try:
        path.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise PlatformError(f"cannot write {path}: {error.strerror}", native=error.errno) from None
