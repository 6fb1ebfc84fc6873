"""Whisper nodes over loopback: relay, blooms, faults of peers, back-pressure, and staying."""

import asyncio
import random
import socket
import time
from contextlib import suppress

import pytest
import rlp

from tests.links import RawPeer
from tests.neighbours import envelope, neighbours
from tests.whispers import FULL_STATUS, packet
from waypost._ext.bloom import bloom_of
from waypost._ext.record import ENR
from waypost.config import HostConfig, WhisperConfig
from waypost.enode import Enode
from waypost.errors import ConfigError, EnvelopeError, LinkError, NodeError
from waypost.keys import PrivateKey
from waypost.net.run import run, until
from waypost.net.whisper.node import WhisperNode
from waypost.net.whisper.pump import Pump
from waypost.rlpx.basics import Reason
from waypost.rlpx.connection import Disconnected, Message
from waypost.whisper.effects import Packet


@pytest.fixture
async def join():
    async with neighbours() as join:
        yield join


async def test_three_nodes_relay(join):
    first, second, third = await join(), await join(), await join()
    assert await first.dial(second.enode) == second.key.node_id
    assert await third.dial(str(second.enode)) == second.key.node_id
    await second.until(lambda: len(second.peers) == 2)
    sent = [envelope() for _ in range(3)]
    first.post(sent[0], sent[1])
    first.post(sent[2])
    await third.until(lambda: len(third.hashes) == 3)
    assert set(third.hashes) == set(second.hashes) == {each.hash for each in sent}
    assert not first.hashes
    back = envelope()
    third.post(back)
    await first.until(lambda: first.hashes)
    assert first.hashes == [back.hash]
    assert second.stats()["envelopes_accepted"] == 4
    for node in (first, second, third):
        assert not node.refusals
        assert node.stats()["envelopes_duplicate"] == 0


async def test_a_light_node_gets_only_its_bloom(join):
    wanted, other = b"\x70\xa4\xbe\xef", b"\x01\x02\x03\x04"
    full, light = await join(), await join(light=True, bloom=bloom_of([wanted]))
    await light.dial(full.enode)
    sent = [envelope(topic) for topic in (other, wanted, other, wanted)]
    full.post(*sent)
    await light.until(lambda: len(light.hashes) == 2)
    assert set(light.hashes) == {sent[1].hash, sent[3].hash}
    assert full.status_of(light.key.node_id).light
    light.set_bloom(bloom_of([other]))
    await light.until(lambda: len(light.hashes) == 4)
    assert not light.refusals | full.refusals


async def test_peers_are_named_in_every_way(join):
    node, other = await join(), await join()
    where = other.enode
    record = ENR.create(other.key, ip="127.0.0.1", tcp=other.port)
    named = where, str(where), (where.point, where.host, where.port), record, record.text
    assert {await node.dial(each) for each in named} == {where.node_id}
    assert [*node.peers] == [where.node_id]
    with pytest.raises(ConfigError, match="no node"):
        await node.dial("nobody")


async def test_what_is_done_with_a_peer_that_is_gone(join):
    node, other = await join(), await join()
    peer = await node.dial(other.enode)
    other.disconnect(node.key.node_id, Reason.TOO_MANY_PEERS)
    assert (await node.peers[peer].wait_closed()).reason == Reason.TOO_MANY_PEERS
    await node.until(lambda: not node.peers)
    assert node.heard("disconnected") == [peer]
    node.send(peer, 126, b"")
    node.pause(peer)
    node.resume(peer)
    node.trust(peer)
    node.disconnect(peer)
    assert not await node.writable(peer)
    with pytest.raises(LinkError, match="not connected"):
        node.status_of(peer)


async def test_a_busy_port_is_an_error(join):
    node = await join()
    with pytest.raises(NodeError, match="in use"):
        await join(listen=f"127.0.0.1:{node.port}")


async def test_what_peers_require_is_what_they_are_sent(join):
    modest, strict = await join(), await join()
    await modest.dial(strict.enode)
    strict.set_pow_min(1e9)
    await asyncio.sleep(0)
    assert strict.status_of(modest.key.node_id).pow_min == 0.0
    with pytest.raises(EnvelopeError):
        strict.post(envelope())
    late = envelope()
    strict.set_pow_min(0.0)
    modest.post(late)
    await strict.until(lambda: strict.hashes)
    assert strict.hashes == [late.hash]


