"""Where bytes leave and enter the process."""
