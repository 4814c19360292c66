"""Finding the items that are an entry, choosing among several, and reading what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...errors import AmbiguousError, CorruptError, LockedError, PlatformError
from ...flow import Deadline, Flow
from ...model import Ref, Secret
from ...protocols import secret_service as api
from ...protocols.received import Received
from ...protocols.session import BadCiphertextError
from ..store import Terms
from .link import Link
from .prompts import UNLOCK_HINT, Prompts
from .reads import MOST_IN_A_CALL
from .translate import STORE, StaleSessionError, VanishedError, checked

if TYPE_CHECKING:
    from datetime import datetime

# Then the entry is searched for: where others change something without end, there would be new items without end.
_MOST_TRIES = 3


class Matches(NamedTuple):
    """Paths of the items that a search found."""

    unlocked: list[str]
    locked: list[str]

    @property
    def all(self) -> list[str]:
        return self.unlocked + self.locked


def search(link: Link, attributes: Mapping[str, str], prompts: Prompts, terms: Terms) -> Flow[Matches]:
    """What matches, in every collection.  "Nothing" is only said of collections that could be looked into."""
    yield from reveal_default(link, prompts, terms)
    matches = Matches(*api.found((yield from link.ask(api.search(attributes), terms.deadline))))
    if not matches.all and (yield from reveal_hidden(link, prompts, terms)):
        matches = Matches(*api.found((yield from link.ask(api.search(attributes), terms.deadline))))
    return matches


def search_service(link: Link, service: str | None, prompts: Prompts, terms: Terms) -> Flow[list[str]]:
    """All of a service's items, or all of Bun's, unlocked where need be: a locked one says only hashes of itself."""
    yield from reveal_hidden(link, prompts, terms)
    matches = yield from search(link, api.attributes_of_service(service), prompts, terms)
    if matches.locked:
        yield from prompts.unlock(link, matches.locked, terms)
    return matches.all


def reveal_default(link: Link, prompts: Prompts, terms: Terms) -> Flow[None]:
    """Unlock KeePassXC's default collection before it is searched: a search of locked databases only shows a dialog,
    to whoever is there, and blocks the program until it is answered.

    Raises:
        AccessError: it stays locked.
    """
    if link.daemon.is_keepassxc:
        default = yield from link.default_collection(terms.deadline)
        if default is not None and _is_locked((yield from link.ask(api.collection_locked(default), terms.deadline))):
            yield from prompts.unlock(link, [default], terms)


def reveal_hidden(link: Link, prompts: Prompts, terms: Terms) -> Flow[bool]:
    """Unlock the collections that may hold what a search did not find; gives whether there were any.

    A locked default collection always counts: what is stored goes there.  Of the others, GNOME Keyring's count not,
    since it searches locked ones by hashed attributes; KeePassXC finds nothing in a locked database.

    Raises:
        AccessError: there are some and they stay locked.
    """
    deadline = terms.deadline
    paths = yield from link.collections(deadline)
    replies = yield from link.ask_all([api.collection_locked(path) for path in paths], deadline)
    locked = [path for path, reply in zip(paths, replies, strict=True) if _is_locked(reply)]
    if not locked:
        return False
    default = yield from link.default_collection(deadline)
    if link.daemon.is_gnome:
        locked = [path for path in locked if path == default]
    if locked:
        yield from prompts.unlock(link, locked, terms)
        yield from _expect_unlocked(link, locked, deadline)
    return bool(locked)


def _expect_unlocked(link: Link, collections: Sequence[str], deadline: Deadline) -> Flow[None]:
    """Raise `LockedError` where what the daemon says it unlocked is locked: it would seem empty, or full of hashes."""
    replies = yield from link.ask_all([api.collection_locked(path) for path in collections], deadline)
    if any(_is_locked(reply) for reply in replies):
        raise LockedError("the keyring stays locked", hint=UNLOCK_HINT, store=STORE)


def choose(link: Link, matches: Matches, deadline: Deadline) -> Flow[list[str]]:
    """Of the items that are one entry, those to read: what ``set`` would have written comes first.

    The default collection's, even where they are locked and others are not: reading another one instead would
    give a value that was replaced long ago.  Elsewhere unlocked ones come first, as in libsecret.
    """
    if len(matches.all) > 1:
        default = yield from link.default_collection(deadline)
        own = [path for path in matches.all if api.collection_of(path) == default]
        if own:
            return own
    return matches.unlocked or matches.locked


def read_known(link: Link, ref: Ref, deadline: Deadline) -> Flow[Secret | None]:
    """The value of an entry whose item is known, in one round trip; ``None`` where it has to be searched for.

    The reply counts only if the item was still known to be the entry when it came (see `KnownPaths`).
    """
    paths = link.paths
    for _ in range(_MOST_TRIES):
        epoch = paths.epoch
        path = paths.find(ref)
        if path is None:
            return None
        strangers = list(paths.strangers)
        if strangers:
            calls = [*map(api.item_attributes, strangers), api.get_secret(path, link.session)]
            *introductions, reply = yield from link.ask_all(calls, deadline)
            paths.introduce(strangers, _refs(introductions), epoch)
            try:
                encrypted = api.secret(checked(reply))
            except (LockedError, VanishedError):
                encrypted = None
        else:
            encrypted = yield link.reads.read(path, deadline)
        if encrypted is None:
            paths.forget(ref)
        elif paths.find(ref) == path and not paths.changed(path, epoch) and not paths.strangers:
            return decrypt(link, encrypted)
    return None


def read_entry(link: Link, ref: Ref, paths: Sequence[str], epoch: int, deadline: Deadline) -> Flow[Secret]:
    """The value of one entry, by the items that have been found to be it since ``epoch``.

    Raises:
        AmbiguousError: several items are that entry, and they disagree.
        LockedError, VanishedError: an item is locked, or no longer that entry, by now.
    """
    values = list((yield from read_many(link, dict.fromkeys(paths, ref), epoch, deadline)).values())
    first, others = values[0], values[1:]
    agree = all(first == other for other in others)
    for value in others if agree else values:
        value.wipe()
    if not agree:
        raise AmbiguousError(
            f"{len(paths)} items match and have different values",
            hint="store the right value again: `factorywager set` removes the others in the default collection",
            store=STORE,
        )
    return first


def read_many(link: Link, items: Mapping[str, Ref], epoch: int, deadline: Deadline) -> Flow[dict[str, Secret]]:
    """The values of many items by path, in one round trip, where nothing has changed since ``epoch``.

    The daemon silently leaves out what is locked or gone: those are asked for one by one, for their error; and so
    are those that another program has changed since they were found, together with which entry they are.
    """
    encrypted = yield from fetch(link, list(items), deadline)
    doubtful = [path for path in items if path not in encrypted or link.paths.changed(path, epoch)]
    calls = [call for path in doubtful for call in (api.get_secret(path, link.session), api.item_attributes(path))]
    replies = yield from link.ask_all(calls, deadline)
    for path, reply, ref in zip(doubtful, replies[::2], _refs(replies[1::2]), strict=True):
        encrypted[path] = api.secret(checked(reply))
        if ref != items[path]:
            raise VanishedError(path)
    secrets = {path: decrypt(link, encrypted[path]) for path in items}
    empty = [path for path, secret in secrets.items() if secret.empty]
    if empty and link.daemon.is_kwallet:
        yield from _explain(link, empty[0], deadline)
    return secrets


def _explain(link: Link, path: str, deadline: Deadline) -> Flow[None]:
    """Say why KWallet gives an empty value, since no entry has one (semantics §1.2).

    It does for every item of a wallet that was closed between our search and our reading; and, for ever after, for
    one that it had not written to its file yet when it was killed.

    Raises:
        LockedError: the wallet is closed.
        CorruptError: the value is lost.
    """
    collection = api.collection_of(path)
    if _is_locked((yield from link.ask(api.collection_locked(collection), deadline))):
        raise LockedError(
            "the keyring was locked while it was read",
            hint="unlock it in your desktop's keyring program",
            store=STORE,
        )
    raise CorruptError(
        "the value is lost: KWallet ended before it had written it to its file",
        hint="store the value again with `factorywager set`, or delete the entry",
        store=STORE,
    )


def fetch(link: Link, paths: Sequence[str], deadline: Deadline) -> Flow[dict[str, api.Ciphertext]]:
    """What the daemon gives of many items by path, in one round trip.

    Of a call that fails as a whole, because of one item that is gone (KWallet) or locked (KeePassXC), it is nothing.
    """
    calls = [
        api.get_secrets(paths[start : start + MOST_IN_A_CALL], link.session)
        for start in range(0, len(paths), MOST_IN_A_CALL)
    ]
    encrypted: dict[str, api.Ciphertext] = {}
    for reply in (yield from link.ask_all(calls, deadline)):
        try:
            encrypted |= api.secrets(checked(reply))
        except (LockedError, VanishedError, PlatformError):
            continue
    return encrypted


def describe(link: Link, paths: Sequence[str], deadline: Deadline) -> Flow[list[api.Item]]:
    """What items say of themselves; items that are gone by now are left out."""
    replies = yield from link.ask_all([api.item_properties(path) for path in paths], deadline)
    items = []
    for path, reply in zip(paths, replies, strict=True):
        try:
            items.append(api.item(path, checked(reply)))
        except VanishedError:
            continue
    return items


def identify(link: Link, paths: Sequence[str], deadline: Deadline) -> Flow[dict[str, Ref]]:
    """Which entries items are; those that are none of Bun's, or gone by now, are left out."""
    refs = {path: link.paths.ref(path) for path in paths}
    unknown = [path for path, ref in refs.items() if ref is None]
    replies = yield from link.ask_all([api.item_attributes(path) for path in unknown], deadline)
    refs |= zip(unknown, _refs(replies), strict=True)
    return {path: ref for path, ref in refs.items() if ref is not None}


