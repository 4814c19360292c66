"""docs/reference/cli.md taken apart: its sections, and the schema of each command's JSON document."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text()

# "### `vault init`" up to the next heading
SECTIONS = dict(re.findall(r"^### `([a-z -]+)`\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S))


def schema(name: str) -> dict[str, Any]:
    """The one of a command."""
    (block,) = re.findall(r"```json schema\n(.*?)```", SECTIONS[name], re.S)
    return json.loads(block)


def problems(name: str, document: Any) -> list[str]:
    """Where a document is not as the page says that this command's are."""
    shared = [DRAFT202012.create_resource(schema(each)) for each in ("vault status", "scan")]
    validator = Draft202012Validator(schema(name), registry=shared @ Registry(), format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(document)]
