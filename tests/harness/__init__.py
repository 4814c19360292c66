"""What the suites stand on: a private bus, the real daemons, real Bun, children, a search of their memory.

Nothing here sleeps and hopes: every wait is for a line, a bus name or a condition, and has a deadline.
"""
