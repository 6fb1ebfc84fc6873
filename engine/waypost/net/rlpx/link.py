"""An open connection to a peer, and who is told of what comes over it."""

import asyncio
from typing import Protocol

from waypost._ext.digest import keccak256
from waypost.net.clock import monotonic
from waypost.net.rlpx.channel import Channel
from waypost.rlpx.basics import Reason
from waypost.rlpx.capabilities import Capability
from waypost.rlpx.connection import Connected, Disconnected


class Subprotocol(Protocol):
    """What is spoken over links. It is told of those that share its capability.

    The calls come on the event loop, so they must be quick. One that raises disconnects the link.
    """

    @property
    def capability(self) -> Capability: ...

    def connected(self, link: "Link") -> None:
        """Both ends have said Hello."""

    def received(self, link: "Link", code: int, payload: bytes) -> None:
        """A message, `code` counted from 0; nothing comes once the link is closed by us."""

    def disconnected(self, link: "Link", why: Disconnected) -> None:
        """The end, once, of every link that was told of."""


class Link:
    """An RLPx connection, Hellos exchanged.

    `point` is the peer's proven key, x || y; `node_id` its hash; `host` and `port` the far end of
    the TCP connection; `hello` what the peer says of itself; `inbound` whether it dialled us;
    `capabilities` what both ends speak.
    """

    def __init__(self, channel: Channel, connected: Connected) -> None:
        self.point = connected.point
        self.node_id = keccak256(connected.point)
        self.host, self.port = channel.host, channel.port
        self.hello = connected.hello
        self.inbound = channel.inbound
        self.capabilities = tuple(each.capability for each in connected.shared)
        self.opened_at = monotonic()
        self._channel = channel
        self._machine = channel.machine

    @property
    def closed(self) -> bool:
        """Nothing is sent or received any more."""
        return self._machine.closed

    @property
    def output_size_b(self) -> int:
        """Sealed, and not yet taken by the system."""
        return self._channel.output_size_b

    def send(self, name: str, code: int, *payloads: bytes) -> None:
        """Send messages of a shared capability; nothing once closed. Raises ConfigError for one
        that cannot be sent.
        """
        self._machine.send(name, code, *payloads)
        self._channel.wake()

    async def writable(self) -> bool:
        """Await it between messages to send no faster than the peer reads: it returns at once
        while less than config.output_high_b wait for the system, else when no more than
        config.output_low_b are left. False once closed.
        """
        await self._channel.writable()
        return not self.closed

    def pause(self) -> None:
        """Read nothing from the peer, until `resume`: it must wait. What has been read is still
        delivered.
        """
        self._channel.read(False)

    def resume(self) -> None:
        """Read on."""
        self._channel.read(True)

    def disconnect(self, reason: Reason = Reason.REQUESTED) -> None:
        """Say why, and close. Who is told of links hears of it in the loop's next turn."""
        self._channel.disconnect(reason)

    def replace(self) -> None:
        """For the host: another connection to the same node stays."""
        self._channel.finish(Reason.ALREADY_CONNECTED)

    async def wait_closed(self) -> Disconnected:
        """How it ended."""
        return await asyncio.shield(self._channel.ended)

    def __repr__(self) -> str:
        way = "from" if self.inbound else "to"
        return f"<Link {way} {self.node_id.hex()[:16]} at {self.host} port {self.port}>"
