"""The hybrid strategy: the store first (development), then the environment (deployment), then a clear error."""

from __future__ import annotations

import os
import warnings

from ..errors import NotFoundError, StoreError, UnreadableWarning
from ..flow import Flow
from ..model import Ref, Secret
from . import references
from .operations import Operations


def resolve(operations: Operations, ref: Ref, variable: str) -> Flow[Secret]:
    """The value of ``ref``, or of the environment variable where the store has none.

    A store that fails does not stop the search, and is not passed over either: with the variable set there is one
    `UnreadableWarning`, without it the store's own error is raised.

    A reference, in either place, is followed: a file that `migrate --replace` has changed serves as an environment.

    Raises:
        NotFoundError: neither place has it; the message names both.  Or the entry referred to is not there.
        ConflictError: references lead in a circle.
        StoreError: the store failed and the variable is not set.
    """
    try:
        found = yield from operations.get(ref)
        failure = None
    except StoreError as error:
        found, failure = None, error
    if found is not None:
        return (yield from references.follow(operations, found))
    value = os.environ.get(variable)
    if value:
        if failure is not None:
            warnings.warn(
                f"{ref} is taken from ${variable} because the store failed: {failure}", UnreadableWarning, stacklevel=2
            )
        return (yield from references.follow(operations, Secret(value)))
    if failure is not None:
        raise failure
    raise NotFoundError(
        f"found neither in the store nor in the environment variable {variable}",
        hint=f"store it with `factorywager set {ref.name} --service {ref.service}`, or set {variable}",
        store=operations.store.name,
        service=ref.service,
        name=ref.name,
    )
