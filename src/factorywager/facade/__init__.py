"""What ``aio.py`` and ``blocking.py`` have in common, which is nearly everything."""
