"""Writing entries: into the default collection, as Bun's, several in one piece."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import InteractionNotAllowedError, LockedError, PlatformError, StoreError, UnavailableError
from ...flow import Flow
from ...model import Ref, Secret
from ...protocols import secret_service as api
from ...protocols.received import Received
from ..store import Terms
from .link import Link
from .prompts import Prompts
from .translate import STORE, checked

_NO_COLLECTION_HINT = (
    "create one by logging in to the desktop, or headless with "
    "`printf %s PASSWORD | gnome-keyring-daemon --unlock --components=secrets`; or use --store vault"
)


def write_each(
    link: Link, service: str, values: Mapping[str, Secret], prompts: Prompts, terms: Terms
) -> Flow[dict[str, StoreError | None]]:
    """Write entries, each for itself; gives what became of each, ``None`` for those that are stored.

    Raises:
        StoreError: there is no collection to write to, or it stays locked; then nothing more was written.
    """
    collection = yield from _collection(link, prompts, terms)
    outcomes = yield from _write(link, collection, service, values, prompts, terms)
    locked = {name: values[name] for name, error in outcomes.items() if isinstance(error, LockedError)}
    if locked:
        yield from prompts.unlock(link, [collection], terms)
        outcomes |= yield from _write(link, collection, service, locked, prompts, terms)
    return outcomes


def _write(
    link: Link, collection: str, service: str, values: Mapping[str, Secret], prompts: Prompts, terms: Terms
) -> Flow[dict[str, StoreError | None]]:
    calls = []
    for name, value in values.items():
        ref = Ref(service, name)
        secret = api.Ciphertext(link.session, *link.key.encrypt(value), "text/plain")
        calls += [api.create_item(collection, ref, secret), api.search(api.attributes(ref))]
    replies = yield from link.ask_all(calls, terms.deadline)
    outcomes: dict[str, StoreError | None] = {}
    for name, created, matching in zip(values, replies[::2], replies[1::2], strict=True):
        try:
            yield from _finish(link, collection, created, matching, prompts, terms)
            outcomes[name] = None
        except StoreError as error:
            outcomes[name] = error
    return outcomes


def _finish(
    link: Link, collection: str, created: Received, matching: Received, prompts: Prompts, terms: Terms
) -> Flow[None]:
    item, prompt = api.object_and_prompt(checked(created))
    if prompt != api.NO_PATH:
        yield from prompts.run(link, prompt, terms)
        return
    if item == api.NO_PATH:
        raise PlatformError("the daemon acknowledged the entry without creating it", store=STORE)
    # CreateItem replaces one item.  Others that match in the same collection would make the entry ambiguous.
    unlocked, _ = api.found(checked(matching))
    twins = [path for path in unlocked if path != item and api.collection_of(path) == collection]
    yield from link.ask_all([api.delete_item(path) for path in twins], terms.deadline)


def _collection(link: Link, prompts: Prompts, terms: Terms) -> Flow[str]:
    """The collection to write to; created, by the daemon's prompt for its password, where there is none."""
    collection = yield from link.default_collection(terms.deadline)
    if collection is not None:
        return collection
    reply = yield from link.ask(api.create_collection("Login", "default"), terms.deadline)
    created, prompt = api.object_and_prompt(reply)
    if prompt != api.NO_PATH:
        try:
            yield from prompts.run(link, prompt, terms)
        except InteractionNotAllowedError:
            raise UnavailableError(
                "the secret service has no default collection to store in", hint=_NO_COLLECTION_HINT, store=STORE
            ) from None
        created = (yield from link.default_collection(terms.deadline)) or api.NO_PATH
    if created == api.NO_PATH:
        raise UnavailableError("the default collection was not created", hint=_NO_COLLECTION_HINT, store=STORE)
    return created
