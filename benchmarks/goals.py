"""What the project aims at; medians of one run on one machine, so ratios before times."""

from __future__ import annotations

from factorywager.services.bench.floor import PING_KEY
from factorywager.services.bench.goals import Goal

GOALS = (
    Goal("one warm get, blocking", "Bun.secrets", "library.get", "bun.get", 0.35),
    Goal("one warm get, blocking", "keyring-rs", "library.get", "keyring_rs.get", 0.55),
    Goal("one warm get, blocking", "the daemon's Ping", "library.get", PING_KEY, 1.6),
    Goal("one warm get, asyncio", "Bun.secrets", "library.async_get", "bun.get", 0.45),
    Goal("50 secrets, get_many", "Bun's Promise.all", "library.get_many_50", "bun.all_50", 0.08),
    Goal("50 secrets, get_many", "the daemon's GetSecrets", "library.get_many_50", "daemon.get_secrets_50", 1.3),
    Goal("50 gets in asyncio.gather", "Bun's Promise.all", "library.gather_50", "bun.all_50", 0.12),
    Goal("500 secrets, each", "each of 50", "library.get_many_500", "library.get_many_50_of_1000", 1.0, "each"),
    Goal("1,000 at once, throughput", "Bun's", "bun.all_1000", "library.gather_1000", 10.0, at_least=True),
    Goal("cached get, blocking", "", "library.cached_get", None, 1200.0, "ns"),
    Goal("cached get, blocking", "os.environ[…]", "library.cached_get", "environ.get", 1.0),
    Goal("cached 50, get_many", "", "library.cached_get_many_50", None, 80_000.0, "ns"),
    Goal("factorywager get, the process", "keyring get", "library.command", "keyring.command", 0.25),
    Goal("factorywager get, the process", "bun get.ts", "library.command", "bun.command", 4.0),
    Goal("its peak memory", "keyring get", "library.memory", "keyring.memory", 0.7),
    Goal("import factorywager", "an empty interpreter", "library.import", "python.import_nothing", 30e6, "over"),
    Goal("one among 10,000", "one among 10", "library.get_of_10000", "library.get_of_10", 1.3),
    Goal("vault: new process, key file", "EncryptedKeyring", "library.vault_process", "encrypted.process", 1.0),
    Goal("vault: new process, key file", "pass", "library.vault_process", "pass.process", 1.0),
    Goal("vault: new process, key file", "pykeepass", "library.vault_process", "pykeepass.process", 1.0),
    Goal("vault: new process, passphrase", "EncryptedKeyring", "library.vault_phrase", "encrypted.process", 1.0),
    Goal("vault: new process, passphrase", "pykeepass", "library.vault_phrase", "pykeepass.process", 1.0),
    Goal("vault: one warm get", "EncryptedKeyring", "library.vault_get", "encrypted.get", 1.0),
    Goal("vault: one warm get", "pass (a process)", "library.vault_get", "pass.process", 1.0),
    Goal("vault: one warm get", "pykeepass", "library.vault_get", "pykeepass.get", 1.0),
    Goal("vault: 1,000 secrets", "EncryptedKeyring", "library.vault_get_many_1000", "encrypted.get_1000", 1.0),
    Goal("vault: 1,000 secrets", "pass", "library.vault_get_many_1000", "pass.get_1000", 1.0),
    Goal("vault: 1,000 secrets", "pykeepass", "library.vault_get_many_1000", "pykeepass.get_1000", 1.0),
)
