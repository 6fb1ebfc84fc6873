"""What a node tells about one subscription, in order, for a reader who may be a little behind."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Self

from waypost.errors import RpcError


class Subscription:
    """Notifications as an async iterator (see Notifications). It subscribes when it is opened.

    What comes after it is full is lost, so there it ends: what it holds is read, then `overflow`
    is raised.
    """

    def __init__(
        self,
        count_max: int,
        start: Callable[["Subscription"], Awaitable[None]],
        stop: Callable[["Subscription"], Awaitable[None]],
    ) -> None:
        self._count_max = count_max
        self._start = start
        self._stop = stop
        self._items: deque[Any] = deque()
        self._end: RpcError | None = None
        self._changed = asyncio.Event()
        self._opened = self._closed = False

    async def open(self) -> None:
        if not self._opened:
            self._opened = True
            await self._start(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        if self._closed:
            raise StopAsyncIteration
        await self.open()
        while not self._items:
            if self._end is not None:
                await self.aclose()
                raise self._end
            self._changed.clear()
            await self._changed.wait()
        return self._items.popleft()

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self.fail(RpcError("closed", "the subscription was closed"))
            await self._stop(self)

    def put(self, item: Any) -> None:
        """Hands on a notification, from the connection."""
        if self._end is not None:
            return
        if len(self._items) == self._count_max:
            self.fail(RpcError("overflow", f"{self._count_max} notifications wait to be read"))
            return
        self._items.append(item)
        self._changed.set()

    def fail(self, error: RpcError) -> None:
        """Ends it once what it holds is read."""
        self._end = self._end or RpcError(error.reason, error.detail)
        self._changed.set()
