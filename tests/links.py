"""Hosts on loopback whose subprotocol notes what it is told, for tests of connections."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from waypost.config import HostConfig
from waypost.keys import PrivateKey
from waypost.net.clock import monotonic
from waypost.net.rlpx.host import RlpxHost
from waypost.net.rlpx.link import Link
from waypost.rlpx.capabilities import Capability
from waypost.rlpx.connection import Disconnected

SHH = Capability("shh", 6, 128)
ECHO, REPLY = 1, 2


class Talker:
    """Answers ECHO with REPLY, and keeps what came."""

    def __init__(self, capability: Capability = SHH) -> None:
        self.capability = capability
        self.links: list[Link] = []
        self.received_from: deque[tuple[Link, int, bytes]] = deque()
        self.ends: list[tuple[Link, Disconnected]] = []
        self.on_message: Callable[[Link, int, bytes], None] | None = None
        self._changed = asyncio.Event()

    def connected(self, link: Link) -> None:
        self.links.append(link)
        self._changed.set()

    def received(self, link: Link, code: int, payload: bytes) -> None:
        if self.on_message is not None:
            self.on_message(link, code, payload)
        if code == ECHO:
            link.send(self.capability.name, REPLY, payload)
        self.received_from.append((link, code, payload))
        self._changed.set()

    def disconnected(self, link: Link, why: Disconnected) -> None:
        self.ends.append((link, why))
        self._changed.set()

    async def until(self, condition: Callable[[], object], wait_s: float = 20.0) -> None:
        """Until it holds; it is looked at when something is told."""
        async with asyncio.timeout(wait_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def round_trip(self, link: Link, payload: bytes = b"\xc0") -> float:
        """The seconds that an echo takes; nothing else must come meanwhile."""
        start = monotonic()
        link.send(self.capability.name, ECHO, payload)
        await self.until(lambda: self.received_from)
        assert self.received_from.popleft() == (link, REPLY, payload)
        return monotonic() - start


class Party:
    """A host, its key and its talker."""

    def __init__(
        self,
        config: HostConfig | None,
        listen: str | None,
        key: PrivateKey | None,
        *talkers: Talker,
    ) -> None:
        self.key = key or PrivateKey.generate()
        self.talker = talkers[0] if talkers else Talker()
        speaking = talkers or (self.talker,)
        self.host = RlpxHost(self.key, speaking, listen=listen, config=config)

    @property
    def point(self) -> bytes:
        return self.key.secret_key.point

    async def dial(self, other: "Party", host: str = "127.0.0.1") -> Link:
        assert other.host.port is not None
        return await self.host.dial(other.point, host, other.host.port)


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
            party = Party(config, listen, key, *talkers)
            await stack.enter_async_context(party.host)
            return party

        yield join
