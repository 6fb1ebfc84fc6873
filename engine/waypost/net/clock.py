"""The clocks that drivers hand to the machines."""

import time
from collections.abc import Callable

monotonic: Callable[[], float] = time.monotonic
"""Seconds that never go back; the same clock as asyncio's."""


wall_clock: Callable[[], float] = time.time
"""Seconds since 1970; it may be set back."""


def wall_clock_s() -> int:
    """Seconds since 1970."""
    return int(time.time())


def wall_clock_ms() -> int:
    """Milliseconds since 1970: the first sequence number of a record: restarts raise it."""
    return time.time_ns() // 1_000_000
