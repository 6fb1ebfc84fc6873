"""`waypost.run`: asyncio.run on uvloop; waiting, and what is done meanwhile."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

T = TypeVar("T")

Interrupted = asyncio.CancelledError
"""What ends a running coroutine when its user presses Ctrl-C."""

new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
with suppress(ImportError):  # uvloop does not exist for every system
    from uvloop import new_event_loop


def run(main: Coroutine[object, object, T]) -> T:
    """Runs a coroutine to its end, on uvloop where it is installed, and returns its result."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)


def stop_signal() -> asyncio.Event:
    """Set at SIGINT or SIGTERM, which from now on do nothing else."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def until(condition: Callable[[], bool], wait_s: float) -> bool:
    """Whether a condition held within so many seconds; it is looked at fifty times a second."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while not condition():
        if loop.time() >= deadline:
            return False
        await asyncio.sleep(0.02)
    return True


@asynccontextmanager
async def meanwhile(action: Callable[[], object], interval_s: float) -> AsyncIterator[None]:
    """Within it something is done again and again, so many seconds apart."""

    async def repeat() -> None:
        while True:
            await asyncio.sleep(interval_s)
            action()

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
