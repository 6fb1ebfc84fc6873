"""Whisper nodes on loopback: what one posts the others have, and who may stay."""

import asyncio

import pytest

from tests.whisper_nodes import CONFIRMING, LISTEN, acknowledgements, at, mail, nodes
from waypost.config import HostConfig, WhisperConfig
from waypost.enr import ENR
from waypost.errors import ConfigError, EnvelopeError, LinkError, NodeError
from waypost.keys import PrivateKey
from waypost.net.run import until
from waypost.net.whisper.node import WhisperNode
from waypost.rlpx.basics import Reason


def heard(node):
    """The hashes of what arrives at a node."""
    hashes = []

    def take(arrival):
        hashes.extend(each.hash for each in arrival.envelopes)
        node.acknowledge(arrival)

    node.on_arrival(take)
    return hashes


async def test_what_one_posts_goes_from_node_to_node_once():
    async with nodes(3) as ((first, _), (middle, where), (last, _)):
        for node in (first, last):
            assert await node.dial(where) == where.node_id
        got, passed = heard(last), heard(middle)
        sent = [mail(number) for number in range(10)]
        first.post(*sent)
        assert await until(lambda: len(got) == 10, 20)
        assert set(got) == set(passed) == {each.hash for each in sent}
        assert middle.stats()["envelopes_accepted"] == middle.stats()["pool_envelopes"] == 10
        assert middle.stats()["links"] == middle.stats()["peers"] == 2
        assert middle.stats()["refused"] == 0


async def test_a_node_that_nobody_asks_acknowledges_at_once():
    async with nodes(1) as ((taker, where),), nodes(1, config=CONFIRMING) as ((sender, _),):
        taken = acknowledgements(sender)
        await sender.dial(where)
        sender.post(mail(1))
        assert await until(lambda: len(taken) == 1, 20)
        assert taker.stats()["envelopes_accepted"] == 1


async def test_peers_are_named_in_every_way():
    async with nodes(2) as ((node, _), (_, where)):
        for named in (str(where), where, (where.point, where.host, where.port)):
            assert await node.dial(named) == where.node_id
        assert [*node.peers] == [where.node_id]
        with PrivateKey.generate() as key:
            async with WhisperNode(key, listen=LISTEN) as other:
                record = ENR.create(key, ip="127.0.0.1", tcp=other.port)
                assert await node.dial(record) == key.node_id
                assert await node.dial(record.text) == key.node_id
        with pytest.raises(ConfigError):
            await node.dial("nobody")
        with pytest.raises(ConfigError):
            WhisperNode(key, peers=["nobody"])


async def test_a_peer_that_refuses_us_is_an_error_that_says_why():
    light = WhisperConfig(pow_min=0.0, light=True)
    async with nodes(2, config=light) as ((node, _), (other, where)):
        with pytest.raises(LinkError) as raised:
            await node.dial(where)
        assert raised.value.reason == "refused"
        assert node.peers == {}
        assert {*node.refusals, *other.refusals} >= {"both-light"}
    with pytest.raises(LinkError):
        await node.dial(where)


async def test_mail_goes_between_peers_that_trust_and_stops_with_the_link():
    async with nodes(2) as ((node, _), (other, where)):
        await node.dial(where)
        came, gone = [], []
        other.on_packet(lambda packet: came.append((packet.code, packet.payload)))
        other.on_disconnected(gone.append)
        assert await until(lambda: len(other.peers) == 1, 20)
        (peer,) = other.peers
        node.send(where.node_id, 127, b"\x01")
        node.send(where.node_id, 126, b"\x02")
        assert await until(lambda: len(came) == 1, 20)
        other.trust(peer)
        node.send(where.node_id, 127, b"\x03")
        assert await until(lambda: came == [(126, b"\x02"), (127, b"\x03")], 20)
        assert await node.writable(where.node_id)
        (link,) = node.peers.values()
        other.disconnect(peer, Reason.TOO_MANY_PEERS)
        assert (await link.wait_closed()).reason == Reason.TOO_MANY_PEERS
        assert await until(lambda: gone == [peer] and not node.peers, 20)
        for gone_node in (node, other):
            gone_node.send(where.node_id, 126, b"")
            gone_node.pause(where.node_id)
            gone_node.resume(where.node_id)
            gone_node.disconnect(where.node_id)
        assert not await node.writable(where.node_id)


async def test_a_callback_that_fails_costs_the_peer_its_link_and_no_other(caplog):
    async with nodes(3) as ((node, where), (bad, _), (good, _)):
        for other in (bad, good):
            await other.dial(where)

        def fail(packet):
            raise ValueError("a fault of ours")

        node.on_packet(fail)
        bad.send(where.node_id, 126, b"\x01")
        assert await until(lambda: not bad.peers, 20)
        assert len(node.peers) == len(good.peers) == 1
        got = heard(good)
        node.post(mail(1))
        assert await until(lambda: len(got) == 1, 20)
    assert "a fault of ours" in caplog.text


async def test_it_stays_connected_with_those_it_is_told_to(monkeypatch):
    monkeypatch.setattr("waypost.net.whisper.keeping._WAIT_MIN_S", 0.05)
    with PrivateKey.generate() as key, PrivateKey.generate() as own:
        async with WhisperNode(key, listen=LISTEN) as other:
            where = at(other, key)
            node = WhisperNode(own, peers=[str(where)])
            await node.open()
            assert await until(lambda: len(node.peers) == 1, 20)
        assert await until(lambda: not node.peers, 20)
        async with WhisperNode(key, listen=f"127.0.0.1:{where.port}"):
            assert await until(lambda: len(node.peers) == 1, 20)
            await node.close()
        await node.close()


async def test_a_peer_that_does_not_read_is_passed_nothing_until_it_does():
    host = HostConfig(output_high_b=1 << 16, output_low_b=1 << 14)
    fast = WhisperConfig(pow_min=0.0, transmit_interval_s=0.02)
    async with nodes(2, config=fast, host_config=host) as ((node, _), (slow, where)):
        await node.dial(where)
        assert await until(lambda: len(slow.peers) == 1, 20)
        got = heard(slow)
        (peer,) = slow.peers
        slow.pause(peer)
        count = 60
        for number in range(count):
            node.post(mail(number, size_b=400_000))
        await asyncio.sleep(1)  # many intervals of transmission
        (link,) = node.peers.values()
        assert 0 < link.output_size_b < 3 << 20
        slow.resume(peer)
        assert await until(lambda: len(got) == count, 20)


async def test_what_no_peer_would_take_is_not_posted():
    async with nodes(1, config=WhisperConfig(pow_min=1e6)) as ((node, _),):
        with pytest.raises(EnvelopeError):
            node.post(mail(1))


async def test_a_busy_port_is_an_error():
    async with nodes(1) as ((node, where),):
        with PrivateKey.generate() as key, pytest.raises(NodeError, match="in use"):
            await WhisperNode(key, listen=f"127.0.0.1:{where.port}").open()
        assert node.port == where.port
