"""`Items`: the generic passwords of the user's keychains, through ``SecItem…``; every method blocks.

The entries are Bun's own (semantics §2): ``kSecAttrService`` is the service, ``kSecAttrAccount`` the name, the data
UTF-8.  New ones go to the default keychain, which is the login keychain unless the user changed that; the others are
looked for in the user's whole search list, as Bun does.
"""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import byref, c_void_p
from typing import TYPE_CHECKING

from ...model import Info, Ref, Secret
from .access import unrestricted_access
from .frameworks import Frameworks
from .pool import Pool
from .translate import DUPLICATE_ITEM, ITEM_NOT_FOUND, STORE, SUCCESS, translate

if TYPE_CHECKING:
    from datetime import datetime

Infos = list[Info]  # inside the class, `list` is a method


class Items:
    """What can be done with entries.  Every method raises a `StoreError` where the status says so.

    Args:
        frameworks: already within an `Interaction.during`.
    """

    def __init__(self, frameworks: Frameworks) -> None:
        self._frameworks = frameworks

    def get(self, ref: Ref) -> Secret | None:
        with Pool(self._frameworks) as pool:
            data = self._find(pool, self._entry(pool, ref.service, ref.name), "kSecReturnData", "kSecMatchLimitOne")
            return None if data is None else pool.secret(data)

    def exists(self, ref: Ref) -> bool:
        """Whether there is such an entry; needs no dialog, since it reads attributes only."""
        with Pool(self._frameworks) as pool:
            entry = self._entry(pool, ref.service, ref.name)
            return self._find(pool, entry, "kSecReturnAttributes", "kSecMatchLimitOne") is not None

    def add(self, ref: Ref, value: Secret, unrestricted: bool) -> bool:
        """Write a new entry; gives ``False``, and changes nothing, where there is one already."""
        constant = self._frameworks.constant
        with Pool(self._frameworks) as pool:
            attributes = self._entry(pool, ref.service, ref.name)
            attributes[constant("kSecValueData")] = pool.data(value)
            if unrestricted:
                attributes[constant("kSecAttrAccess")] = unrestricted_access(pool, self._frameworks, ref)
            return self._happened(
                self._frameworks.sec.SecItemAdd(pool.dictionary(attributes), None), unless=DUPLICATE_ITEM
            )

    def update(self, ref: Ref, value: Secret) -> bool:
        """Give an entry another value; ``False`` where there is none.

        The query says which entry and nothing else: a value or an access in it would be looked for.
        """
        with Pool(self._frameworks) as pool:
            changes = pool.dictionary({self._frameworks.constant("kSecValueData"): pool.data(value)})
            query = pool.dictionary(self._entry(pool, ref.service, ref.name))
            return self._happened(self._frameworks.sec.SecItemUpdate(query, changes), unless=ITEM_NOT_FOUND)

    def delete(self, ref: Ref) -> bool:
        with Pool(self._frameworks) as pool:
            query = pool.dictionary(self._entry(pool, ref.service, ref.name))
            return self._happened(self._frameworks.sec.SecItemDelete(query), unless=ITEM_NOT_FOUND)

    def list(self, service: str | None) -> Infos:
        """Entries by their attributes: all with their data at once is refused with -50.

        An item that has no service or no account (other programs make such) cannot be an entry and is left out; of
        several that are one entry, in several keychains, the first is the one that `get` reads.
        """
        with Pool(self._frameworks) as pool:
            found = self._find(pool, self._entry(pool, service, None), "kSecReturnAttributes", "kSecMatchLimitAll")
            if found is None:
                return []
            pool.expect(found, "CFArray")
            infos: dict[Ref, Info] = {}
            for info in self._described(pool, found):
                infos.setdefault(Ref(info.service, info.name), info)
            return [infos[ref] for ref in sorted(infos)]

    # --- within -------------------------------------------------------------------------------

    def _entry(self, pool: Pool, service: str | None, name: str | None) -> dict[int, int]:
        """What says which entry, or entries, are meant."""
        constant = self._frameworks.constant
        entry = {constant("kSecClass"): constant("kSecClassGenericPassword")}
        if service is not None:
            entry[constant("kSecAttrService")] = pool.text(service)
        if name is not None:
            entry[constant("kSecAttrAccount")] = pool.text(name)
        return entry

    def _find(self, pool: Pool, entry: dict[int, int], wanted: str, limit: str) -> int | None:
        constant = self._frameworks.constant
        query = entry | {constant(wanted): self._frameworks.true, constant("kSecMatchLimit"): constant(limit)}
        result = c_void_p()
        status = self._frameworks.sec.SecItemCopyMatching(pool.dictionary(query), byref(result))
        return pool.own(result.value) if self._happened(status, unless=ITEM_NOT_FOUND) else None

    def _happened(self, status: int, *, unless: int) -> bool:
        if status in (SUCCESS, unless):
            return status == SUCCESS
        with Pool(self._frameworks) as pool:
            words = self._frameworks.sec.SecCopyErrorMessageString(status, None)
            raise translate(status, pool.read_text(pool.own(words)) if words else "")

    def _described(self, pool: Pool, array: int) -> Iterator[Info]:
        cf, constant = self._frameworks.cf, self._frameworks.constant
        for index in range(cf.CFArrayGetCount(array)):
            item = cf.CFArrayGetValueAtIndex(array, index)
            pool.expect(item, "CFDictionary")
            service = cf.CFDictionaryGetValue(item, constant("kSecAttrService"))
            name = cf.CFDictionaryGetValue(item, constant("kSecAttrAccount"))
            if not (pool.is_a(service, "CFString") and pool.is_a(name, "CFString")):
                continue
            created = self._moment(pool, cf.CFDictionaryGetValue(item, constant("kSecAttrCreationDate")))
            modified = self._moment(pool, cf.CFDictionaryGetValue(item, constant("kSecAttrModificationDate")))
            yield Info(pool.read_text(service), pool.read_text(name), STORE, created, modified)

    def _moment(self, pool: Pool, date: int | None) -> datetime | None:
        """A CFDate, which counts seconds since 2001."""
        if not pool.is_a(date, "CFDate"):
            return None
        from datetime import UTC, datetime, timedelta

        return datetime(2001, 1, 1, tzinfo=UTC) + timedelta(seconds=self._frameworks.cf.CFDateGetAbsoluteTime(date))
