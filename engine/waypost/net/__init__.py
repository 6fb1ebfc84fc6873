"""The drivers: the only code that imports event loops, sockets, clocks, the system's entropy."""
