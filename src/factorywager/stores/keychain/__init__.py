"""The macOS Keychain."""
