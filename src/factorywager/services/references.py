"""References: a text that stands where a secret stood, and says which entry holds it now.

``fw://SERVICE/NAME``, both percent-encoded.  It names no store: the one in use is asked, so that a file with
references serves every machine.
"""

from __future__ import annotations

from ..errors import ConflictError, CorruptError
from ..flow import Flow
from ..model import Ref, Secret
from ..model.ref import SCHEME
from .operations import Operations

_SCHEME = SCHEME.encode()
_LONGEST = 4096  # bytes; a longer value is not looked at twice


def written(ref: Ref) -> str:
    """The reference to an entry."""
    from urllib.parse import quote

    return f"{SCHEME}{quote(ref.service, safe='')}/{quote(ref.name, safe='')}"


def is_reference(text: str) -> bool:
    """Whether a text is meant as a reference, well-formed or not."""
    return text.startswith(SCHEME)


def parse(text: str) -> Ref:
    """The entry that a reference names.

    Raises:
        CorruptError: it is no reference.  What it says is not repeated: it may be a mistake for a secret.
    """
    from urllib.parse import unquote

    service, _, name = text.removeprefix(SCHEME).partition("/")
    try:
        ref = Ref(unquote(service, errors="strict"), unquote(name, errors="strict"))
    except UnicodeDecodeError:
        ref = Ref("", "")
    if not text.startswith(SCHEME) or "/" in name or not all(ref) or "\0" in text or "\0" in f"{ref}":
        raise CorruptError(
            "this is no reference to an entry", hint=f"a reference is {SCHEME}SERVICE/NAME, both percent-encoded"
        )
    return ref


def follow(operations: Operations, value: Secret) -> Flow[Secret]:
    """What a value stands for: itself, or the value of the entry that it refers to, which may refer to another one.

    A value that was followed is wiped.

    Raises:
        NotFoundError: it refers to an entry that is not there.
        ConflictError: the references lead in a circle.
        CorruptError: it begins like a reference and is none.
    """
    seen: list[Ref] = []
    while (text := _text(value)) is not None:
        value.wipe()
        ref = parse(text)
        if ref in seen:
            raise ConflictError(
                "the references lead in a circle",
                hint="store the value itself in one of these entries: " + ", ".join(map(str, seen)),
                store=operations.store.name,
                service=ref.service,
                name=ref.name,
            )
        seen.append(ref)
        value = yield from operations.require(ref)
    return value


def _text(value: Secret) -> str | None:
    """The text of a value that is a reference; of any other nothing leaves locked memory."""
    with value.bytes as view:
        if len(view) > _LONGEST or view[: len(_SCHEME)] != _SCHEME:
            return None
    return value.reveal()
