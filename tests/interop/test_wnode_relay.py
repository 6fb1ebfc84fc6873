"""Envelopes between wnode and our node: each takes the other's, and passes on what it is given."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.interop import wnode
from tests.interop.messages import sealed, text_of
from waypost import PrivateKey
from waypost._ext.rlp import encode_list
from waypost.net.run import until
from waypost.net.whisper.node import WhisperNode
from waypost.whisper.effects import Arrival
from waypost.whisper.envelope import Envelope
from waypost.whisper.packets import Code

ANSWER_S = 60.0
TTL_S = 20
TEXT = "from one to the other"

pytestmark = pytest.mark.usefixtures("apart")


class Ear:
    """What a node of ours takes from others."""

    def __init__(self, node: WhisperNode) -> None:
        self.node = node
        self.envelopes: asyncio.Queue[Envelope] = asyncio.Queue()
        node.on_arrival(self.hear)

    def hear(self, arrival: Arrival) -> None:
        self.node.acknowledge(arrival)
        for envelope in arrival.envelopes:
            self.envelopes.put_nowait(envelope)


async def test_we_pass_on_what_wnode_sends(wnode_path: str, run: int) -> None:
    key = PrivateKey.generate()
    async with asyncio.timeout(ANSWER_S), WhisperNode(key, listen="127.0.0.1:0") as ours:
        ear = Ear(ours)
        enode = f"enode://{key.secret_key.point.hex()}@127.0.0.1:{ours.port}"
        async with (
            wnode.talker(wnode_path, enode) as one,
            wnode.talker(wnode_path, enode) as other,
        ):
            one.say(TEXT)
            assert text_of(await ear.envelopes.get()) == TEXT
            _, text = await other.read()
            assert text == TEXT
        assert ours.refusals == {}


async def test_wnode_passes_on_what_we_send(wnode_path: str, tmp_path: Path, run: int) -> None:
    key = PrivateKey.generate()
    async with (
        asyncio.timeout(ANSWER_S),
        wnode.mail_server(wnode_path, tmp_path) as server,
        wnode.talker(wnode_path, server.enode) as reader,
        WhisperNode(key) as one,
        WhisperNode(PrivateKey.generate()) as other,
    ):
        ear = Ear(other)
        await one.dial(server.enode)
        await other.dial(server.enode)
        envelope = await sealed(TEXT, ttl_s=TTL_S, signer=key)
        one.post(envelope)
        assert await ear.envelopes.get() == envelope
        assert await reader.read() == (key.address.hex(), TEXT)


def worked(sent_s: int, ttl_s: int) -> Envelope:
    """An envelope with work enough for some seconds."""
    bare = Envelope.create(
        expiry_s=sent_s + ttl_s, ttl_s=ttl_s, topic=bytes.fromhex(wnode.TOPIC), data=b"wrong"
    )
    return bare.sealed(bare.search(0, 1 << 16, 12)[1])


async def test_what_only_wnode_takes_costs_nobody_a_link(
    wnode_path: str, tmp_path: Path, run: int
) -> None:
    """Its times wrap at 2**32: so it takes what has no lifetime, or more than there is time."""
    async with (
        asyncio.timeout(ANSWER_S),
        wnode.mail_server(wnode_path, tmp_path) as server,
        WhisperNode(PrivateKey.generate()) as one,
        WhisperNode(PrivateKey.generate()) as other,
    ):
        ear = Ear(other)
        peer = await one.dial(server.enode)
        await other.dial(server.enode)
        now_s = int(time.time())
        for wrong in (worked(now_s + 8, 0), worked(now_s + 6 - 2**32, 2**32 - 1)):
            one.send(peer, Code.MESSAGES, encode_list(wrong.raw))
        assert await until(lambda: len(other.refusals) == 2, ANSWER_S)
        envelope = await sealed(TEXT, ttl_s=TTL_S, signer=PrivateKey.generate())
        one.post(envelope)
        assert await ear.envelopes.get() == envelope
        assert other.refusals == {"no-lifetime": 1, "ttl-beyond-expiry": 1}
