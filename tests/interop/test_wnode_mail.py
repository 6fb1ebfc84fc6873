"""Mail servers and clients: go-ethereum's and ours, each with the other."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.interop import wnode
from tests.interop.messages import sealed
from waypost import MailClient, MailServer, PrivateKey
from waypost.config import MailClientConfig
from waypost.mail.request import Form
from waypost.net.whisper.node import WhisperNode

ANSWER_S = 120.0
TTL_S = 8  # of which a second may be over at once
SPAN_S = 3600
ITS, OURS = "sent by wnode", "sent by us"

pytestmark = pytest.mark.usefixtures("apart")


async def send_both(program: str, enode: str) -> None:
    """A message of a wnode, and one of a node of ours, to a mail server."""
    key = PrivateKey.generate()
    async with WhisperNode(key) as ours, wnode.talker(program, enode, ttl_s=TTL_S) as its:
        await ours.dial(enode)
        ours.post(await sealed(OURS, ttl_s=TTL_S, signer=key))
        its.say(ITS)
        assert await its.read() == (key.address.hex(), OURS)  # the server has passed it on
        await asyncio.sleep(TTL_S + 1)  # until they are in archives alone


async def test_our_client_asks_its_server(wnode_path: str, tmp_path: Path, run: int) -> None:
    config = MailClientConfig(form=Form.LEGACY)
    async with (
        asyncio.timeout(ANSWER_S),
        wnode.mail_server(wnode_path, tmp_path) as server,
        MailClient(server.enode, password=wnode.PASSWORD, config=config) as mail,
    ):
        await send_both(wnode_path, server.enode)
        messages = mail.messages([wnode.PASSWORD], last="1h")
        texts = [message.payload.decode() async for _, message in messages]
    assert sorted(texts) == sorted([ITS, OURS])


async def test_its_client_asks_our_server(wnode_path: str, tmp_path: Path, run: int) -> None:
    key, archive = PrivateKey.generate(), tmp_path / "archive"
    async with (
        asyncio.timeout(ANSWER_S),
        MailServer(key, archive, password=wnode.PASSWORD) as server,
    ):
        await send_both(wnode_path, server.enode)
        now_s = int(time.time())
        # An open end is 0xffffffff to wnode, and its own server has nothing for that.
        for upper_s in (now_s + SPAN_S, 0):
            async with wnode.mail_client(wnode_path, server.enode) as client:
                client.say(str(now_s - SPAN_S), str(upper_s), "")
                assert {(await client.read())[1], (await client.read())[1]} == {OURS, ITS}
