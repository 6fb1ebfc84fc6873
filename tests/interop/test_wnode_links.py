"""Our links and wnode: it takes our status, and we read its own."""

import asyncio
import struct
from pathlib import Path

import pytest

from tests.interop import wnode
from waypost import PrivateKey
from waypost._ext.rlp import encode
from waypost.net.rlpx.host import RlpxHost
from waypost.net.rlpx.link import Link
from waypost.rlpx.basics import Reason
from waypost.rlpx.capabilities import Capability
from waypost.rlpx.connection import Disconnected

POW_MIN = 0.2
STATUS = encode([6, int.from_bytes(struct.pack(">d", POW_MIN)), b"", 0])  # and no bloom: all
NOBODYS = 99, b"\xc0"  # a code without a meaning
MALFORMED = 1, b"\x01"
ANSWER_S = 60.0

pytestmark = pytest.mark.usefixtures("apart")


class Told:
    """A subprotocol that keeps what it is told."""

    capability = Capability("shh", 6, 128)

    def __init__(self) -> None:
        self.messages: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()

    def connected(self, link: Link) -> None:
        link.send("shh", 0, STATUS)

    def received(self, link: Link, code: int, payload: bytes) -> None:
        self.messages.put_nowait((code, payload))

    def disconnected(self, link: Link, why: Disconnected) -> None:
        pass


async def test_statuses_are_exchanged(wnode_path: str, tmp_path: Path, run: int) -> None:
    told = Told()
    async with (
        asyncio.timeout(ANSWER_S),
        wnode.mail_server(wnode_path, tmp_path) as server,
        RlpxHost(PrivateKey.generate(), [told]) as host,
    ):
        link = await host.dial(server.point, "127.0.0.1", server.port)
        assert link.hello.client_id.startswith(b"wnode/v6.0/")
        assert await told.messages.get() == (0, STATUS)
        link.send("shh", *NOBODYS)
        link.send("shh", *MALFORMED)
        # So it has taken our status, and ignored what has no meaning.
        await server.said("failed to decode envelopes")
        assert await link.wait_closed() == Disconnected(Reason.SUBPROTOCOL, by_peer=True)


async def test_wnode_dials_us(wnode_path: str, run: int) -> None:
    told, key = Told(), PrivateKey.generate()
    async with (
        asyncio.timeout(ANSWER_S),
        RlpxHost(key, [told], listen="127.0.0.1:0") as host,
        wnode.running(
            wnode_path, f"-boot=enode://{key.secret_key.point.hex()}@127.0.0.1:{host.port}"
        ) as dialler,
    ):
        assert await told.messages.get() == (0, STATUS)
        await dialler.said("Please type the message")
        (link,) = host.links.values()
        assert link.inbound
        assert link.point == dialler.point
