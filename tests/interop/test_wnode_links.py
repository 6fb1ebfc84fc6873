"""Our end of RLPx and wnode: it takes our status, and we read its own."""

import asyncio
import secrets
import struct
import time
from pathlib import Path

import pytest

from tests.interop import wnode
from waypost import PrivateKey
from waypost._ext.rlp import encode
from waypost.rlpx.basics import Reason
from waypost.rlpx.capabilities import Capability
from waypost.rlpx.connection import Connected, Connection, Event, Message
from waypost.rlpx.handshake import Entropy

SHH = Capability("shh", 6, 128)
POW_MIN = 0.2
STATUS = encode([6, int.from_bytes(struct.pack(">d", POW_MIN)), b"", 0])
ANSWER_S = 10.0

pytestmark = pytest.mark.usefixtures("apart")


async def test_a_mail_server_takes_our_status(wnode_path: str, tmp_path: Path, run: int) -> None:
    options = ["-standalone", "-mailserver", f"-dbpath={tmp_path}"]
    async with wnode.running(wnode_path, *options) as server:
        enode = await server.said(wnode.ENODE)
        remote, port = bytes.fromhex("04" + enode["point"]), int(enode["port"])
        key, entropy = PrivateKey.generate().secret_key, Entropy.draw(secrets.token_bytes)
        end = Connection(key, [SHH], entropy, time.monotonic(), remote_key=remote)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        events: list[Event] = []
        async with asyncio.timeout(ANSWER_S):
            while len(events) < 2:
                writer.write(end.drain_output())
                end.receive(await reader.read(1 << 16), time.monotonic())
                events += end.drain_events()
            end.send("shh", 0, STATUS)
            end.send("shh", 99, b"\xc0")  # nobody's: it is ignored
            end.disconnect(Reason.REQUESTED)
            writer.write(end.drain_output())
            await server.said("message loop")  # that which reads after the statuses, as it ends
        writer.close()
    connected, status = events
    assert isinstance(connected, Connected)
    assert connected.hello.client_id.startswith(b"wnode/v6.0/")
    assert isinstance(status, Message)
    assert status.code == 0
    assert status.payload == STATUS
    assert "bad status" not in server.log
