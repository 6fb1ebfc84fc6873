"""Mail servers that a finder found and the registry vouches for; some go during a history."""

import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import pytest

from tests.chains import ANVIL_KEY
from waypost._ext.envelope import Envelope
from waypost._ext.record import ENR
from waypost._ext.secp256k1 import SecretKey
from waypost.config import FinderConfig, MailClientConfig, MailServerConfig, WhisperConfig
from waypost.keys import PrivateKey
from waypost.mail.client.inspection import Fault
from waypost.net.archive import SqliteArchive
from waypost.net.discv5.node import Node
from waypost.net.finder import ServerFinder
from waypost.net.mail.client import MailClient
from waypost.net.mail.server import KIND, MailServer
from waypost.net.run import until
from waypost.net.trust.registry import Registry

COUNT = 12_000
SPAN_S = 3_600
EASY = WhisperConfig(pow_min=0.0)


class Running(NamedTuple):
    server: MailServer
    key: PrivateKey
    record: ENR


def envelopes() -> list[Envelope]:
    now_s = int(time.time())
    return [
        Envelope.create(
            expiry_s=now_s - number * SPAN_S // COUNT + 50,
            ttl_s=50,
            topic=b"mail",
            data=number.to_bytes(4, "big"),
        )
        for number in range(COUNT)
    ]


@asynccontextmanager
async def mail_server(path, sent, newest_first):
    """A discv5 node and a mail server of one key, with this archive."""
    archive = SqliteArchive(path)
    archive.append(sent)
    config = MailServerConfig(whisper=EASY, newest_first=newest_first)
    with PrivateKey.generate() as key:
        async with (
            Node(key, listen="127.0.0.1:0") as node,
            MailServer(key, archive, config=config, node=node) as server,
        ):
            yield Running(server, key, node.record)


@pytest.fixture
async def trusted(embedded):
    async with await Registry.deploy(embedded, SecretKey(ANVIL_KEY)) as registry:
        yield registry


async def list_them(registry, servers):
    consents = [await registry.consent(KIND, one.key.node_id, 1) for one in servers]
    signed = [
        consent.signed_by(one.key.secret_key)
        for consent, one in zip(consents, servers, strict=True)
    ]
    await registry.add_servers(1, signed)


async def test_one_is_killed_and_one_revoked_during_a_long_history(tmp_path, trusted):
    sent = envelopes()
    async with AsyncExitStack() as opened:
        servers = {}
        for number, newest_first in enumerate([False, True, False]):
            running = mail_server(tmp_path / str(number), sent, newest_first)
            server = await opened.enter_async_context(running)
            servers[server.key.node_id] = server
        await list_them(trusted, servers.values())
        records = [server.record for server in servers.values()]
        node = await opened.enter_async_context(Node(listen="127.0.0.1:0", bootnodes=records))
        config = FinderConfig(settle_s=0.01)
        finder = await opened.enter_async_context(ServerFinder(node, trusted, KIND, config=config))
        assert await until(lambda: len(finder.servers) == 3, 20.0)
        settings = MailClientConfig(whisper=EASY, page_limit=100)
        mail = await opened.enter_async_context(MailClient(finder, config=settings))

        history, got, killed, revoked = mail.history(last="24h"), [], None, None
        async for envelope in history:
            got.append(envelope.hash)
            if len(got) == COUNT // 4:
                killed = history.server
                await servers[killed].server.close()
            elif len(got) == COUNT // 2:
                revoked = history.server
                await trusted.remove_servers(KIND, [revoked])
                assert await until(lambda: len(finder.servers) <= 2, 20.0)
    assert len(got) == COUNT
    assert set(got) == {envelope.hash for envelope in sent}
    assert history.server not in (killed, revoked)
    faults = {failure.server: failure.fault for failure in history.failures}
    assert faults[revoked] is Fault.REVOKED
    assert faults[killed] in (Fault.CLOSED, Fault.UNREACHABLE, Fault.REFUSED)
    assert not history.refused
    assert sum(history.servers.values()) == COUNT
