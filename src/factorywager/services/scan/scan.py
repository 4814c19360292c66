"""`scan`: from the values of the store and a plan to a report."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from ...flow import blocking
from .feed import Feed
from .files import Files, Limits
from .finding import Finding, Findings, PassedOver
from .keys import Fingerprints
from .needles import Gathered, LeftOut, gather
from .searcher import Searcher

if TYPE_CHECKING:
    from ..operations import Operations


class Plan(NamedTuple):
    """What to search, and for what.

    Attributes:
        paths: files and directories.
        service: whose entries; ``None`` for all.
        only, excepted: shell patterns of names of entries.
        known: identities of findings that are accepted.
    """

    paths: Sequence[str]
    service: str | None = None
    only: Sequence[str] = ()
    excepted: Sequence[str] = ()
    limits: Limits = Limits()
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


def scan(operations: Operations, plan: Plan) -> Report:
    """Search as planned.

    Raises:
        StoreError: the values cannot be read.
        PlatformError: the search engine is not installed.
    """
    began = perf_counter()
    gathered = blocking.run(gather(operations, plan.service, only=plan.only, excepted=plan.excepted))
    try:
        return _scan(operations, plan, gathered, began)
    finally:
        gathered.wipe()


def _scan(operations: Operations, plan: Plan, gathered: Gathered, began: float) -> Report:
    findings = Findings(plan.known)
    searcher = Searcher(gathered.needles)
    feed = Feed(gathered.needles, searcher, Fingerprints(operations), findings)
    try:
        Files(feed, findings, plan.limits).search(plan.paths)
    finally:
        feed.close()
        searcher.wipe()
    return Report(
        findings.found,
        findings.passed_over,
        gathered.left_out,
        len(gathered.needles),
        dict(findings.searched),
        findings.bytes,
        perf_counter() - began,
        findings.accepted,
        searcher.locked,
    )
