"""Scanning, beside ripgrep and git: ``python benchmarks/scanning.py [TREE]``; figures for docs/guides/scan.md.

Everything by turns in one run, files in the page cache, one process; the median of the rounds and their quartiles.
ripgrep looks for the plain values only, ours for all their disguises.  Making the search ready counts, each time.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from factorywager.flow import blocking
from factorywager.model import Ref, Secret
from factorywager.services.operations import Operations
from factorywager.services.scan.scan import Plan, scan
from factorywager.stores.memory import MemoryStore

_ROUNDS = 7
_BLOBS = 50_000
_PATIENCE = 600.0  # seconds for any program


def main() -> None:
    tree = sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_path("purelib")
    with tempfile.TemporaryDirectory(prefix="fw-scanning-") as directory:
        home = Path(directory)
        values = [secrets.token_urlsafe(24) for _ in range(1000)]
        stores = {count: _filled(values[:count]) for count in (10, 100, 1000)}
        _files(tree, home, values, stores)
        _history(home, stores[100])
        _commit(home, values[:100])
        _memory(tree, home, values)


def _filled(values: list[str]) -> Operations:
    operations = Operations(MemoryStore())
    for number, value in enumerate(values):
        blocking.run(operations.set(Ref("com.example.bench", f"v{number}"), Secret(value)))
    return operations


def _files(tree: str, home: Path, values: list[str], stores: dict[int, Operations]) -> None:
    plain = home / "values"
    plain.write_text("\n".join(values[:100]) + "\n")
    plan = Plan([tree], places=frozenset())
    cases: dict[str, Callable[[], object]] = {
        f"factorywager, {count} values": lambda operations=operations: scan(operations, plan)  # type: ignore[misc]
        for count, operations in stores.items()
    }
    cases["factorywager, 100 values, with archives"] = lambda: scan(
        stores[100], plan._replace(places=frozenset({"archive"}))
    )
    cases["factorywager, 100 values, and --unknown"] = lambda: scan(stores[100], plan._replace(unknown=True))
    program = shutil.which("rg")
    if program is not None:
        command = [program, "-F", "-f", str(plain), "-j1", "-uuu", "--no-messages"]
        cases["rg -F -f values -j1 -uuu"] = lambda: _run(*command, tree)
        cases["rg -F -f values -j1 -uuu -a"] = lambda: _run(*command, "-a", tree)
    size = scan(stores[10], plan).bytes
    _tell(f"{tree}: {size / 1e6:,.0f} MB", cases, size)


def _history(home: Path, operations: Operations) -> None:
    repository = home / "repository"
    _run("git", "init", "--quiet", str(repository))
    lines = []
    for number in range(_BLOBS):
        text = f"file {number}\n" + secrets.token_hex(20) * (number % 40) + "\n"
        lines.append(f"blob\nmark :{number + 1}\ndata {len(text)}\n{text}\n")
    for commit in range(_BLOBS // 100):
        lines.append(f"commit refs/heads/main\ncommitter n <e> {commit} +0000\ndata 2\nm\n")
        lines += [f"M 100644 :{mark} d{commit % 50}/f{mark}\n" for mark in range(commit * 100 + 1, commit * 100 + 101)]
    _run("git", "-C", str(repository), "fast-import", "--quiet", text="".join(lines))
    listed = f"git -C {repository} rev-list --all --objects --no-object-names"
    pipeline = f"{listed} | git -C {repository} cat-file --batch > /dev/null"
    plan = Plan([str(repository)], places=frozenset({"git"}))
    cases: dict[str, Callable[[], object]] = {
        "git rev-list --all --objects | git cat-file --batch": lambda: _run("sh", "-c", pipeline),
        "factorywager, 100 values": lambda: scan(operations, plan),
    }
    _tell(f"a repository of {_BLOBS:,} blobs", cases, scan(operations, plan).bytes)


def _commit(home: Path, values: list[str]) -> None:
    """`scan --staged` as the hook runs it: a new process, a vault, a commit of twenty files."""
    env = {**os.environ, "FACTORYWAGER_HOME": str(home / "vault"), "FACTORYWAGER_STORE": "vault"}
    code = "import json, sys; from factorywager.blocking import Secrets; "
    code += "Secrets('vault').set_many('com.example.bench', json.load(sys.stdin))"
    _run(sys.executable, "-c", code, text=json.dumps({f"v{n}": value for n, value in enumerate(values)}), env=env)
    repository = home / "repository"
    for number in range(20):
        (repository / f"staged-{number}").write_text("a line of text\n" * 300)
    _run("git", "-C", str(repository), "add", "staged-0", *[f"staged-{number}" for number in range(1, 20)])
    staged = [sys.executable, "-m", "factorywager", "scan", "--staged", "--quiet"]
    cases: dict[str, Callable[[], object]] = {
        "factorywager scan --staged": lambda: _run(*staged, env=env, cwd=repository),
        "factorywager scan --staged --unknown": lambda: _run(*staged, "--unknown", env=env, cwd=repository),
    }
    _tell("a commit of 20 files, 100 values in a vault", cases, 0)


def _run(*command: str, text: str = "", env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    done = subprocess.run(  # noqa: S603 - our own argument lists
        command, input=text.encode(), stdout=subprocess.DEVNULL, env=env, cwd=cwd, timeout=_PATIENCE, check=False
    )
    if done.returncode not in (0, 1):  # grep's 1: nothing found
        raise SystemExit(f"{command[0]} failed: {done.returncode}")


def _memory(tree: str, home: Path, values: list[str]) -> None:
    """The peak of a process of its own, over the tree with its archives and the repository."""
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); import scanning\n"
        "operations = scanning._filled(json.load(sys.stdin))\n"
        "scanning.scan(operations, scanning.Plan(sys.argv[2:]))\n"
        "print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent), tree, str(home / "repository")]
    done = subprocess.run(  # noqa: S603 - our own argument list
        command, input=json.dumps(values), capture_output=True, text=True, timeout=_PATIENCE, check=True
    )
    print(f"\npeak memory, 1,000 values, archives and history: {int(done.stdout) >> 10} MiB")  # noqa: T201


def _tell(what: str, cases: dict[str, Callable[[], object]], size: int) -> None:
    """Measure and print; the last column says how many times as long as the first case's each took."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(_ROUNDS):
        for name, case in cases.items():
            began = time.perf_counter()
            case()
            times[name].append(time.perf_counter() - began)
    print(f"\n{what}, {_ROUNDS} rounds", flush=True)  # noqa: T201 - this is what it is for
    first = median(next(iter(times.values())))
    for name, taken in times.items():
        low, middle, high = quantiles(taken)
        speed = f"{size / 1e6 / middle:6,.0f} MB/s" if size else ""
        print(f"  {middle:7.3f} s ({low:.3f}-{high:.3f}) {middle / first:5.2f} x {speed}  {name}")  # noqa: T201


if __name__ == "__main__":
    main()
