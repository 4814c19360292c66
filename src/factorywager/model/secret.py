"""`Secret`: a value that does not show itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentTypeError, ArgumentValueError, CorruptError
from .locked import LockedBuffer

if TYPE_CHECKING:
    from datetime import datetime

REDACTED = "**********"


class Secret:
    """A credential's value, kept in locked memory and shown by nothing but ``reveal`` and ``lease``.

    ``repr``, ``str``, ``format``, logging, tracebacks with locals, ``json`` (``default=str``),
    ``dataclasses.asdict`` and pydantic's dumps show ``**********``; pickling is refused; ``==`` takes the
    same time wherever the difference is.

    Args:
        value: text, or the bytes of its UTF-8 form.  The bytes are copied; a ``bytearray`` can be zeroed by its
            owner afterwards, a ``str`` or ``bytes`` cannot, and stays in Python's heap until that is reused.

    Attributes:
        expires: when it ends to be valid, as the store it was read from says (the vault); an aware time, or ``None``.

    Raises:
        ArgumentTypeError: the value is neither.
        ArgumentValueError: the text has a lone surrogate, so no UTF-8 form.
    """

    __slots__ = ("_buffer", "expires")

    expires: datetime | None

    def __init__(self, value: str | bytes | bytearray | memoryview) -> None:
        if isinstance(value, str):
            try:
                value = value.encode()
            except UnicodeEncodeError:
                # `from None`: UnicodeEncodeError carries the whole value in its `object`
                raise ArgumentValueError("Expected 'value' to be text that UTF-8 can encode") from None
        elif not isinstance(value, (bytes, bytearray, memoryview)):
            raise ArgumentTypeError("Expected 'value' to be a string")
        with memoryview(value).cast("B") as source:
            self._buffer = LockedBuffer(len(source))
            self._buffer.view[:] = source
        self.expires = None

    @classmethod
    def adopt(cls, buffer: LockedBuffer, expires: datetime | None = None) -> Secret:
        """Take over a buffer that a store has just decrypted into; no byte is copied."""
        secret = cls.__new__(cls)
        secret._buffer = buffer
        secret.expires = expires
        return secret

    def reveal(self) -> str:
        """The value as an ordinary string, which Python cannot zero.

        Raises:
            CorruptError: the bytes are not UTF-8 (another program wrote something that is not text).
            SecretReleasedError: wiped, or inherited by a forked child.
        """
        try:
            return str(self._buffer.view, "utf-8")
        except UnicodeDecodeError:
            raise CorruptError(
                "the value is not UTF-8 text", hint="it was written by another program; lease() gives its bytes"
            ) from None

    @contextmanager
    def lease(self) -> Iterator[memoryview]:
        """The bytes, read-only, for the length of a ``with`` block; released at its end and the secret wiped."""
        view = self._buffer.view.toreadonly()
        try:
            yield view
        finally:
            view.release()
            self.wipe()

    @property
    def bytes(self) -> memoryview:
        """The bytes, read-only, for stores to encrypt from.  ``release()`` it before the secret is wiped."""
        return self._buffer.view.toreadonly()

    @property
    def empty(self) -> bool:
        """Whether the value has no bytes; the one thing about its length that is ever asked."""
        return len(self._buffer.view) == 0

    def wipe(self) -> None:
        """Zero the value now; any later use raises `SecretReleasedError`."""
        self._buffer.wipe()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest

        return compare_digest(self._buffer.view, other._buffer.view)

    __hash__ = None  # type: ignore[assignment]  # a hash would tell equal secrets apart from others

    def __repr__(self) -> str:
        return f"Secret({REDACTED!r})"

    def __str__(self) -> str:
        return REDACTED

    def __format__(self, spec: str) -> str:
        return format(REDACTED, spec)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:  # dataclasses.asdict copies every field
        return self

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret cannot be pickled: that would write its value out")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Lets pydantic models have `Secret` fields: text is taken in, ``**********`` is dumped to JSON."""
        from pydantic_core import PydanticCustomError, core_schema

        def validate(value: Any) -> Secret:
            try:
                return value if isinstance(value, cls) else cls(value)
            except ArgumentTypeError:  # pydantic would let a TypeError through, past its own ValidationError
                raise PydanticCustomError("secret_type", "Input should be text or a Secret") from None

        return core_schema.no_info_plain_validator_function(
            validate,
            serialization=core_schema.plain_serializer_function_ser_schema(str, when_used="json"),
        )
