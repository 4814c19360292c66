"""Writing entries: into the default collection, as Bun's, several in one piece."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import (
    InteractionNotAllowedError,
    LockedError,
    PlatformError,
    StoreError,
    UnavailableError,
)
from ...flow import Flow
from ...model import Ref, Secret
from ...protocols import secret_service as api
from ...protocols.received import Received
from ..store import Terms
from .items import Matches, delete_item, reveal_default
from .link import Link
from .prompts import Prompts
from .translate import EXPOSE_HINT, STORE, VanishedError, checked

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
    outcomes: dict[str, StoreError | None] = {
        name: _unkeepable() for name in values if not link.daemon.keeps_name(Ref(service, name))
    }
    values = {name: value for name, value in values.items() if name not in outcomes}
    collection = yield from _collection(link, prompts, terms)
    if link.daemon.is_keepassxc:
        yield from reveal_default(link, prompts, terms)
        for name, value in values.items():
            outcomes[name] = yield from _attempt(_place(link, collection, Ref(service, name), value, prompts, terms))
        return outcomes
    outcomes |= yield from _write(link, collection, service, values, prompts, terms)
    locked = {name: values[name] for name, error in outcomes.items() if isinstance(error, LockedError)}
    if locked:
        yield from prompts.unlock(link, [collection], terms)
        outcomes |= yield from _write(link, collection, service, locked, prompts, terms)
    return outcomes


def _attempt(step: Flow[None]) -> Flow[StoreError | None]:
    """What went wrong in one entry's step, which must not fail those of the others."""
    try:
        yield from step
    except StoreError as error:
        return error
    return None


def _write(
    link: Link, collection: str, service: str, values: Mapping[str, Secret], prompts: Prompts, terms: Terms
) -> Flow[dict[str, StoreError | None]]:
    """Create or replace items, all in one round trip."""
    calls = []
    for name, value in values.items():
        ref = Ref(service, name)
        secret = _encrypted(link, value)
        calls += [api.create_item(collection, ref, secret), api.search(api.attributes(ref))]
    replies = yield from link.ask_all(calls, terms.deadline)
    outcomes: dict[str, StoreError | None] = {}
    for name, created, matching in zip(values, replies[::2], replies[1::2], strict=True):
        outcomes[name] = yield from _attempt(_finish(link, collection, created, matching, prompts, terms))
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
    unlocked, locked = api.found(checked(matching))
    if item not in (*unlocked, *locked) and link.daemon.is_kwallet:
        # After a kill KWallet may have an item of this label without attributes (as if it had died between writing its
        # two files).  CreateItem then replaces its value and drops the attributes it is given: nobody ever finds it.
        yield from delete_item(link, item, prompts, terms)
        raise VanishedError("the daemon created an item that cannot be found")
    # CreateItem replaces one item.  Others that match in the same collection would make the entry ambiguous.
    twins = [path for path in unlocked if path != item and api.collection_of(path) == collection]
    yield from link.ask_all([api.delete_item(path) for path in twins], terms.deadline)


def _place(link: Link, collection: str, ref: Ref, value: Secret, prompts: Prompts, terms: Terms) -> Flow[None]:
    """Write one entry into KeePassXC.

    CreateItem asks the user, whatever the settings are, before it replaces an item that another connection created;
    SetSecret asks nobody where this program may read the item.  For an item that is new, CreateItem asks nobody, but
    does its work only when its prompt is run.
    """
    matches = Matches(*api.found((yield from link.ask(api.search(api.attributes(ref)), terms.deadline))))
    own = [path for path in matches.all if api.collection_of(path) == collection]
    secret = _encrypted(link, value)
    if not own:
        created = yield from link.ask(api.create_item(collection, ref, secret), terms.deadline)
        _, prompt = api.object_and_prompt(created)
        yield from prompts.run(link, prompt, terms, silent=True)
        return
    item, *twins = own
    if item in matches.locked:
        yield from prompts.unlock(link, [item], terms)
    yield from link.ask(api.set_secret(item, secret), terms.deadline)
    for twin in twins:
        yield from delete_item(link, twin, prompts, terms)


def _encrypted(link: Link, value: Secret) -> api.Ciphertext:
    return api.Ciphertext(link.session, *link.key.encrypt(value), link.daemon.content_type(value))


def _unkeepable() -> PlatformError:
    return PlatformError(
        "the daemon would store it under another name: one begins with a byte order mark or has control characters",
        hint="choose a name without them, or use --store vault",
        store=STORE,
    )


def _collection(link: Link, prompts: Prompts, terms: Terms) -> Flow[str]:
    """The collection to write to; created, by the daemon's prompt for its password, where there is none."""
    collection = yield from link.default_collection(terms.deadline)
    if collection is not None:
        return collection
    if link.daemon.is_keepassxc:
        # CreateCollection would open its dialog for a new database.
        raise UnavailableError(
            "KeePassXC has no open database that it shows to other programs", hint=EXPOSE_HINT, store=STORE
        )
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
