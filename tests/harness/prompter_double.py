"""A double of ``org.gnome.keyring.SystemPrompter``: takes the place of the dialog on the screen, and of nothing else.

Usage: ``prompter_double.py ANSWER...``; each answer serves one prompt, the last one all that follow:

    password:TEXT   type TEXT and press OK        confirm   press OK
    dismiss         press Cancel                  hang      leave the dialog on the screen
    die             crash while it is shown

A dialog left on the screen is answered, whatever it is, by calling ``Answer(s)`` of ``com.example.PrompterDouble``.

Prints READY once it owns the name, then one JSON line for each dialog shown.

The prompts' protocol is gcr 3.41's (gcr-system-prompter.c); a password travels in gcr's secret exchange
(gcr-secret-exchange.c, ``sx-aes-1``: Diffie-Hellman over the 1536-bit MODP group, HKDF-SHA256, AES-128-CBC).
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7
from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_call,
    new_method_return,
)
from jeepney.io.blocking import DBusConnection, open_dbus_connection

_NAME = "org.gnome.keyring.SystemPrompter"
_PROMPTER = "org.gnome.keyring.internal.Prompter"
_CALLBACK = f"{_PROMPTER}.Callback"
_HAND = "com.example.PrompterDouble"  # the user's, who comes back to the dialog later

# RFC 3526, group 5; the generator is 2
_PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA237327FFFFFFFFFFFFFFFF",
    16,
)
_PRIME_BYTES = 192


class Exchange:
    """One side of gcr's secret exchange."""

    def __init__(self) -> None:
        self._private = secrets.randbelow(_PRIME - 3) + 2
        self._key = b""

    def begin(self) -> str:
        public = pow(2, self._private, _PRIME).to_bytes(_PRIME_BYTES, "big").lstrip(b"\0")
        return f"[sx-aes-1]\npublic={_base64(public)}\n"

    def receive(self, text: str) -> None:
        fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        peer = int.from_bytes(base64.b64decode(fields["public"]), "big")
        # gcr drops leading zeros here (egg-dh.c): about one exchange in 256 differs from what RFC 2631 would pad
        shared = pow(peer, self._private, _PRIME).to_bytes(_PRIME_BYTES, "big").lstrip(b"\0")
        self._key = HKDF(SHA256(), 16, salt=None, info=b"").derive(shared)

    def send(self, text: str) -> str:
        vector = os.urandom(16)
        padder = PKCS7(128).padder()
        padded = padder.update(text.encode()) + padder.finalize()
        encryptor = Cipher(algorithms.AES(self._key), modes.CBC(vector)).encryptor()
        sealed = encryptor.update(padded) + encryptor.finalize()
        return f"{self.begin()}secret={_base64(sealed)}\niv={_base64(vector)}\n"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


class PrompterDouble:
    def __init__(self, connection: DBusConnection, answers: list[str]) -> None:
        self._connection = connection
        self._answers = answers
        self._exchanges: dict[str, Exchange] = {}
        self._open: tuple[Message, str] | None = None

    def serve(self) -> None:
        while True:
            message = self._connection.receive()
            if message.header.message_type is MessageType.method_call:
                self._handle(message)

    def _handle(self, message: Message) -> None:
        fields = message.header.fields
        match fields.get(HeaderFields.interface), fields[HeaderFields.member]:
            case "org.freedesktop.DBus.Peer", "Ping":
                self._connection.send(new_method_return(message))
            case str(interface), "BeginPrompting" if interface == _PROMPTER:
                (callback,) = message.body
                self._connection.send(new_method_return(message))
                exchange = self._exchanges[callback] = Exchange()
                self._ready(message, callback, "", {}, exchange.begin())
            case str(interface), "PerformPrompt" if interface == _PROMPTER:
                self._perform(message)
            case str(interface), "StopPrompting" if interface == _PROMPTER:
                (callback,) = message.body
                self._connection.send(new_method_return(message))
                self._exchanges.pop(callback, None)
                self._call(message, callback, "PromptDone")
            case str(interface), "Answer" if interface == _HAND and self._open is not None:
                self._connection.send(new_method_return(message))
                self._answer(*self._open, *message.body)
            case _:
                self._connection.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))

    def _perform(self, message: Message) -> None:
        callback, kind, properties, peer = message.body
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        shown = {name: value for name, (_, value) in properties.items()}
        print(json.dumps({"kind": kind, "answer": answer.partition(":")[0], **shown}), flush=True)
        if answer == "die":
            os._exit(3)
        self._connection.send(new_method_return(message))
        self._exchanges[callback].receive(peer)
        self._open = (message, callback)
        self._answer(message, callback, answer)

    def _answer(self, message: Message, callback: str, answer: str) -> None:
        exchange = self._exchanges[callback]
        match answer.partition(":"):
            case "password", _, text:
                # a strength of 0 would mean "blank password" where a new keyring is being made
                self._ready(message, callback, "yes", {"password-strength": ("i", 1)}, exchange.send(text))
            case "confirm", _, _:
                self._ready(message, callback, "yes", {}, exchange.send(""))
            case "dismiss", _, _:
                self._ready(message, callback, "no", {}, exchange.begin())

    def _ready(self, message: Message, callback: str, reply: str, properties: dict, exchange: str) -> None:
        self._call(message, callback, "PromptReady", "sa{sv}s", (reply, properties, exchange))

    def _call(self, message: Message, path: str, member: str, signature: str | None = None, body: tuple = ()) -> None:
        address = DBusAddress(path, message.header.fields[HeaderFields.sender], _CALLBACK)
        self._connection.send(new_method_call(address, member, signature, body))


if __name__ == "__main__":
    bus = open_dbus_connection("SESSION")
    bus.send_and_get_reply(message_bus.RequestName(_NAME))
    print("READY", flush=True)
    PrompterDouble(bus, sys.argv[1:]).serve()
