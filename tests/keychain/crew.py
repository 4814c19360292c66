"""A process that uses the double: ``crew.py CORE_FOUNDATION SECURITY DIRECTORY TASK WORKER``.

Says READY, waits for a line, and works; so that many of them begin at the same moment.
"""

from __future__ import annotations

import ctypes
import sys

from factorywager.blocking import Secrets
from factorywager.flow import Deadline
from factorywager.flow.blocking import run
from factorywager.model import Ref, Secret
from factorywager.stores.keychain.store import KeychainStore
from factorywager.stores.store import Options, Terms

SERVICE = "com.example.keychain.crew"

foundation, security, directory, task, worker = sys.argv[1:]
ctypes.CDLL(security).double_open(directory.encode(), b"this-python")
store = KeychainStore(foundation, security)
secrets = Secrets(store, interactive=False)
print("READY", flush=True)
sys.stdin.readline()
if task == "create":
    flow = store.create(Ref(SERVICE, "shared"), Secret(worker), Terms(Deadline(20), False), Options())
    print("CREATED" if run(flow) else "ADOPTED", flush=True)
elif task == "write":
    for number in range(40):
        secrets.set(SERVICE, f"{worker}-{number}", f"made-up-{number}")
        secrets.set(SERVICE, "contended", worker * 1000)
        secrets.delete(SERVICE, "contended")
    print("DONE", flush=True)
else:  # until it is killed, telling what is stored for good
    number = 0
    while True:
        number += 1
        secrets.set(SERVICE, worker, f"{number:08}" * 500)
        print("STORED", number, flush=True)
