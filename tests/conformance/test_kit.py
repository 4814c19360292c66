"""The suite itself: the guide's store passes it, and each store that breaks one rule fails it at that rule."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs/guides/testing.md"

# What a store does wrong: the code that makes it so, and a test that must notice.
BROKEN = {
    "forgets": ("def set(self, ref, value, terms, options):\n    yield from ()", "test_set_get_delete"),
    "is never empty": (
        "def get(self, ref, terms):\n    return (yield from super().get(ref, terms)) or Secret('x')",
        "test_a_missing_entry_is_none_and_deleting_it_is_false",
    ),
    "claims to have deleted": (
        "def delete(self, ref, terms):\n    yield from super().delete(ref, terms)\n    return True",
        "test_a_missing_entry_is_none_and_deleting_it_is_false",
    ),
    "keeps the first value": (
        "def set(self, ref, value, terms, options):\n"
        "    if (yield from self.get(ref, terms)) is None:\n"
        "        yield from super().set(ref, value, terms, options)",
        "test_set_replaces",
    ),
    "strips values": (
        "def get(self, ref, terms):\n"
        "    found = yield from super().get(ref, terms)\n"
        "    return found and Secret(found.reveal().strip())",
        "test_values_round_trip_exactly",
    ),
    "joins service and name": (
        "def get(self, ref, terms):\n    return (yield from super().get(_joined(ref), terms))\n"
        "def set(self, ref, value, terms, options):\n    yield from super().set(_joined(ref), value, terms, options)\n"
        "def delete(self, ref, terms):\n    return (yield from super().delete(_joined(ref), terms))",
        "test_a_slash_does_not_move_between_service_and_name",
    ),
    "lists nothing": ("def list(self, service, terms):\n    return []\n    yield", "test_list_tells_everything"),
    "gives a value away": (
        "def get(self, ref, terms):\n    raise ValueError('one')\n    yield",
        "test_set_get_delete",
    ),
}


def _guide() -> str:
    (example,) = re.findall(r"<!-- conformance -->\n```python\n(.*?)^```", GUIDE.read_text(), re.M | re.S)
    return example


def _pytest(directory: Path, code: str, *options: str) -> tuple[int, str]:
    (directory / "test_it.py").write_text(code)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--tb=no",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            ".",
            "-rf",
            *options,
            ".",
        ],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_guides_store_passes(tmp_path: Path) -> None:
    status, said = _pytest(tmp_path, _guide())
    assert status == 0, said
    passed = int(re.search(r"(\d+) passed", said)[1])
    assert passed > 120
    assert "skipped" not in said


def test_each_broken_store_fails(tmp_path: Path) -> None:
    code = "import pytest\nfrom factorywager import MemoryStore, Ref, Secret\n"
    code += "from factorywager.testing import StoreConformance\n"
    code += "def _joined(ref):\n    service, _, name = str(ref).partition('/')\n    return Ref(service, name)\n"
    for number, (methods, caught_by) in enumerate(BROKEN.values()):
        body = "\n".join(f"    {line}" for line in methods.splitlines())
        code += f"class Broken{number}(MemoryStore):\n{body}\n"
        code += f"class Test{number}(StoreConformance):\n"
        # only what has to notice: the whole suite on each of them would show nothing more
        code += f"    __test__ = True\n    store = pytest.fixture(lambda self: Broken{number}())\n"
        code += f"for name in dir(Test{number}):\n"
        code += f"    if name.startswith('test_') and not name.startswith({caught_by!r}):\n"
        code += f"        setattr(Test{number}, name, None)\n"
    status, said = _pytest(tmp_path, code)
    assert status == 1, said
    for number, (what, (_, caught_by)) in enumerate(BROKEN.items()):
        assert re.search(rf"FAILED test_it.py::Test{number}::{caught_by}", said), f"{what}\n{said}"


@pytest.mark.parametrize("name", ["StoreConformance", "no such thing"])
def test_names_are_imported_when_they_are_used(name: str) -> None:
    import factorywager.testing

    if name in factorywager.testing.__all__:
        assert getattr(factorywager.testing, name).__name__ == name
    else:
        with pytest.raises(AttributeError):
            getattr(factorywager.testing, name)


PLUGGED = """
from factorywager import Secrets
from factorywager.testing import KWALLET

def test_it(fake_secret_service):
    fake = fake_secret_service(KWALLET)
    fake.put("com.example", "token", b"one")
    assert Secrets("secret-service", timeout=10).get("com.example", "token") == "one"
"""

UNUSED = """
import sys

def test_it():
    own = [name for name in sys.modules if name.startswith("factorywager.")]
    assert sorted(own) == ["factorywager.testing", "factorywager.testing.plugin"]
    assert "jeepney" not in sys.modules
"""


@pytest.mark.parametrize("code", [PLUGGED, UNUSED], ids=["used", "unused"])
def test_the_plug_in(code: str, tmp_path: Path) -> None:
    """Found by its entry point; its fixture serves, and where nobody asks for it, nothing but itself is imported."""
    status, said = _pytest(tmp_path, code)
    assert status == 0, said
