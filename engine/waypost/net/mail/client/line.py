"""The links of a mail client: on each, one history at a time has its page delivered."""

import asyncio
from typing import Protocol
from weakref import WeakValueDictionary

from waypost.config import MailClientConfig
from waypost.enode import Enode
from waypost.errors import LinkError
from waypost.net.whisper.node import WhisperNode
from waypost.whisper.effects import Packet
from waypost.whisper.packets import Code


async def dial(node: WhisperNode, server: Enode, timeout_s: float) -> None:
    """Have a link to a server, on which both have said their status. Raises LinkError."""
    try:
        async with asyncio.timeout(timeout_s):
            await node.dial(server)
    except TimeoutError:
        raise LinkError("timeout", "its status did not come in time") from None


class Reader(Protocol):
    """Who awaits a page."""

    def received(self, packet: Packet) -> None:
        """A packet of the server."""

    def closed(self) -> None:
        """The link has ended."""


class Line:
    """The way to one server. Its deliveries name no request, so it is one reader's at a time."""

    def __init__(self, node: WhisperNode, server: Enode, config: MailClientConfig) -> None:
        self.server = server
        self.reader: Reader | None = None
        self._node = node
        self._peer = server.node_id
        self._config = config
        self._lock = asyncio.Lock()

    async def seize(self, reader: Reader) -> None:
        """Dial where there is no link, and have it for a page: then `release` it.

        Raises LinkError, also where another history of this client keeps it for too long.
        """
        try:
            async with asyncio.timeout(self._config.page_timeout_s):
                await self._lock.acquire()
        except TimeoutError:
            raise LinkError("busy", "another history of this client is not read on") from None
        try:
            await dial(self._node, self.server, self._config.dial_timeout_s)
        except BaseException:
            self._lock.release()
            raise
        self._node.trust(self._peer)
        self.reader = reader

    def release(self) -> None:
        """The page is whole, or given up."""
        self.reader = None
        self._lock.release()

    def request(self, payload: bytes) -> None:
        """Ask for mail."""
        self._node.send(self._peer, Code.P2P_REQUEST, payload)

    def pause(self) -> None:
        """The server must wait."""
        self._node.pause(self._peer)

    def resume(self) -> None:
        """It may go on."""
        self._node.resume(self._peer)

    def disconnect(self) -> None:
        """Listen to it no longer."""
        self._node.disconnect(self._peer)


class Lines:
    """The lines of a client, as long as somebody uses them."""

    def __init__(self, node: WhisperNode, config: MailClientConfig) -> None:
        self._node = node
        self._config = config
        self._lines: WeakValueDictionary[bytes, Line] = WeakValueDictionary()
        node.on_packet(self._received)
        node.on_disconnected(self._disconnected)

    def to(self, server: Enode) -> Line:
        """The one to a server. Where it has moved, a line that is in use goes on as it is."""
        line = self._lines.get(server.node_id)
        if line is None:
            self._lines[server.node_id] = line = Line(self._node, server, self._config)
        return line

    def _received(self, packet: Packet) -> None:
        line = self._lines.get(packet.peer)
        if line is not None and line.reader is not None:
            line.reader.received(packet)

    def _disconnected(self, peer: bytes) -> None:
        line = self._lines.get(peer)
        if line is not None and line.reader is not None:
            line.reader.closed()
