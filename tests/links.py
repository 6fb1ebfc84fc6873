"""RLPx hosts on loopback whose subprotocol notes what it is told, and peers for them to meet."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import replace
from typing import Protocol, Self

from tests.watched import Watched
from waypost.config import HostConfig, RlpxConfig
from waypost.keys import PrivateKey
from waypost.net.entropy import secret_bytes
from waypost.net.rlpx.host import RlpxHost
from waypost.net.rlpx.link import Link
from waypost.rlpx.capabilities import Capability
from waypost.rlpx.connection import Connection, Disconnected
from waypost.rlpx.handshake import Entropy

SHH = Capability("shh", 6, 128)
ECHO, REPLY = 1, 2


class Talker(Watched):
    """Answers ECHO with REPLY, and keeps what came."""

    def __init__(self, capability: Capability = SHH) -> None:
        super().__init__()
        self.capability = capability
        self.links: list[Link] = []
        self.received_from: deque[tuple[Link, int, bytes]] = deque()
        self.ends: list[tuple[Link, Disconnected]] = []
        self.on_message: Callable[[Link, int, bytes], None] | None = None

    def connected(self, link: Link) -> None:
        self.links.append(link)
        self.changed()

    def received(self, link: Link, code: int, payload: bytes) -> None:
        if self.on_message is not None:
            self.on_message(link, code, payload)
        if code == ECHO:
            link.send(self.capability.name, REPLY, payload)
        self.received_from.append((link, code, payload))
        self.changed()

    def disconnected(self, link: Link, why: Disconnected) -> None:
        self.ends.append((link, why))
        self.changed()

    async def round_trip(self, link: Link, payload: bytes = b"\xc0") -> None:
        """Until an echo is back; nothing else must come meanwhile."""
        link.send(self.capability.name, ECHO, payload)
        await self.until(lambda: self.received_from)
        assert self.received_from.popleft() == (link, REPLY, payload)


class Party:
    """A host, its key and its talker."""

    def __init__(
        self,
        config: HostConfig,
        listen: str | None,
        key: PrivateKey | None,
        *talkers: Talker,
    ) -> None:
        self.key = key or PrivateKey.generate()
        self.talker = talkers[0] if talkers else Talker()
        speaking = talkers or (self.talker,)
        self.host = RlpxHost(self.key, speaking, listen=listen, config=config)
        self.visitors = ExitStack()  # closes the sockets of raw peers

    @property
    def point(self) -> bytes:
        return self.key.secret_key.point

    @property
    def port(self) -> int:
        assert self.host.port is not None
        return self.host.port

    async def dial(self, other: "Party", host: str = "127.0.0.1") -> Link:
        return await self.host.dial(other.point, host, other.port)


@asynccontextmanager
async def parties() -> AsyncIterator[Callable[..., Awaitable[Party]]]:
    """Gives an `async def join(...) -> Party`; all parties are closed at the end."""
    async with AsyncExitStack() as stack:

        async def join(
            *talkers: Talker,
            config: HostConfig | None = None,
            listen: str | None = "127.0.0.1:0",
            key: PrivateKey | None = None,
        ) -> Party:
            hasty = replace(config or HostConfig(), linger_s=0.1)  # raw peers do not hang up
            party = Party(hasty, listen, key, *talkers)
            stack.enter_context(party.visitors)
            await stack.enter_async_context(party.host)
            return party

        yield join


class Place(Protocol):
    """Where a raw peer can go; its socket is closed with the visitors."""

    @property
    def point(self) -> bytes: ...
    @property
    def port(self) -> int | None: ...
    @property
    def visitors(self) -> ExitStack: ...


class RawPeer:
    """A peer that does with its end of a socket what a test says, and no more."""

    def __init__(self, key: PrivateKey | None = None, config: RlpxConfig | None = None) -> None:
        self.key = key or PrivateKey.generate()
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self._config = config

    async def connect(self, party: Place, address: str = "127.0.0.1") -> Self:
        """A TCP connection from one of the loopback's addresses."""
        self.machine = Connection(
            self.key.secret_key, [SHH], Entropy.draw(secret_bytes), 0.0,
            remote_key=b"\x04" + party.point, config=self._config,
        )  # fmt: skip
        party.visitors.enter_context(self.socket)
        self.socket.bind((address, 0))
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self.socket, ("127.0.0.1", party.port))
        return self

    async def send(self, data: bytes | None = None) -> None:
        """The data, or what the machine has to send."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.socket, self.machine.drain_output() if data is None else data)

    async def read(self, size: int = 1 << 16) -> bytes:
        """What came next, empty at the end; the machine has read it, too."""
        try:
            data = await asyncio.get_running_loop().sock_recv(self.socket, size)
        except ConnectionResetError:
            return b""
        self.machine.receive(data, 0.0)
        return data

    async def greet(self) -> Self:
        """Up to the Hellos."""
        await self.send()
        while self.machine.peer is None and await self.read():
            pass
        await self.send()
        return self

    async def end(self) -> Disconnected | None:
        """What the machine read of the end, once the socket is closed; None for nothing."""
        while await self.read():
            pass
        ends = [each for each in self.machine.drain_events() if isinstance(each, Disconnected)]
        return ends[0] if ends else None
