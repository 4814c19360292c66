"""A planted corpus: every value in every disguise and place among real files, all found, and nothing else."""

from __future__ import annotations

import gzip
import io
import lzma
import random
import secrets
import string
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from factorywager.flow import blocking
from factorywager.model import Ref, Secret
from factorywager.protocols.disguises import disguises
from factorywager.services.operations import Operations
from factorywager.services.scan.scan import Plan, scan
from factorywager.stores.memory import MemoryStore
from harness.parts import require

_SERVICE = "com.example.corpus"
_NOISE = Path(sys.modules["pytest"].__file__).parents[1]  # site-packages


def _values(count: int, chance: random.Random) -> list[str]:
    alphabets = (
        string.ascii_letters + string.digits,
        string.hexdigits.lower()[:16],
        string.printable[:94],
        "aäöé用🔑b1",
    )
    return ["".join(chance.choice(alphabets[n % 4]) for _ in range(10 + n * 3)) for n in range(count)]


def _into_file(tree: Path, name: str, text: bytes) -> None:
    (tree / name).write_bytes(text)


def _into_deep_directory(tree: Path, name: str, text: bytes) -> None:
    (tree / "a/b/.hidden/c").mkdir(parents=True, exist_ok=True)
    (tree / "a/b/.hidden/c" / f".{name}.swp").write_bytes(text)


def _into_zip(tree: Path, name: str, text: bytes) -> None:
    with zipfile.ZipFile(tree / f"{name}.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", text)


def _into_tar(tree: Path, name: str, text: bytes) -> None:
    with tarfile.open(tree / f"{name}.tgz", "w:gz") as archive:
        info = tarfile.TarInfo("inner")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))


def _into_packed(tree: Path, name: str, text: bytes) -> None:
    pack = (gzip.compress, lzma.compress, zstandard.compress)[len(text) % 3]
    (tree / f"{name}.packed").write_bytes(pack(text))


def _into_history(tree: Path, name: str, text: bytes) -> None:
    with (tree / ".bash_history").open("ab") as file:
        file.write(b"echo " + text + b"\n")


def _into_git(tree: Path, name: str, text: bytes) -> None:
    repository = tree / "repository"
    if not repository.exists():
        subprocess.run(["git", "init", "--quiet", "--bare", str(repository)], check=True, timeout=60)
    subprocess.run(["git", "hash-object", "-w", "--stdin"], cwd=repository, input=text, check=True, timeout=60,
                   stdout=subprocess.DEVNULL)  # fmt: skip


_PLACES: tuple[Callable[[Path, str, bytes], None], ...] = (
    _into_file,
    _into_deep_directory,
    _into_zip,
    _into_tar,
    _into_packed,
    _into_history,
    _into_git,
)


def _plant(tree: Path, values: list[str], plants: int, chance: random.Random) -> Counter[tuple[str, str]]:
    """Each disguise of each value by turns through the places; how often each value was planted in each."""
    forms = [(f"v{at}", form) for at, value in enumerate(values) for form in disguises(value.encode())]
    planted: Counter[tuple[str, str]] = Counter()
    for number in range(plants):
        name, form = forms[number % len(forms)]
        # every pass through the forms begins at another place
        place = _PLACES[(number + number // len(forms)) % len(_PLACES)]
        around = chance.randbytes(chance.randrange(4)).hex().encode()
        place(tree, f"plant-{number}", b"key = '" + form + b"' # " + around + b" %d\n" % number)
        planted[name, place.__name__] += 1
    return planted


def _search(tree: Path, values: list[str]) -> tuple[Counter[str], int]:
    operations = Operations(MemoryStore())
    for at, value in enumerate(values):
        blocking.run(operations.set(Ref(_SERVICE, f"v{at}"), Secret(value)))
    report = scan(operations, Plan([str(tree)]))
    return Counter(ref.name for each in report.findings for ref in each.refs), report.bytes


def _noise(tree: Path, files: int) -> None:
    paths = sorted(path for path in _NOISE.rglob("*") if path.is_file() and path.stat().st_size < 2_000_000)
    for number, path in enumerate(paths[:: max(1, len(paths) // files)][:files]):
        (tree / f"noise-{number}{path.suffix}").write_bytes(path.read_bytes())


def _holds(tree: Path, count: int, plants: int, noise: int) -> None:
    require("git")
    chance = random.Random(20261123)
    values = _values(count, chance)
    _noise(tree, noise)
    planted = _plant(tree, values, plants, chance)
    wanted: Counter[str] = Counter()
    for (name, _), times in planted.items():
        wanted[name] += times
    found, _ = _search(tree, values)
    assert found == wanted
    # values that nobody planted: whatever is found of them is false
    strangers = [secrets.token_urlsafe(9) for _ in range(200)] + [secrets.token_hex(3) for _ in range(20)]
    assert _search(tree, strangers)[0] == Counter()


def test_everything_planted_is_found_and_nothing_else(tmp_path: Path) -> None:
    _holds(tmp_path, 8, 250, 300)


@pytest.mark.long
def test_two_thousand_plants_of_twenty_values_are_all_found_and_nothing_else(tmp_path: Path) -> None:
    _holds(tmp_path, 20, 2000, 6000)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Half a gigabyte that is mostly a hole; its own process, whose peak is what it needs."""
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.seek(512 << 20)
        file.write(b"\nmadeup_0123456789abcdef\n")
    code = (
        "import sys; from pathlib import Path; from factorywager.blocking import Secrets\n"
        "from factorywager.services.operations import Operations; from factorywager.stores.memory import MemoryStore\n"
        "from factorywager.flow import blocking; from factorywager.model import Ref, Secret\n"
        "from factorywager.services.scan.scan import Plan, scan\n"
        "o = Operations(MemoryStore()); blocking.run(o.set(Ref('s', 'n'), Secret('madeup_0123456789abcdef')))\n"
        "r = scan(o, Plan([sys.argv[1]]))\n"
        # not ru_maxrss, which begins with what the process that started this one had
        "peak = Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0]\n"
        "print(len(r.findings), r.bytes, peak)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(large)], capture_output=True, text=True, timeout=120, check=True
    )
    found, size, peak = map(int, done.stdout.split())
    assert (found, size) == (1, large.stat().st_size)
    assert peak < 300 << 10  # KiB
