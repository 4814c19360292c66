"""What other keepers of secrets wrote here: recognised by target, user name and comment.

============== ================================================== ============================== ========
writer         target                                             comment                        blob
============== ================================================== ============================== ========
python-keyring ``SERVICE``; ``NAME@SERVICE`` for all users of a   ``Stored using python-keyring`` UTF-16
               service but the one that was written last
keyring-rs     ``NAME.SERVICE``                                   none, or ``keyring-rs …``      UTF-16
go-keyring     ``SERVICE:NAME``                                   none                           UTF-8
============== ================================================== ============================== ========

All have the name as the user name.  keytar's credentials are Bun's own to the last field, so `get` reads them.

Sources: python-keyring 25 (``backends/Windows.py``), keytar 7.10 and keyring-rs 4 as seen running under Wine,
go-keyring's ``keyring_windows.go``.
"""

from __future__ import annotations

from ...errors import CorruptError
from ...model import Foreign, Secret
from . import advapi, entry
from .translate import STORE


def recognise(credential: advapi.Credential) -> tuple[str, str, str] | None:
    """Writer, service and name of a credential in one of the forms above; ``None`` for every other."""
    target, name, comment = credential.target or "", credential.user or "", credential.comment or ""
    if credential.type != advapi.GENERIC or not name or not _encodable(target):
        return None
    if comment == entry.KEYRING_COMMENT:
        found = ("python-keyring", target.removeprefix(f"{name}@"), name)
    elif entry.ref(credential) is not None or (comment and not comment.startswith("keyring-rs ")):
        return None
    elif target.startswith(f"{name}."):
        found = ("keyring-rs", target[len(name) + 1 :], name)
    elif target.endswith(f":{name}") and not comment:
        found = ("go-keyring", target[: -len(name) - 1], name)
    else:
        return None
    return found if all(found) else None


def list_foreign(service: str | None) -> list[Foreign]:
    """Every recognised credential.

    Of a user that was written again python-keyring leaves the value before under the compound target, and reads the
    other: so does this.
    """
    with advapi.enumerate_credentials(None) as credentials:
        found = [
            Foreign(*known, STORE, credential.target, modified=entry.moment(credential.written))
            for credential in credentials
            if (known := recognise(credential)) is not None and service in (None, known[1])
        ]
    current = {each[:3] for each in found if each.handle == each.service}
    return sorted(each for each in found if each.handle == each.service or each[:3] not in current)


def read_foreign(wanted: Foreign) -> Secret | None:
    with advapi.read(wanted.handle) as credential:
        if credential is None or recognise(credential) != wanted[:3]:
            return None
        blob = credential.take()
    if wanted.writer == "go-keyring":
        return Secret.adopt(blob)
    try:
        return Secret(str(blob.view, "utf-16-le"))
    except UnicodeError:
        raise CorruptError(
            f"the value is not the UTF-16 text that {wanted.writer} writes",
            hint="read it with the program that wrote it",
            store=STORE,
        ) from None
    finally:
        blob.wipe()


def delete_foreign(wanted: Foreign) -> bool:
    """With the value before, where python-keyring has left one: it would be taken for the present one."""
    removed = _delete(wanted.handle, wanted)
    if wanted.writer == "python-keyring":
        _delete(f"{wanted.name}@{wanted.service}", wanted)
    return removed


def _delete(target: str, wanted: Foreign) -> bool:
    with advapi.read(target) as credential:
        ours = credential is not None and recognise(credential) == wanted[:3]
    return ours and advapi.delete(target)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character, which Windows does not mind
        return False
    return True