async def test_packets_are_acknowledged_to_who_wants_that(join):
    one, other = await join(confirmations=True), await join()
    await one.dial(other.enode)
    one.post(envelope())
    await one.until(lambda: one.heard("acknowledged"))
    [taken], [answered] = one.heard("acknowledged"), one.heard("answered")
    assert taken.peer == answered.peer == other.key.node_id
    assert taken.batch_hash == answered.batch_hash == other.arrivals[0].batch_hash
    assert answered.refused == ()


async def test_a_node_that_does_not_look_acknowledges_at_once(join):
    one = await join(confirmations=True)
    async with WhisperNode(
        PrivateKey.generate(), config=WhisperConfig(pow_min=0.0), peers=[one.enode]
    ):
        await one.until(lambda: one.peers)
        one.post(envelope())
        await one.until(lambda: one.heard("acknowledged"))
    await one.until(lambda: one.heard("disconnected"))


async def test_mail_needs_trust(join):
    client, server = await join(), await join()
    peer = await client.dial(server.enode)
    name = client.key.node_id
    client.send(peer, 126, b"\xc0")
    await server.until(lambda: server.heard("packet"))
    assert server.heard("packet") == [Packet(name, 126, b"\xc0")]
    server.send(name, 127, b"\xc0")
    server.send(name, 126, b"\xc1\x01")
    await client.until(lambda: client.heard("packet"))
    client.trust(peer)
    server.send(name, 127, b"\xc1\x02", b"\xc1\x03")
    await client.until(lambda: len(client.heard("packet")) == 3)
    assert [(each.code, each.payload) for each in client.heard("packet")] == [
        (126, b"\xc1\x01"), (127, b"\xc1\x02"), (127, b"\xc1\x03"),
    ]  # fmt: skip
    assert client.refusals == {"untrusted": 1}
    for code, payload in ((128, b""), (-1, b""), (127, bytes(1 << 24))):
        with pytest.raises(ConfigError, match="no packet"):
            client.send(peer, code, payload)


class Stranger(RawPeer):
    """Says what a test wants: payloads, or what makes one when it is sent."""

    async def says(self, *messages):
        for code, said in messages:
            payload = said() if callable(said) else said
            self.machine.send("shh", code, payload)
        await self.send()


