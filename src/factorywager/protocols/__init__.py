"""Formats and conversations, as tables and pure functions: nothing here does I/O."""
