"""A mail server on loopback: what it hears it keeps, and gives to those who ask, in any form."""

import pytest

from tests.mailers import PASSWORD, archived, asking, everything, meeting, serving
from tests.whisper_nodes import TOPIC, mail
from waypost.config import ArchiveConfig
from waypost.errors import ConfigError, NodeError, RecordError
from waypost.keys import PrivateKey
from waypost.mail.completion import Failed
from waypost.mail.request import Form
from waypost.net.discv5.node import Node
from waypost.whisper.envelope import bloom_of
from waypost.whisper.symmetric import key_from_password


async def filled(server, count, **changes):
    """The hashes of so many envelopes that a sender has brought into the archive, in order."""
    before = server.stats.stored_count
    sent = [mail(number, **changes) for number in range(count)]
    async with meeting(server) as sender:
        for envelope in sent:
            sender.post(envelope)
        await archived(server, before + count)
    return sorted(each.hash for each in sent)


@pytest.mark.parametrize("form", Form)
async def test_what_is_sent_is_archived_and_answered_in_each_form(tmp_path, form):
    async with serving(tmp_path / "archive") as server:
        sent = await filled(server, 5)
        await filled(server, 2, topic=b"else")
        async with asking(server) as client:
            told = await client.ask(everything(form, bloom=bloom_of([TOPIC])))
        assert sorted(told.hashes) == sent
        assert told.end.last_hash == told.hashes[-1]
        assert told.end.cursor == b""
        assert len(told.packets) == (5 if form is Form.LEGACY else 1)
        assert server.stats.requests == {"completed": 1}
        assert server.stats.delivered["envelopes"] == 5


async def test_a_request_under_the_password_is_answered(tmp_path):
    async with serving(tmp_path / "archive", password=PASSWORD) as server:
        sent = await filled(server, 3)
        async with asking(server) as client:
            told = await client.ask(everything(), key_from_password(PASSWORD))
        assert sorted(told.hashes) == sent


async def test_a_request_that_others_may_open_is_refused(tmp_path):
    """Neither the password, where there is none, nor another key opens a request."""
    async with serving(tmp_path / "archive") as server, asking(server) as client:
        for recipient in (key_from_password(PASSWORD), PrivateKey.generate().public_key):
            told = await client.ask(everything(), recipient)
            assert told.end == Failed(told.end.request_id, "failed to decrypt p2p request")
        assert server.stats.refusals["sealed"] == 2
        assert server.stats.requests == {"refused": 2}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"lower_s": 9, "upper_s": 8}, "query range is invalid: lower > upper"),
        ({"lower_s": 1, "upper_s": 1_700_000_000}, "query range too big"),
        ({"limit": 1001}, "request is invalid: limit exceeds the maximum allowed value"),
        ({"bloom": b""}, "request is invalid: bloom filter is empty"),
    ],
)
async def test_what_is_not_served_is_told_to_the_client(tmp_path, changes, text):
    async with serving(tmp_path / "archive") as server, asking(server) as client:
        for form in (Form.RLP7, Form.PLAIN):
            told = await client.ask(everything(form, **changes))
            assert told.end == Failed(told.end.request_id, text)
        assert server.stats.requests == {"refused": 2}


async def test_pages_follow_each_other_by_cursor(tmp_path):
    async with serving(tmp_path / "archive") as server:
        sent = await filled(server, 25)
        async with asking(server) as client:
            first = await client.ask(everything(limit=10))
            assert len(first.packets) == 1
            assert len(first.hashes) == 10
            assert len(first.end.cursor) == 36
            assert sorted(await client.history(everything(limit=10))) == sent
            assert sorted(await client.history(everything(limit=25))) == sent


async def test_a_client_that_knows_no_pages_gets_all_in_one_answer(tmp_path):
    """A page of the archive after the other, and one end, with a cursor if that was not all."""
    archive = ArchiveConfig(page_size_max_b=2000)
    bounds = {"limit_default": 3, "limit_max": 3, "archive": archive}
    async with serving(tmp_path / "archive", legacy_limit=24, **bounds) as server:
        sent = await filled(server, 24)
        async with asking(server) as client:
            told = await client.ask(everything(Form.LEGACY))
            assert (sorted(told.hashes), told.end.cursor) == (sent, b"")
            assert told.end.last_hash == told.hashes[-1]
            await filled(server, 1, topic=b"else")
            told = await client.ask(everything(Form.LEGACY))
            assert (len(told.hashes), len(told.end.cursor)) == (24, 36)
            assert len((await client.ask(everything())).hashes) == 3


async def test_a_page_larger_than_a_packet_goes_in_several(tmp_path):
    async with serving(tmp_path / "archive") as server:
        sent = await filled(server, 20, size_b=20_000)
        async with asking(server) as client:
            told = await client.ask(everything())
        assert sorted(told.hashes) == sent
        assert len(told.packets) > 1
        assert told.end.cursor == b""
        assert server.stats.delivered["bytes"] > 400_000


async def test_what_is_no_request_disconnects(tmp_path):
    async with serving(tmp_path / "archive") as server, asking(server) as client:
        (link,) = client.node.peers.values()
        client.node.send(client.server, 126, b"\x83abc")
        why = await link.wait_closed()
        assert (why.by_peer, why.reason) == (True, 0x10)
        assert server.stats.requests == {"breach": 1}
        assert server.stats.refusals["neither-envelope-nor-list"] == 1


async def test_its_record_announces_it_while_it_runs(tmp_path):
    with PrivateKey.generate() as key:
        async with Node(key, listen="127.0.0.1:0") as node:
            port = node.addresses[0].port
            listen = f"127.0.0.1:{port}"
            async with serving(tmp_path / "archive", key, listen=listen, node=node) as server:
                assert node.record["whisper.mailserver"] == b"\x01"
                assert (node.record.udp, node.record.tcp) == (port, server.port)
                assert server.enode == f"enode://{key.secret_key.point.hex()}@127.0.0.1:{port}"
            assert "whisper.mailserver" not in node.record
            assert node.record.tcp is None


async def test_a_node_of_another_key_is_refused(tmp_path):
    async with Node(listen="127.0.0.1:0") as node:
        with pytest.raises(ConfigError, match="another key"):
            await serving(tmp_path / "archive", node=node).open()


async def test_a_server_that_cannot_be_announced_is_closed_again(tmp_path):
    with PrivateKey.generate() as key:
        async with Node(key, listen="127.0.0.1:0", pairs={"x": bytes(130)}) as node:
            crowded = serving(tmp_path / "archive", key, node=node)
            with pytest.raises(RecordError):
                await crowded.open()
            assert crowded.problems == ["it is not running"]
            async with serving(tmp_path / "archive") as server:
                assert server.healthy


async def test_a_busy_port_is_an_error_and_frees_the_archive(tmp_path):
    async with serving(tmp_path / "archive") as server:
        busy = serving(tmp_path / "other", listen=f"127.0.0.1:{server.port}")
        with pytest.raises(NodeError, match="in use"):
            await busy.open()
        assert busy.problems == ["it is not running"]
    async with serving(tmp_path / "other") as server:
        assert server.healthy


async def test_it_opens_once_and_closes_twice(tmp_path):
    server = serving(tmp_path / "archive")
    with pytest.raises(NodeError, match="not running"):
        server.stats  # noqa: B018
    async with server:
        with pytest.raises(NodeError, match="open it once"):
            await server.open()
        await server.close()
        assert not server.healthy
    await server.close()
