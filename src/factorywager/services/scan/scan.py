"""`scan`: from the values of the store and a plan to a report."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from ...flow import blocking
from .archives import Archives, Bounds
from .feed import Feed
from .files import Files, Limits
from .finding import Finding, Findings, PassedOver
from .keys import Fingerprints
from .live import search_journal, search_processes
from .needles import Gathered, LeftOut, gather
from .places import known_places
from .repository import Repository
from .rules import GITS, OURS, Rules
from .searcher import Searcher
from .unknown import Detector

if TYPE_CHECKING:
    from ..operations import Operations

# Places beside the paths that were named.
BESIDE: Final = ("history", "editor", "log", "process", "journal")
PLACES: Final = ("git", "archive", *BESIDE)


class Plan(NamedTuple):
    """What to search, and for what.

    Attributes:
        paths: files and directories.
        places: what of `PLACES` is searched too: the history of repositories that are met, what is in archives, and
            places that need no path.
        staged: search what is about to be committed, and nothing else.
        unknown: look for what looks like a secret, too.
        service: whose entries; ``None`` for all.
        only, excepted: shell patterns of names of entries.
        exclude: patterns of what to leave out, as in a ``.gitignore``.
        fwignore, gitignore: whether such files are followed.
        bounds: how far archives are unpacked.
        known: identities of findings that are accepted.
    """

    paths: Sequence[str] = ()
    places: frozenset[str] = frozenset(("git", "archive"))
    staged: bool = False
    unknown: bool = False
    service: str | None = None
    only: Sequence[str] = ()
    excepted: Sequence[str] = ()
    exclude: Sequence[str] = ()
    fwignore: bool = True
    gitignore: bool = False
    limits: Limits = Limits()
    bounds: Bounds = Bounds()
    known: frozenset[str] = frozenset()


class Report(NamedTuple):
    """What came of it.

    Attributes:
        values: how many different values were searched for.
        searched: how many of each place.
        accepted: findings that the baseline holds.
        locked: whether the kernel agreed to keep the values out of swap.
    """

    findings: list[Finding]
    passed_over: list[PassedOver]
    left_out: list[LeftOut]
    values: int
    searched: dict[str, int]
    bytes: int
    seconds: float
    accepted: int
    locked: bool


def scan(operations: Operations, plan: Plan, progress: Callable[[str], None] | None = None) -> Report:
    """Search as planned.

    Args:
        progress: told what is searched next.

    Raises:
        StoreError: the values cannot be read.
        PlatformError: the search engine is not installed.
        ArgumentValueError: there is nothing staged to be searched.
    """
    began = perf_counter()
    gathered = blocking.run(gather(operations, plan.service, only=plan.only, excepted=plan.excepted))
    try:
        return _scan(operations, plan, gathered, began, progress or (lambda _: None))
    finally:
        gathered.wipe()


def _scan(
    operations: Operations, plan: Plan, gathered: Gathered, began: float, progress: Callable[[str], None]
) -> Report:
    findings = Findings(plan.known)
    searcher = Searcher(gathered.needles)
    detector = Detector() if plan.unknown else None
    feed = Feed(gathered.needles, searcher, Fingerprints(operations), findings, detector)
    try:
        if plan.staged:
            Repository(None, feed, findings).search_staged()
        else:
            _search(plan, feed, findings, progress)
    finally:
        feed.close()
        searcher.wipe()
    return Report(
        findings.told(),
        findings.passed_over,
        gathered.left_out,
        len(gathered.needles),
        dict(findings.searched),
        findings.bytes,
        perf_counter() - began,
        findings.accepted,
        searcher.locked,
    )


def _search(plan: Plan, feed: Feed, findings: Findings, progress: Callable[[str], None]) -> None:
    rules = Rules(plan.exclude, (OURS,) * plan.fwignore + (GITS,) * plan.gitignore)
    archives = Archives(feed, findings, plan.bounds)
    files = Files(feed, findings, plan.limits, rules, archives.unpack if "archive" in plan.places else None)
    progress("files")
    files.search(plan.paths)
    for place, paths in known_places(Path.home(), os.environ).items():
        if place in plan.places:
            progress(place)
            files.search(paths, place)
    if "git" in plan.places:
        for directory in files.repositories:
            progress(f"the history in {directory}")
            Repository(directory, feed, findings).search(plan.limits.since)
    if "process" in plan.places:
        progress("processes")
        search_processes(feed, findings)
    if "journal" in plan.places:
        progress("the journal")
        search_journal(feed, findings, plan.limits.since)
