"""The Whisper network of the story: two nodes that relay, and mail servers behind them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from waypost.cli.story import require
from waypost.cli.world import LISTEN
from waypost.enode import Enode
from waypost.keys import PrivateKey
from waypost.net.mail.server import KIND, MailServer
from waypost.net.run import until
from waypost.net.whisper.node import WhisperNode

_HOST = "127.0.0.1"
_LINKED_TIMEOUT_S = 20.0
_RELAY_COUNT = 2


class Postbox:
    """A mail server that can go down, as if it had crashed, and come back at the same port."""

    server: MailServer
    """As it was opened last."""

    def __init__(self, key: PrivateKey, archive: Path, relay: Enode) -> None:
        self.key = key
        self._archive = archive
        self._relay = str(relay)
        self._port = 0  # any free one, at first

    async def open(self) -> None:
        """Serve, with what the archive has."""
        listen = f"{_HOST}:{self._port}"
        self.server = MailServer(self.key, self._archive, listen=listen, peers=[self._relay])
        await self.server.open()
        self._port = self.server.port

    async def close(self) -> None:
        """Go down."""
        await self.server.close()

    @property
    def is_linked(self) -> bool:
        """Whether it hears the network."""
        return self.server.stats.peer_count > 0

    @property
    def pairs(self) -> dict[str, bytes]:
        """What its record says, also while it is down."""
        return {KIND: b"\x01", "tcp": self._port.to_bytes(2, "big")}


@dataclass
class MailNetwork:
    """Who relays, and who keeps what was relayed."""

    relays: list[WhisperNode]
    entry: Enode
    """One of the relays, by which letters are sent."""
    servers: dict[bytes, Postbox]
    """By node id."""

    async def linked(self) -> None:
        """Wait until all of them hear the network."""
        boxes = self.servers.values()
        linked = await until(lambda: all(box.is_linked for box in boxes), _LINKED_TIMEOUT_S)
        require(linked, "a mail server has found no way into the network")

    @property
    def relayed_count(self) -> int:
        """Envelopes that the relays have now."""
        return sum(relay.stats()["pool_envelopes"] for relay in self.relays)


@asynccontextmanager
async def open_network(keys: Sequence[PrivateKey]) -> AsyncIterator[MailNetwork]:
    """A mail server for each key; their archives are gone in the end."""
    async with AsyncExitStack() as stack:
        relays: list[WhisperNode] = []
        enodes: list[Enode] = []
        for _ in range(_RELAY_COUNT):
            key = stack.enter_context(PrivateKey.generate())
            relay = WhisperNode(key, listen=LISTEN, peers=enodes)
            relays.append(await stack.enter_async_context(relay))
            enodes.append(Enode(key.secret_key.point, _HOST, relay.port or 0))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="waypost-demo-")))
        boxes = {}
        for number, key in enumerate(keys):
            # Letters come by the first relay; most servers are behind the second.
            box = Postbox(key, folder / f"{number}.sqlite", enodes[min(number, _RELAY_COUNT - 1)])
            await box.open()
            stack.push_async_callback(box.close)
            boxes[key.node_id] = box
        network = MailNetwork(relays, enodes[0], boxes)
        await network.linked()
        yield network
