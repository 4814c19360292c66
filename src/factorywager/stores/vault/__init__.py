"""The vault: one encrypted, transactional, multi-process file (docs/adr/0002-vault-engine.md)."""
