"""The files in which developers keep credentials: one module per format, bytes in, `Found` values out, no I/O."""
