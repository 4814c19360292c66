"""A process that uses a vault: ``crew.py HOME write WORKER COUNT`` or ``crew.py HOME create``.

Says READY, waits for a line, and works; so that many of them begin at the same moment.
"""

from __future__ import annotations

import sys

from vault.workshop import VaultStore, put, read

home, task, *rest = sys.argv[1:]
store = VaultStore(home)
print("READY", flush=True)
sys.stdin.readline()
if task == "create":
    created: list[str] = []
    store.on_created = created.append
    put(store, f"from-{rest[0]}", f"made-up-{rest[0]}")
    print("CREATED" if created else "ADOPTED", flush=True)
else:
    worker, count = rest
    for number in range(int(count)):
        put(store, f"worker-{worker}-{number}", f"made-up-{worker}-{number}")
        put(store, "shared", f"made-up-{worker}-{number}")
        assert read(store, f"worker-{worker}-{number}") == f"made-up-{worker}-{number}"
    print("DONE", flush=True)
store.close()
