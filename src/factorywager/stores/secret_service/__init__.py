"""The Linux Secret Service: GNOME Keyring, KWallet, KeePassXC, spoken to over D-Bus without libsecret."""
