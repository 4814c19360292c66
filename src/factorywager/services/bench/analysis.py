"""What the figures mean, beside what the guide says they would be."""

from __future__ import annotations

from collections.abc import Mapping

from .floor import PING_KEY
from .measure import Result
from .report import quantity, significant


def analysis(store: str, results: Mapping[str, Result]) -> list[str]:
    """Sentences for people.

    Args:
        store: the name of the store that was measured.
        results: by the key of their case.
    """
    one, fifty = results["library.get"].median, results["library.get_many_50"].median
    said = [
        f"The guide promises 0.4 - 1.2 µs for one secret and 80 - 180 µs for fifty. "
        f"Measured here, from the {store} store: {quantity(one)} and {quantity(fifty)}."
    ]
    ping = results.get(PING_KEY)
    if ping is not None:
        said.append(
            f"The store is another process: the shortest question and answer, a Ping, takes {quantity(ping.median)}, "
            f"and nothing that asks it can be faster. One read takes {significant(one / ping.median)} times that, "
            f"and fifty together {significant(fifty / ping.median)} times."
        )
    environ = results["environ.get"].median
    said.append(
        f"The guide's figures are those of a copy in the program's memory: os.environ[…] takes {quantity(environ)}. "
        f"A read from the store takes {significant(one / environ)} times as long, not ten times."
    )
    said.append(_cached(results))
    dotenv = results.get("dotenv.parse_50")
    if dotenv is not None:
        said.append(
            f"Parsing a .env file of fifty lines takes {quantity(dotenv.median)}, and leaves the values on the disk; "
            f"fifty secrets from the store take {significant(fifty / dotenv.median)} times that."
        )
    cold, empty = results.get("library.process"), results.get("python.process")
    if cold is not None and empty is not None:
        said.append(
            f"What a program notices is its start: a new interpreter that imports this library and reads one secret "
            f"takes {quantity(cold.median)}, of which {quantity(empty.median)} are the interpreter's."
        )
    return said


def _cached(results: Mapping[str, Result]) -> str:
    one, fifty = (results[f"library.cached_{what}"].median for what in ("get", "get_many_50"))
    return (
        f"Only a cache in the program can do that. This library's is off unless asked for (cache=60), keeps values in "
        f"locked memory and drops them when the store says that something changed: {quantity(one)} for one secret "
        f"and {quantity(fifty)} for fifty."
    )
