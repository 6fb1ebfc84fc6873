"""Whisper nodes on loopback that note what they are told."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from itertools import count
from typing import Any

from tests.watched import Watched
from tests.whisper_nodes import mail
from waypost._ext.envelope import Envelope
from waypost.config import HostConfig, WhisperConfig
from waypost.enode import Enode
from waypost.keys import PrivateKey
from waypost.net.whisper.node import WhisperNode
from waypost.whisper.effects import Arrival

NUMBERS = count()
WHISPER = {"pow_min": 0.0, "transmit_interval_s": 0.01}


def envelope(topic: bytes = b"abcd", size_b: int = 40) -> Envelope:
    """Another one than all before."""
    return mail(next(NUMBERS), topic=topic, size_b=size_b)


class Neighbour(WhisperNode, Watched):
    """A node that notes what it is told."""

    def __init__(self, key: PrivateKey, **options: Any) -> None:
        WhisperNode.__init__(self, key, **options)
        Watched.__init__(self)
        self.key = key
        self.visitors = ExitStack()  # closes the sockets of raw peers
        self.arrivals: list[Arrival] = []
        self.told: list[tuple[str, object]] = []
        self.on_ready(lambda ready: self._note("ready", ready))
        self.on_acknowledged(lambda effect: self._note("acknowledged", effect))
        self.on_answered(lambda effect: self._note("answered", effect))
        self.on_packet(lambda packet: self._note("packet", packet))
        self.on_disconnected(lambda peer: self._note("disconnected", peer))

    def listens(self) -> None:
        """From now on it keeps arrivals, and acknowledges them."""
        self.on_arrival(self._arrived)

    def _arrived(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)
        self.acknowledge(arrival)
        self.changed()

    def _note(self, what: str, told: object) -> None:
        self.told.append((what, told))
        self.changed()

    @property
    def point(self) -> bytes:
        return self.key.secret_key.point

    @property
    def enode(self) -> Enode:
        assert self.port is not None
        return Enode(self.point, "127.0.0.1", self.port)

    @property
    def hashes(self) -> list[bytes]:
        """Of the envelopes that have arrived, in order."""
        return [each.hash for arrival in self.arrivals for each in arrival.envelopes]

    def heard(self, what: str) -> list[Any]:
        """What was told of that kind."""
        return [told for kind, told in self.told if kind == what]


@asynccontextmanager
async def neighbours() -> AsyncIterator[Callable[..., Awaitable[Neighbour]]]:
    """Gives an `async def join(...) -> Neighbour`; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def join(
            *,
            key: PrivateKey | None = None,
            listen: str | None = "127.0.0.1:0",
            peers: tuple[object, ...] = (),
            host: dict[str, Any] | None = None,
            **settings: Any,
        ) -> Neighbour:
            node = Neighbour(
                key or PrivateKey.generate(),
                listen=listen,
                peers=peers,
                config=WhisperConfig(**{**WHISPER, **settings}),
                host_config=HostConfig(linger_s=0.1, **(host or {})),
            )
            node.listens()
            stack.enter_context(node.visitors)
            return await stack.enter_async_context(node)

        yield join
