"""Out of files and into a store, as a transaction: planned, written, read back, and only then the files are changed.

A killed migration is resumed or undone.  What holds at every instruction, and why: docs/adr/0006-migration.md.
"""
