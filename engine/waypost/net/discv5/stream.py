"""What happens in a node, as an async iterator with a bound."""

import asyncio
from collections import deque
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Stream(Generic[T]):
    """Items in order. Where the reader is count_max behind, the oldest are dropped and counted.

    It ends when it is closed and what it held is read.
    """

    def __init__(self, count_max: int) -> None:
        self.dropped = 0
        self._items: deque[T] = deque()
        self._count_max = count_max
        self._closed = False
        self._changed = asyncio.Event()

    def put(self, item: T) -> None:
        """Adds an item."""
        if len(self._items) == self._count_max:
            self._items.popleft()
            self.dropped += 1
        self._items.append(item)
        self._changed.set()

    def close(self) -> None:
        """Lets the reader finish."""
        self._closed = True
        self._changed.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while not self._items:
            if self._closed:
                raise StopAsyncIteration
            await self._change()
        return self._items.popleft()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