def free_port():
    """A port that stays free: systems give those from 32768 on to whoever asks for any."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_768)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


GOOD = (0, FULL_STATUS)


@pytest.mark.parametrize(("said", "refusal"), [
    ([(1, b"\xc0")], "no-status"),
    ([(0, b"\xc1\x05")], "version"),
    ([(0, b"\xc0")], "bad-status"),
    ([GOOD, GOOD], "second-status"),
    ([GOOD, (1, b"\x80")], "bad-rlp"),
    ([GOOD, (2, b"\xc0")], "bad-pow"),
    ([GOOD, (3, bytes(3))], "bad-bloom"),
    ([GOOD, (1, lambda: packet(envelope(size_b=3000)))], "too-large"),
    ([GOOD, (1, lambda: packet(envelope(size_b=5000)))], "packet-size"),
    ([GOOD, *[(99, b"\x80")] * 50], "rate"),
])  # fmt: skip
async def test_a_peer_that_breaks_the_rules_is_disconnected(join, said, refusal):
    rate = WhisperConfig().node_rate
    slow = type(rate)(packets_per_s=10, bytes_per_s=1 << 20, burst_s=1.0, tolerance_s=1.0)
    node, good = (
        await join(envelope_size_max_b=2000, packet_size_max_b=4000, node_rate=slow),
        await join(),
    )
    await good.dial(node.enode)
    stranger = await (await Stranger().connect(node)).greet()
    await stranger.says(*said)
    end = await asyncio.wait_for(stranger.end(), 20.0)
    assert end == Disconnected(Reason.SUBPROTOCOL, by_peer=True)
    assert refusal in node.refusals
    assert list(node.peers) == [good.key.node_id]
    good.post(envelope())
    await node.until(lambda: node.hashes)


async def test_a_packet_that_is_far_too_large_is_refused_before_it_is_kept(join):
    """Else each peer of many could make us keep 16 MiB, by not sending the last byte."""
    node = await join()
    stranger = await (await Stranger().connect(node)).greet()
    stranger.machine.send("shh", 1, random.Random(1).randbytes(3 << 20))
    await stranger.send(stranger.machine.drain_output()[:64])
    assert await stranger.end() == Disconnected(Reason.PROTOCOL_BREACH, by_peer=True)
    assert node.refusals == {"frame-size": 1}


async def test_a_peer_that_does_not_say_its_status(join):
    node = await join(status_timeout_s=0.2)
    stranger = await (await Stranger().connect(node)).greet()
    assert await stranger.end() == Disconnected(Reason.SUBPROTOCOL, by_peer=True)
    assert node.refusals == {"status-timeout": 1}
    assert not node.heard("disconnected")


async def test_a_dial_of_a_peer_that_is_refused_for_its_status(join):
    light, other = await join(light=True), await join(light=True)
    with pytest.raises(LinkError, match=r"both-light|subprotocol") as raised:
        await light.dial(other.enode)
    assert raised.value.reason == "refused"


async def test_a_slow_reader_is_passed_nothing_more_and_keeps_nobody_waiting(join):
    hub, good = await join(packet_size_max_b=1 << 17, transmit_interval_s=0.001), await join()
    await good.dial(hub.enode)
    slow = await (await Stranger().connect(hub)).greet()
    await slow.says(GOOD)
    await hub.until(lambda: len(hub.peers) == 2)
    for number in range(1, 101):
        hub.post(envelope(size_b=60_000), envelope(size_b=60_000))
        await good.until(lambda wanted=2 * number: len(good.hashes) == wanted)
    assert hub.stats()["held_peers"] == 1
    assert hub.stats()["output_size_b"] < HostConfig().output_high_b + (1 << 18)
    assert not hub.refusals
    received = 0
    while received < 200:
        await asyncio.wait_for(slow.read(1 << 20), 20.0)
        for event in slow.machine.drain_events():
            if isinstance(event, Message) and event.code == 1:
                received += len(rlp.decode(event.payload))
    assert received == 200
    assert hub.stats()["held_peers"] == 0


async def test_to_pass_on_to_many_keeps_nobody_waiting(join, monkeypatch):
    """With slices of no time, each packet leaves in a turn of the loop of its own."""
    turns, relay = [], Pump._relay

    def counted(pump):
        turns.append(pump)
        relay(pump)

    monkeypatch.setattr(Pump, "_relay", counted)
    monkeypatch.setattr("waypost.net.whisper.pump._SLICE_S", 0.0)
    hub, others = await join(), [await join(listen=None) for _ in range(10)]
    for other in others:
        await other.dial(hub.enode)
    await hub.until(lambda: len(hub.peers) == len(others))
    sent = [envelope(), envelope()]
    hub.post(*sent)
    for other in others:
        await other.until(lambda node=other: len(node.hashes) == len(sent))
    assert turns.count(hub._pump) == len(others)
    hub.post(envelope())
    for other in others:
        await other.until(lambda node=other: len(node.hashes) == 3)


async def test_a_time_of_day_that_is_put_forward_delays_nothing(join, monkeypatch):
    node, other = await join(status_timeout_s=1.0), await join()
    await other.dial(node.enode)
    node.post(envelope())  # its timer is set for when that expires
    await other.until(lambda: other.hashes)
    monkeypatch.setattr("waypost.net.whisper.pump.wall_clock", lambda: time.time() + 100)
    silent = await (await Stranger().connect(node)).greet()
    async with asyncio.timeout(20):  # of the 100 that it was put forward
        assert await silent.end() == Disconnected(Reason.SUBPROTOCOL, by_peer=True)
    assert node.refusals == {"status-timeout": 1}


async def test_a_callback_that_fails_costs_the_peer_of_whom_it_is_told(join, caplog):
    node, bad, good = await join(), await join(), await join()
    await bad.dial(node.enode)
    await good.dial(node.enode)

    def fail(packet):
        if packet.peer == bad.key.node_id:
            raise LookupError("of the callback")

    node.on_packet(fail)
    for each in (bad, good):
        each.send(node.key.node_id, 126, b"\xc0")
    await bad.until(lambda: bad.heard("disconnected"))
    assert bad.heard("disconnected") == [node.key.node_id]
    await node.until(lambda: list(node.peers) == [good.key.node_id])
    assert node.refusals == {"callback-error": 1}
    assert "LookupError: of the callback" in caplog.text


async def test_peers_are_kept(join):
    """After the end of a link, of a node, and of one that was not there to begin with."""
    hasty = {"redial_wait_min_s": 0.02, "redial_wait_max_s": 0.1, "redial_refused_wait_s": 0.1}
    key, later = PrivateKey.generate(), PrivateKey.generate()
    server = await join(key=key)
    record = ENR.create(key, ip="127.0.0.1", tcp=server.port)
    gone = Enode(later.secret_key.point, "127.0.0.1", free_port())
    node = await join(peers=(record, gone), host=hasty)
    await node.until(lambda: server.key.node_id in node.peers)
    server.disconnect(node.key.node_id)
    await server.until(lambda: len(server.heard("ready")) == 2)
    port = server.port
    await server.close()
    await node.until(lambda: not node.peers)
    again = await join(key=key, listen=f"127.0.0.1:{port}")
    await node.until(lambda: len(node.heard("ready")) == 3)
    assert again.key.node_id in node.peers
    other = await join(key=later, listen=f"127.0.0.1:{gone.port}")
    await other.until(lambda: other.peers)


async def test_two_that_keep_each_other_share_one_link(join):
    hasty = {"redial_wait_min_s": 0.02, "redial_wait_max_s": 0.1, "redial_refused_wait_s": 0.1}
    keys = [PrivateKey.generate() for _ in range(2)]
    ports = [free_port(), free_port()]
    ends = [
        Enode(key.secret_key.point, "127.0.0.1", port)
        for key, port in zip(keys, ports, strict=True)
    ]
    one, other = [
        await join(key=key, listen=f"127.0.0.1:{port}", peers=(peer,), host=hasty)
        for key, port, peer in zip(keys, ports, reversed(ends), strict=True)
    ]
    await one.until(lambda: one.peers)
    await other.until(lambda: other.peers)
    assert await until(lambda: one.stats()["links"] == other.stats()["links"] == 1, 20.0)
    one.post(envelope())
    await other.until(lambda: other.hashes)


async def test_a_node_does_not_keep_itself(join, caplog):
    key, port = PrivateKey.generate(), free_port()
    me = Enode(key.secret_key.point, "127.0.0.1", port)
    node = await join(key=key, listen=f"127.0.0.1:{port}", peers=(me,))
    assert await until(lambda: "cannot be reached" in caplog.text, 20.0)
    assert await until(lambda: all(task.done() for task in node._keeping), 20.0)


def test_what_cannot_be_kept():
    key = PrivateKey.generate()
    with pytest.raises(ConfigError, match="no node"):
        WhisperNode(key, peers=["enode://x"])
    many = [(key.secret_key.point, "127.0.0.1", port) for port in range(1, 4)]
    small = HostConfig(link_count_max=2, inbound_count_max=1)
    with pytest.raises(ConfigError, match="link_count_max"):
        WhisperNode(key, peers=many, host_config=small)


async def test_a_paused_peer_waits(join):
    one, other = await join(), await join()
    peer = await one.dial(other.enode)
    one.pause(peer)
    other.post(envelope())
    other.send(one.key.node_id, 126, b"\xc0")
    await asyncio.sleep(0.1)
    assert not one.hashes
    one.resume(peer)
    await one.until(lambda: one.hashes and one.heard("packet"))


def test_nodes_run_on_uvloop():
    async def main():
        async with neighbours() as join:
            await test_three_nodes_relay(join)
            await test_a_slow_reader_is_passed_nothing_more_and_keeps_nobody_waiting(join)
            await test_peers_are_kept(join)

    run(main())
