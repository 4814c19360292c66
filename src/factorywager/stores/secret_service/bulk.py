"""Reading many entries of a service: one round trip where their items are known, one more where not."""

from __future__ import annotations

from collections.abc import Sequence

from ...flow import Flow
from ...model import Ref, Secret
from ...protocols import secret_service as api
from ..store import Terms
from .items import (
    Matches,
    choose,
    decrypt,
    fetch,
    identify,
    meet_strangers,
    read_entry,
    read_many,
    reveal_default,
    reveal_hidden,
    search_service,
)
from .link import Link
from .prompts import Prompts
from .translate import checked

# A list made while others change something is made again, so often; after that it may lack what moved meanwhile.
_MOST_LISTINGS = 10


def read_service(
    link: Link, service: str, names: Sequence[str] | None, prompts: Prompts, terms: Terms
) -> Flow[dict[str, Secret]]:
    """Values by name; of the names that were asked for, or of all; absent ones are left out."""
    if names is None:
        for _ in range(_MOST_LISTINGS):
            epoch = link.paths.epoch
            found = yield from _all(link, service, prompts, terms)
            if epoch == link.paths.epoch:  # else an entry may have moved to an item that was looked at before
                break
        return (yield from _read(link, service, found, epoch, prompts, terms))
    values = yield from _read_known(link, service, names, terms)
    rest = [name for name in names if name not in values]
    if rest:
        epoch = link.paths.epoch
        found = yield from _named(link, service, rest, prompts, terms)
        values |= yield from _read(link, service, found, epoch, prompts, terms)
    return values


def _read_known(link: Link, service: str, names: Sequence[str], terms: Terms) -> Flow[dict[str, Secret]]:
    """What can be had without searching; a path counts if it is still known once the reply is here."""
    paths = link.paths
    yield from meet_strangers(link, terms.deadline)
    epoch = paths.epoch
    known = {ref: path for name in names if (path := paths.find(ref := Ref(service, name))) is not None}
    encrypted = yield from fetch(link, list(known.values()), terms.deadline)
    if paths.strangers:
        return {}
    return {
        ref.name: decrypt(link, encrypted[path])
        for ref, path in known.items()
        if path in encrypted and paths.find(ref) == path and not paths.changed(path, epoch)
    }


def _read(
    link: Link, service: str, found: dict[str, Matches], epoch: int, prompts: Prompts, terms: Terms
) -> Flow[dict[str, Secret]]:
    """The values of what was found since ``epoch``; what has one item is remembered."""
    deadline = terms.deadline
    chosen: dict[str, Sequence[str]] = {}
    for name, matches in found.items():
        chosen[name] = yield from choose(link, matches, deadline)
    locked = [path for name, paths in chosen.items() for path in paths if path in found[name].locked]
    if locked:
        yield from prompts.unlock(link, locked, terms)
    single = {name: paths[0] for name, paths in chosen.items() if len(paths) == 1}
    items = {path: Ref(service, name) for name, path in single.items()}
    secrets = yield from read_many(link, items, epoch, deadline)
    values = {name: secrets[path] for name, path in single.items()}
    for name, paths in chosen.items():
        if name not in single:
            values[name] = yield from read_entry(link, Ref(service, name), paths, epoch, deadline)
    for name, path in single.items():
        if len(found[name].all) == 1:
            link.remember(Ref(service, name), path, epoch)
    return values


def _named(link: Link, service: str, names: Sequence[str], prompts: Prompts, terms: Terms) -> Flow[dict[str, Matches]]:
    yield from reveal_default(link, prompts, terms)
    names = [name for name in names if link.daemon.keeps_name(Ref(service, name))]
    searches = [api.search(api.attributes(Ref(service, name))) for name in names]
    while True:
        replies = yield from link.ask_all(searches, terms.deadline)
        found = {name: Matches(*api.found(checked(reply))) for name, reply in zip(names, replies, strict=True)}
        if all(matches.all for matches in found.values()) or not (yield from reveal_hidden(link, prompts, terms)):
            return {name: matches for name, matches in found.items() if matches.all}


def _all(link: Link, service: str, prompts: Prompts, terms: Terms) -> Flow[dict[str, Matches]]:
    paths = yield from search_service(link, service, prompts, terms)
    found: dict[str, Matches] = {}
    for path, ref in (yield from identify(link, paths, terms.deadline)).items():
        if ref.service == service:
            found.setdefault(ref.name, Matches([], [])).unlocked.append(path)
    return found
