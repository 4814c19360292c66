"""Each program reads in its file what is read here, before a migration and after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from factorywager.protocols.formats.found import rewritten
from factorywager.protocols.formats.registry import by_name

from .programs import PROGRAMS, Place, Program
from .registry_double import RegistryDouble


@pytest.fixture(scope="module")
def registry() -> Iterator[RegistryDouble]:
    registry = RegistryDouble()
    yield registry
    registry.close()


@pytest.fixture
def place(tmp_path: Path, registry: RegistryDouble) -> Place:
    return Place(tmp_path, registry)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_the_program_reads_what_is_read_here(program: Program, place: Place) -> None:
    raw = program.sample.replace("{port}", str(place.registry.port)).encode()
    told = program.read(place, raw)
    assert all(told.values())
    founds = [found for found in by_name(program.format).read(raw, "any", {}) if found.key in told]
    assert {found.key: found.value for found in founds} == told


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_the_program_reads_what_is_written_here(program: Program, place: Place) -> None:
    """Text by text for all of its secrets at once: what a migration does, and what an undone one would."""
    raw = program.sample.replace("{port}", str(place.registry.port)).encode()
    secrets = program.read(place, raw)
    founds = [found for found in by_name(program.format).read(raw, "any", {}) if found.key in secrets]
    for text in program.texts:
        changed = rewritten(raw, [(found, text) for found in founds])
        assert program.read(place, changed) == dict.fromkeys(secrets, text)
