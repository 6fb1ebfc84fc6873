"""Which envelopes a Whisper node passes on, to whom, and when."""

import struct

import pytest
import rlp

from tests.whispers import (
    NOW,
    TOPIC,
    A,
    B,
    C,
    envelope,
    meet,
    packet,
    passed_on,
    whisper,
)
from waypost._ext.bloom import bloom_of
from waypost.whisper.effects import (
    Arrival,
    Send,
)


def test_an_envelope_goes_once_to_all_but_those_who_have_it():
    node = whisper()
    meet(node, A, B, C)
    one = envelope()
    node.receive(A, 1, packet(one), NOW)
    node.receive(B, 1, packet(one), NOW)
    assert node.drain() == [Arrival(A, b"", (one,), ())]
    assert node.deadline() <= NOW + 0.3
    assert passed_on(node, NOW + 0.3) == {C: [one.hash]}
    node.receive(C, 1, packet(one), NOW)
    assert passed_on(node, NOW + 1) == {}
    assert (node.intake.accepted_count, node.intake.duplicate_count) == (1, 2)


def test_what_comes_within_an_interval_goes_together():
    node = whisper()
    meet(node, A, B)
    node.tick(NOW)
    several = [envelope(n) for n in range(5)]
    node.receive(A, 1, packet(*several[:2]), NOW + 0.1)
    assert passed_on(node, NOW + 0.1) == {B: [each.hash for each in several[:2]]}
    node.receive(A, 1, packet(*several[2:4]), NOW + 0.2)
    node.receive(A, 1, packet(several[4]), NOW + 0.3)
    assert passed_on(node, NOW + 0.39) == {}
    assert node.deadline() == pytest.approx(NOW + 0.4)
    assert passed_on(node, NOW + 0.41) == {B: [each.hash for each in several[2:]]}


def test_a_packet_for_many_is_written_once():
    node = whisper()
    peers = [bytes([n]) * 32 for n in range(20)]
    meet(node, *peers)
    node.receive(peers[0], 1, packet(envelope()), NOW)
    node.receive(peers[1], 1, packet(envelope(1)), NOW)
    node.tick(NOW + 1)
    sends = [each for each in node.drain() if isinstance(each, Send)]
    assert [each.peer for each in sends] == peers
    assert len({id(each.payload) for each in sends}) == 3


def test_peers_are_sent_what_they_want():
    node = whisper()
    meet(node, A)
    easy, hard = envelope(1), envelope(2, topic=b"wxyz", size_b=0)
    hard = hard.sealed(hard.search(0, 1 << 16, 12)[1])
    meet(node, B, status=rlp.encode([6, struct.pack(">d", hard.pow)]))
    meet(node, C, status=rlp.encode([6, 0, bloom_of([TOPIC]), 1]))
    node.receive(A, 1, packet(easy, hard), NOW)
    node.drain()
    assert passed_on(node, NOW + 1) == {B: [hard.hash], C: [easy.hash]}


def test_a_peer_that_wants_more_is_sent_what_it_lacks():
    node = whisper()
    easy, other = envelope(1), envelope(2, topic=b"wxyz")
    node.post([easy, other], NOW)
    meet(node, A, status=rlp.encode([6, 0, bloom_of([TOPIC]), 1]))
    assert passed_on(node, NOW + 1) == {A: [easy.hash]}
    node.receive(A, 3, rlp.encode(bloom_of([TOPIC, b"wxyz"])), NOW + 1)
    assert passed_on(node, NOW + 2) == {A: [other.hash]}
    node.receive(A, 2, rlp.encode(struct.pack(">d", 1e9)), NOW + 2)
    last = envelope(3)
    node.post([last], NOW + 2)
    assert passed_on(node, NOW + 3) == {}
    node.receive(A, 2, rlp.encode(b""), NOW + 3)
    assert passed_on(node, NOW + 4) == {A: [last.hash]}


def test_a_new_peer_is_sent_the_pool_in_packets_of_their_size():
    node = whisper(packet_size_max_b=1000)
    several = [envelope(n, size_b=200) for n in range(10)]
    node.post(several, NOW)
    meet(node, A)
    found = []
    for turn in range(1, 4):
        found.append(passed_on(node, NOW + turn)[A])
    assert [len(each) for each in found] == [4, 4, 2]
    assert [each for packet_of in found for each in packet_of] == [each.hash for each in several]
    assert node.deadline() == NOW + 51


def test_peers_share_what_is_sent_at_a_time():
    node = whisper(transmit_size_max_b=1000)
    several = [envelope(n, size_b=200) for n in range(2)]
    node.post(several, NOW)
    hashes = [each.hash for each in several]
    meet(node, A)
    assert passed_on(node, NOW) == {A: hashes}
    meet(node, B, C)
    last = envelope(9)
    node.post([last], NOW)
    assert passed_on(node, NOW + 1) == {A: [last.hash], B: hashes[:1], C: hashes[:1]}
    assert passed_on(node, NOW + 2) == {peer: [hashes[1], last.hash] for peer in (B, C)}


def test_peers_with_wishes_of_their_own_share_the_comparing():
    node = whisper(scan_total_count_max=9)
    several = [envelope(n) for n in range(7)]
    node.post(several, NOW)
    wishes = {peer: bloom_of([TOPIC, peer[:4]]) for peer in (A, B, C)}
    for peer, bloom in wishes.items():
        meet(node, peer, status=rlp.encode([6, 0, bloom, 1]))
    hashes = [each.hash for each in several]
    for turn, share in enumerate((hashes[:3], hashes[3:6], hashes[6:]), 1):
        assert passed_on(node, NOW + turn) == dict.fromkeys(wishes, share)
    assert passed_on(node, NOW + 4) == {}


def test_a_light_node_passes_on_only_its_own():
    node = whisper(light=True)
    meet(node, A, B)
    theirs, ours = envelope(1), envelope(2)
    node.receive(A, 1, packet(theirs), NOW)
    node.post([ours], NOW)
    assert node.drain() == [Arrival(A, b"", (theirs,), ())]
    assert passed_on(node, NOW + 1) == {A: [ours.hash], B: [ours.hash]}


def test_a_peer_on_hold_is_sent_nothing_until_it_is_released():
    node = whisper()
    meet(node, A, B)
    node.hold(A)
    early, late = envelope(1, ttl_s=2), envelope(2)
    node.post([early, late], NOW)
    assert passed_on(node, NOW + 1) == {B: [early.hash, late.hash]}
    assert node.deadline() == NOW + 3
    node.release(A)
    assert passed_on(node, NOW + 3) == {A: [late.hash]}


def test_bits_of_peers_that_are_gone_are_used_again():
    node = whisper()
    for n in range(300):
        peer = n.to_bytes(32, "big")
        meet(node, peer)
        node.receive(peer, 1, packet(envelope(n)), NOW)
        node.drain()
        node.disconnected(peer)
    assert max(entry.known for entry in node.pool.entries.values()) < 1 << 70
    meet(node, A)
    assert len(passed_on(node, NOW + 1)[A]) == 300
