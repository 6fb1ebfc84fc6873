"""`waypost.run`: asyncio.run on uvloop."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
with suppress(ImportError):  # uvloop does not exist for every system
    from uvloop import new_event_loop


def run(main: Coroutine[object, object, T]) -> T:
    """Runs a coroutine to its end, on uvloop where it is installed, and returns its result."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)
