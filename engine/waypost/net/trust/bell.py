"""Rings when something may have happened on a chain, so that whoever wants to know looks."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc import Subscribing
from waypost.net.rpc.protocol import Notifications
from waypost.net.trust.sources import Source, Sources


class Bell:
    """Rings at each notification of these subscriptions, and when none came for a while.

    They are those of the node that is asked first; where that one does not notify it rings at
    intervals. What a notification says is not looked at, so one that is lost, made up or told
    twice does no harm. `closed` is called when it is closed.
    """

    def __init__(
        self,
        sources: Sources,
        subscriptions: Sequence[Sequence[Any]],
        config: RegistryConfig,
        closed: Callable[["Bell"], None],
    ) -> None:
        self._sources = sources
        self._subscriptions = subscriptions
        self._config = config
        self._on_closed = closed
        self._rung = asyncio.Event()
        self._heard: dict[int, Source] = {}  # who notifies, by the subscription
        self._listeners: list[asyncio.Task[None]] | None = None
        self._closed = False

    async def wait(self, interval_s: float | None = None) -> None:
        """Until it rings; in these intervals (config.watch_interval_s) without notifications.

        Raises RpcError (`closed`).
        """
        self._listen()
        live = all(
            self._heard.get(index) is self._sources.preferred
            for index in range(len(self._subscriptions))
        )
        wait_s = interval_s or self._config.watch_interval_s
        try:
            async with asyncio.timeout(self._config.watch_silence_s_max if live else wait_s):
                await self._rung.wait()
        except TimeoutError:
            pass
        if self._closed:
            raise RpcError("closed", "the registry was closed")
        self._rung.clear()

    async def aclose(self) -> None:
        """Unsubscribes; who waits gets an RpcError. Closing twice is fine."""
        self._closed = True
        self._rung.set()
        self._on_closed(self)
        for listener in self._listeners or ():
            listener.cancel()
        await asyncio.gather(*self._listeners or (), return_exceptions=True)

    def _listen(self) -> None:
        if self._listeners is None and not self._closed:
            self._listeners = [
                asyncio.create_task(self._hear(index, params))
                for index, params in enumerate(self._subscriptions)
                if self._sources.may_notify
            ]

    async def _hear(self, index: int, params: Sequence[Any]) -> None:
        """Subscribes, and again after each loss, at the node that is asked first by then."""
        while True:
            source = self._sources.preferred
            if isinstance(source.rpc, Subscribing):
                await self._hear_from(source, source.rpc.subscribe(*params), index)
            if source is self._sources.preferred:
                await asyncio.sleep(self._config.watch_interval_s)

    async def _hear_from(self, source: Source, notifications: Notifications, index: int) -> None:
        """Rings for these notifications, until they end or another node is to be asked first."""
        try:
            await notifications.open()
            self._heard[index] = source
            self._rung.set()  # something may have happened before
            async for _ in notifications:
                self._rung.set()
                if source is not self._sources.preferred:
                    break
        except RpcError:
            pass
        finally:
            if self._heard.pop(index, None):
                self._rung.set()  # who waits looks, and finds out which node is well
            await notifications.aclose()
