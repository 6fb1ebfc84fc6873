"""Rings when something may have happened on a chain, so that whoever wants to know looks."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc import Rpc, Subscribing


class Bell:
    """Rings at each notification of these subscriptions, and when none came for a while.

    Without a node that notifies it rings at intervals. What a notification says is not looked at,
    so one that is lost, made up or told twice does no harm. `closed` is called when it is closed.
    """

    def __init__(
        self,
        rpc: Rpc,
        subscriptions: Sequence[Sequence[Any]],
        config: RegistryConfig,
        closed: Callable[["Bell"], None],
    ) -> None:
        self._rpc = rpc
        self._subscriptions = subscriptions
        self._config = config
        self._on_closed = closed
        self._rung = asyncio.Event()
        self._open_count = 0
        self._listeners: list[asyncio.Task[None]] | None = None
        self._closed = False

    async def wait(self, interval_s: float | None = None) -> None:
        """Until it rings; in these intervals (config.watch_interval_s) without notifications.

        Raises RpcError (`closed`).
        """
        self._listen()
        live = self._open_count == len(self._subscriptions)
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
            self._listeners = (
                [asyncio.create_task(self._hear(self._rpc, each)) for each in self._subscriptions]
                if isinstance(self._rpc, Subscribing)
                else []
            )

    async def _hear(self, rpc: Subscribing, params: Sequence[Any]) -> None:
        """Subscribes, and again after each loss."""
        while True:
            notifications = rpc.subscribe(*params)
            is_open = False
            try:
                await notifications.open()
                is_open = True
                self._open_count += 1
                self._rung.set()  # something may have happened before
                async for _ in notifications:
                    self._rung.set()
            except RpcError:
                pass
            finally:
                self._open_count -= is_open
                await notifications.aclose()
            await asyncio.sleep(self._config.watch_interval_s)
