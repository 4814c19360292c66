"""Windows Credential Manager, through advapi32: the very entries that Bun writes there (semantics §2)."""
