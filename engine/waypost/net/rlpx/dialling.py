"""Dials: one a node at a time, shared by all who want it, and why one failed."""

import asyncio
from collections.abc import Callable
from typing import Any

from waypost._ext.digest import keccak256
from waypost.config import HostConfig
from waypost.errors import LinkError
from waypost.net.rlpx.channel import Channel
from waypost.net.rlpx.link import Link
from waypost.rlpx.basics import Reason, spoken
from waypost.rlpx.connection import Disconnected

_CROSSING_S = 1.0  # for the peer's dial, which it kept in the place of ours, to come through


class Dialler:
    """Makes channels by channel_to(point), and is told by `arrived` of every link that opens."""

    def __init__(self, channel_to: Callable[[bytes], Channel], config: HostConfig) -> None:
        self._channel_to = channel_to
        self._config = config
        self._tasks: dict[bytes, asyncio.Task[Link]] = {}
        self._arrivals: dict[bytes, asyncio.Future[Link]] = {}

    async def dial(self, point: bytes, host: str, port: int) -> Link:
        """The link to a node, point 64 bytes. Raises LinkError."""
        node_id = keccak256(point)
        task = self._tasks.get(node_id)
        if task is None:
            if len(self._tasks) >= self._config.dial_count_max:
                raise LinkError(
                    "too-many", "as many dials run as dial_count_max allows: await some"
                )
            task = asyncio.create_task(self._dial(point, host, port))
            self._tasks[node_id] = task
            self._arrivals[node_id] = asyncio.get_running_loop().create_future()
            task.add_done_callback(lambda done: self._done(node_id, done))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and not _is_cancelled():
                raise LinkError("closed", "the host was closed before the peer answered") from None
            raise

    def arrived(self, link: Link) -> None:
        """A link has opened, in whichever direction."""
        arrival = self._arrivals.get(link.node_id)
        if arrival is not None and not arrival.done():
            arrival.set_result(link)

    def close(self) -> None:
        """Ends all dials. Who waits for one gets a LinkError."""
        for task in self._tasks.values():
            task.cancel()

    def _done(self, node_id: bytes, task: asyncio.Task[Link]) -> None:
        del self._tasks[node_id], self._arrivals[node_id]
        if not task.cancelled():
            task.exception()  # is seen, should nobody wait any more

    async def _dial(self, point: bytes, host: str, port: int) -> Link:
        arrival = self._arrivals[keccak256(point)]
        try:
            channel = await self._connect(point, host, port)
        except LinkError:
            if arrival.done():  # the peer could reach us
                return arrival.result()
            raise
        either: set[asyncio.Future[Any]] = {arrival, channel.ended}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not arrival.done() and channel.ended.result().reason == Reason.ALREADY_CONNECTED:
            await asyncio.wait({arrival}, timeout=_CROSSING_S)
        if arrival.done():
            return arrival.result()
        raise _error(channel.ended.result(), f"{host} port {port}")

    async def _connect(self, point: bytes, host: str, port: int) -> Channel:
        channel = self._channel_to(point)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._config.dial_timeout_s):
                try:
                    await loop.create_connection(lambda: channel, host, port)
                except asyncio.CancelledError:
                    channel.connection_lost(None)  # uvloop may have made it, and not say this
                    raise
        except TimeoutError:
            raise LinkError("timeout", f"{host} port {port} takes no connection") from None
        except (OSError, ValueError) as error:  # ValueError: a name that cannot be one
            text = getattr(error, "strerror", None) or error
            raise LinkError("unreachable", f"{host} port {port}: {text}") from None
        return channel


def _is_cancelled() -> bool:
    """Whether the running task is itself to end, whatever becomes of what it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _error(why: Disconnected, where: str) -> LinkError:
    match why.refusal:
        case "handshake-timeout":
            return LinkError("timeout", f"{where} does not finish the handshake")
        case "identity" | "handshake-mac":
            return LinkError("wrong-identity", f"{where} has another key")
        case "nothing-shared":
            return LinkError("nothing-shared", f"{where} speaks no protocol of ours")
        case "handshake-truncated":
            text = f"{where} hung up in the handshake: it has another key, or wants no more peers"
            return LinkError("refused", text)
        case "" if why.by_peer and why.reason == Reason.USELESS_PEER:
            return LinkError("nothing-shared", f"{where} speaks no protocol of ours")
        case "" if why.by_peer:
            return LinkError("refused", f"{where} says: {spoken(why.reason)}")
        case "":
            return LinkError("closed", "the host was closed before the peer answered")
    return LinkError("refused", f"{where} is refused: {why.refusal}")
