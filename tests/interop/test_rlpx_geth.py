"""Our ends of RLPx against geth: its `devp2p rlpx ping` dials us, and we dial its node."""

import asyncio
import re
import secrets
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.interop.conftest import find
from tests.interop.programs import READY_S, Geth
from waypost import PrivateKey
from waypost.rlpx.basics import Reason
from waypost.rlpx.capabilities import Capability
from waypost.rlpx.connection import Connected, Connection, Disconnected, Event, Message
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


async def geth_node(program: str, folder: Path) -> tuple[asyncio.subprocess.Process, str, int]:
    """A node of a private network: the process, the hex of its point, and its port."""
    options = ["--nodiscover", "--nat", "none", "--ipcdisable", "--networkid", "4242"]
    options += ["--port", "0", "--authrpc.port", "0", "--cache", "64", "--datadir", str(folder)]
    process = await asyncio.create_subprocess_exec(
        program, *options, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    async with asyncio.timeout(READY_S):
        async for line in process.stderr:
            if found := re.search(rb"self=.*?enode://(\w{128})@[^:]+:(\d+)", line):
                return process, found[1].decode(), int(found[2])
    raise AssertionError("geth has not said where it listens")


async def test_we_shake_hands_with_geth_and_read_its_status(
    pytestconfig: pytest.Config, tmp_path: Path, run: int
) -> None:
    program = find(pytestconfig, "geth", "`make tools`")
    process, point, port = await geth_node(program, tmp_path)
    try:
        key, capability = PrivateKey.generate().secret_key, Capability("eth", 69, 18)
        remote = bytes.fromhex("04" + point)
        entropy = Entropy.draw(secrets.token_bytes)
        end = Connection(key, [capability], entropy, time.monotonic(), remote_key=remote)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        events: list[Event] = []
        async with asyncio.timeout(ANSWER_S):  # it gives up on our status after five seconds
            while not end.closed:
                writer.write(end.drain_output())
                end.receive(await reader.read(1 << 16), time.monotonic())
                events += end.drain_events()
        writer.close()
    finally:
        process.kill()
        await process.communicate()
    connected, status, disconnected = events
    assert isinstance(connected, Connected)
    assert connected.hello.client_id.startswith(b"Geth/")
    assert isinstance(status, Message)
    assert (status.capability, status.code) == (capability, 0)
    assert disconnected == Disconnected(Reason.PING_TIMEOUT, by_peer=True)
