"""geth's `devp2p rlpx ping` against our end: the handshake, and the frame of our Hello."""

import asyncio
import secrets
import time
from collections import Counter

from tests.interop.programs import Geth
from waypost import PrivateKey
from waypost.rlpx.capabilities import Capability
from waypost.rlpx.connection import Connection
from waypost.rlpx.handshake import Entropy

ANSWER_S = 20.0


class Server:
    """Our end on loopback, for as many connections as come."""

    def __init__(self, key: PrivateKey, capability: Capability) -> None:
        self.key, self.capability = key, capability
        self.refusals: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        entropy = Entropy.draw(secrets.token_bytes)
        end = Connection(
            self.key.secret_key, [self.capability], entropy, time.monotonic(),
            listen_port=30303, refusals=self.refusals,
        )  # fmt: skip
        while not end.closed and (data := await reader.read(1 << 16)):
            end.receive(data, time.monotonic())
            writer.write(end.drain_output())
        writer.close()

    async def pinged_by(self, geth: Geth) -> str:
        """What geth prints, of the peer or of the error."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        enode = f"enode://{self.key.secret_key.point.hex()}@127.0.0.1:{port}"
        process = await asyncio.create_subprocess_exec(
            geth.path, "rlpx", "ping", enode,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(process.communicate(), ANSWER_S)
        server.close()
        await server.wait_closed()
        return said.decode()


async def test_geth_shakes_hands_and_reads_our_hello(geth: Geth, run: int) -> None:
    server = Server(PrivateKey.generate(), Capability("shh", 6, 128))
    said = await server.pinged_by(geth)
    point = server.key.secret_key.point
    assert "waypost" in said
    assert "shh/6" in said
    assert "30303" in said
    assert f"ID:{list(point)}".replace(",", "") in said or point.hex() in said
    assert server.refusals == {}  # it hangs up without a Hello of its own
