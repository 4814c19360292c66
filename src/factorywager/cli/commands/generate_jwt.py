"""Makes a signing key (32 random bytes, as 64 hexadecimal digits) and stores it under `jwt-signing-key`.

A key that is there already is kept: every token it signed would become invalid.  `--force` replaces it.
"""

from __future__ import annotations

from ...services import catalogue, jwt
from ..arguments import Parser
from ..session import Session

SUMMARY = "make and store a JWT signing key"


def arguments(parser: Parser) -> None:
    parser.add_argument("--force", action="store_true", help="replace a key that is there already")
    parser.add_argument("--show", action="store_true", help="print the key")


def run(session: Session) -> int:
    ref = session.ref(catalogue.JWT_KEY)
    replaced = session.run(jwt.generate(session.operations, ref, force=session.options.force))
    document = {"service": ref.service, "name": ref.name, "store": session.store, "replaced": replaced}
    session.output.note(f"stored a new key of {8 * jwt.KEY_BYTES} bits as {ref} in the {session.store} store")
    if session.options.show:
        key = session.run(session.operations.require(ref))
        if session.options.json:
            session.output.json(document | {"value": key.reveal()})
        else:
            with key.lease() as view:
                session.output.value(view)
    elif session.options.json:
        session.output.json(document)
    return 0
