"""How a benchmark speaks with a process of a peer: lines of text over its pipes.

A server writes its record once it can be reached, and ends with its input. A client is given the
server's record, reads lines "<in flight> <seconds>", and answers each with a rate per second.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter

PROTOCOL, PAYLOAD = b"echo", bytes(4)  # of every TALKREQ
PATIENCE_S = 5.0  # after the end of a round, for its last answers


async def serve(record: str) -> None:
    print(record, flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def measure(talk: Callable[[], Awaitable[object]]) -> None:
    """A client of whatever `talk` does once."""
    await talk()
    while line := await asyncio.to_thread(sys.stdin.readline):
        in_flight, seconds = line.split()
        print(await rate(talk, int(in_flight), float(seconds)), flush=True)


async def rate(talk: Callable[[], Awaitable[object]], in_flight: int, seconds: float) -> float:
    """How often a second it is done by so many that do it again and again."""
    count, start = 0, perf_counter()
    end = start + seconds

    async def again() -> None:
        nonlocal count
        while perf_counter() < end:
            await talk()
            count += 1

    async with asyncio.timeout(seconds + PATIENCE_S):  # a twin waits for ever
        await asyncio.gather(*(again() for _ in range(in_flight)))
    return count / (perf_counter() - start)