def meet_strangers(link: Link, deadline: Deadline) -> Flow[None]:
    """Ask items that appeared, or changed, which entries they are."""
    epoch = link.paths.epoch
    strangers = list(link.paths.strangers)
    replies = yield from link.ask_all([api.item_attributes(path) for path in strangers], deadline)
    link.paths.introduce(strangers, _refs(replies), epoch)


def _refs(replies: Sequence[Received]) -> list[Ref | None]:
    refs: list[Ref | None] = []
    for reply in replies:
        try:
            refs.append(api.ref_of(api.property_value(checked(reply), "a{ss}")))
        except VanishedError:
            refs.append(None)
    return refs


def delete_item(link: Link, path: str, prompts: Prompts, terms: Terms) -> Flow[None]:
    """Remove one item, by a prompt where the daemon wants one (KeePassXC, for every item)."""
    prompt = api.one_path((yield from link.ask(api.delete_item(path), terms.deadline)))
    if prompt != api.NO_PATH:
        try:
            yield from prompts.run(link, prompt, terms)
        except VanishedError:  # of the prompt, which says nothing of the item: the caller looks again
            raise StaleSessionError("the prompt is gone") from None


def decrypt(link: Link, encrypted: api.Ciphertext) -> Secret:
    """The value, in locked memory."""
    try:
        return link.key.decrypt(encrypted.iv, encrypted.value)
    except BadCiphertextError:
        # KWallet before 6.25 now and then derives another key than we do; a new session is the remedy.
        raise StaleSessionError("the session's keys differ") from None


def _is_locked(reply: Received) -> bool:
    try:
        return bool(api.property_value(checked(reply), "b"))
    except VanishedError:
        return False


def moment(seconds: int) -> datetime | None:
    """An item's time; ``None`` where the daemon keeps none."""
    if seconds == 0:
        return None
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # a date in no calendar
        return None
