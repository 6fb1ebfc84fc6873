"""JSON-RPC over connections that carry many requests at once, and dial again after a loss."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc.codec import answers_of, encode_batch, encode_call, result_of
from waypost.net.rpc.connection import Connection, Link
from waypost.net.rpc.subscription import Subscription
from waypost.trust.exchange import Answer, Call


class DuplexRpc:
    """A node behind one connection at a time. It is dialled at the first use, and after a loss."""

    def __init__(
        self, name: str, dial: Callable[[], Awaitable[Link]], config: RegistryConfig
    ) -> None:
        self.name = name
        self._dial = dial
        self._config = config
        self._ids = itertools.count(1)
        self._connection: Connection | None = None
        self._dialling = asyncio.Lock()
        self._in_flight = asyncio.Semaphore(config.in_flight_count_max)

    async def request(self, call: Call) -> Any:
        id_ = next(self._ids)
        return result_of(await self._exchange(encode_call(call, id_), [id_]), id_)

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        if not calls:
            return []
        ids = [next(self._ids) for _ in calls]
        return answers_of(await self._exchange(encode_batch(calls, ids), ids), ids)

    def subscribe(self, *params: Any) -> Subscription:
        """The notifications of an eth_subscribe with these parameters (see Notifications)."""

        async def start(subscription: Subscription) -> None:
            id_ = next(self._ids)
            message = encode_call(Call("eth_subscribe", list(params)), id_)
            document = await self._exchange(message, [id_], subscription)
            if not isinstance(result_of(document, id_), str):
                raise RpcError("bad-answer", "a subscription without a name")

        return Subscription(self._config.notification_count_max, start, self._unsubscribe)

    async def close(self) -> None:
        async with self._dialling:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None

    async def _unsubscribe(self, subscription: Subscription) -> None:
        if self._connection and (name := self._connection.leave(subscription)):
            # Where it fails the node is gone or will be: either way nobody hears more.
            with suppress(RpcError):
                await self.request(Call("eth_unsubscribe", [name]))

    async def _exchange(
        self, message: bytes, ids: Sequence[int], subscription: Subscription | None = None
    ) -> Any:
        """What the node answers to a message, before the deadline. Raises RpcError."""
        try:
            async with asyncio.timeout(self._config.request_timeout_s), self._in_flight:
                connection = await self._connected()
                return await connection.exchange(message, ids, subscription)
        except TimeoutError:
            waited_s = self._config.request_timeout_s
            raise RpcError("timeout", f"{self.name} did not answer in {waited_s:g} s") from None

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.lost:
            async with self._dialling:  # once for all who wait
                if self._connection is None or self._connection.lost:
                    self._connection = Connection(await self._dial())
        return self._connection
