"""`verb`: a method that is declared once and gives a value in one facade and an awaitable in the other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from . import blocking
from .request import Flow

P = ParamSpec("P")
T = TypeVar("T")


class Blocking:
    """Mix-in: this facade's verbs block and give their values."""

    @staticmethod
    def _drive(flow: Flow[T]) -> T:
        return blocking.run(flow)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _bind_verbs(cls)


class Asynchronous:
    """Mix-in: this facade's verbs are plain functions that give awaitables."""

    @staticmethod
    def _drive(flow: Flow[T]) -> Coroutine[Any, Any, T]:
        from . import asynchronous

        return asynchronous.run(flow)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _bind_verbs(cls)


class verb(Generic[P, T]):  # noqa: N801 - a decorator, read as one
    """Decorates a method that checks its arguments and returns a flow.

    The checks run when the verb is called, in both facades; the flow runs when it is driven.
    """

    def __init__(self, method: Callable[Concatenate[Any, P], Flow[T]]) -> None:
        self.method = method
        functools.update_wrapper(self, method)  # type: ignore[arg-type]

    # What a type checker sees; at run time `_bind_verbs` has put ordinary methods in the facades' place.
    @overload
    def __get__(self, instance: None, owner: type) -> Callable[Concatenate[Any, P], Flow[T]]: ...
    @overload
    def __get__(self, instance: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, instance: Asynchronous, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self.method if instance is None else functools.partial(self.method, instance)


def _bind_verbs(facade: type[Blocking] | type[Asynchronous]) -> None:
    """Give ``facade`` an ordinary method for each verb it inherits: fast to call, and right in ``help()``."""
    for name in dir(facade):
        declared = _declaration(facade, name)
        if isinstance(declared, verb):
            setattr(facade, name, _driven(declared.method, facade._drive))


def _declaration(owner: type, name: str) -> object:
    return next((vars(base)[name] for base in owner.__mro__ if name in vars(base)), None)


def _driven(method: Callable[..., Flow[T]], drive: Callable[[Flow[T]], Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return drive(method(self, *args, **kwargs))

    return call
