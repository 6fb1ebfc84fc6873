"""What the processes of a soak share: where they connect from, and whom they report to."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextvars import ContextVar

import uvloop

home: ContextVar[str] = ContextVar("home", default="127.0.0.1")
"""The address of the loopback that connections come from."""


class HomeLoop(uvloop.Loop):
    """Connects from `home`: limits of an address are for one, and a crowd lives at many."""

    async def create_connection(self, protocol_factory, host=None, port=None, **options):
        options.setdefault("local_addr", (home.get(), 0))
        return await super().create_connection(protocol_factory, host, port, **options)


def address(part: int, number: int) -> str:
    """One of the loopback's, of a part of the soak."""
    return f"127.{part}.{number // 250 % 250}.{number % 250 + 1}"


async def waited(stop: asyncio.Event, delay_s: float) -> bool:
    """Whether it is set by then."""
    try:
        async with asyncio.timeout(max(0.0, delay_s)):
            return await stop.wait()
    except TimeoutError:
        return False


class Wire:
    """Between a process and whoever began it: lines of JSON out, words in."""

    def __init__(self) -> None:
        self._reader = asyncio.StreamReader()

    async def open(self) -> str:
        """The first line."""
        loop = asyncio.get_running_loop()
        protocol = asyncio.StreamReaderProtocol(self._reader)
        await loop.connect_read_pipe(lambda: protocol, sys.stdin)
        return (await self._reader.readline()).decode()

    def tell(self, **said: object) -> None:
        print(json.dumps(said), flush=True)

    async def words(self) -> AsyncIterator[str]:
        """What comes until "stop", or until nobody is there any more."""
        while (word := (await self._reader.readline()).decode().strip()) and word != "stop":
            yield word

    async def stopped(self) -> None:
        async for _ in self.words():
            pass
