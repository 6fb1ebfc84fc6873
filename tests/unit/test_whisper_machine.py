"""What a Whisper node takes, answers, refuses and forgets."""

import struct

import pytest
import rlp

from tests.oracle.enr import keccak256
from tests.whispers import (
    CONFIRMING,
    NOW,
    A,
    B,
    C,
    envelope,
    meet,
    packet,
    passed_on,
    refusal_of,
    whisper,
)
from waypost._ext.bloom import bloom_of
from waypost.errors import ConfigError, EnvelopeError
from waypost.rlpx.basics import Reason
from waypost.whisper.effects import (
    Acknowledged,
    Answered,
    Arrival,
    Drop,
    Packet,
    Ready,
    Send,
)
from waypost.whisper.packets import Fault, Status


def test_expired_envelopes_are_forgotten():
    node = whisper()
    meet(node, A)
    several = [envelope(n, ttl_s=n) for n in range(1, 9)]
    node.receive(A, 1, packet(*several), NOW)
    assert node.deadline() <= NOW + 2
    for ttl_s in range(1, 9):
        assert len(node.pool.entries) == 9 - ttl_s
        node.tick(NOW + ttl_s + 1)
    assert node.pool.size_b == 0
    meet(node, B, now=NOW + 9)
    assert passed_on(node, NOW + 10) == {}


def test_acknowledgements_are_the_captured_ones():
    node = whisper()
    meet(node, A, status=CONFIRMING)
    sent = packet(envelope())
    node.receive(A, 1, sent, NOW)
    node.receive(A, 1, sent, NOW)
    first, again = node.drain()
    batch_hash = keccak256(sent)
    assert first == Arrival(A, batch_hash, (envelope(),), ())
    assert again == Arrival(A, batch_hash, (), ())
    node.acknowledge(first)
    assert node.drain() == [
        Send(A, 12, bytes.fromhex("e401e2a0") + batch_hash + b"\xc0"),
        Send(A, 11, b"\xa0" + batch_hash),
    ]
    node.disconnected(A)
    node.acknowledge(again)
    assert node.drain() == []


@pytest.mark.parametrize("sent_s", [int(NOW) + 11, int(NOW) - 71])
def test_clocks_that_differ(sent_s):
    """Status tells the sender, go-ethereum hangs up; the others of the packet are taken."""
    node = whisper()
    meet(node, A, status=CONFIRMING)
    bad, good = envelope(sent_s=sent_s), envelope(1)
    node.receive(A, 1, packet(bad, good), NOW)
    (arrival,) = node.drain()
    assert arrival.envelopes == (good,)
    node.acknowledge(arrival)
    response = rlp.decode(node.drain()[0].payload)
    why = "from-the-future" if sent_s > NOW else "very-old"
    assert response == [b"\x01", [arrival.batch_hash, [[bad.hash, b"\x24", why.encode()]]]]
    meet(node, B)
    node.receive(B, 1, packet(bad, envelope(2)), NOW)
    arrival, drop = node.drain()
    assert arrival.envelopes == (envelope(2),)
    assert drop == Drop(B, Reason.SUBPROTOCOL, why)


def test_the_answer_to_many_that_are_refused_is_a_packet_that_peers_take():
    node = whisper(packet_size_max_b=1000)
    meet(node, A, status=CONFIRMING)
    early = [envelope(number, sent_s=int(NOW) + 11, size_b=0) for number in range(40)]
    node.receive(A, 1, packet(*early), NOW)
    (arrival,) = node.drain()
    node.acknowledge(arrival)
    response, acknowledgement = node.drain()
    assert len(response.payload) <= 1000
    batch_hash, told = rlp.decode(response.payload)[1]
    assert rlp.decode(acknowledgement.payload) == batch_hash == arrival.batch_hash
    assert [each[0] for each in told] == [each.hash for each in early[: len(told)]]
    assert len(told) > 10


def test_a_little_late_is_no_fault():
    node = whisper()
    meet(node, A)
    node.receive(A, 1, packet(envelope(sent_s=int(NOW) - 60)), NOW)
    assert node.drain() == []
    assert node.refusals == {"expired": 1}


@pytest.mark.parametrize(
    ("settings", "change", "refusal"),
    [
        ({"pow_min": 0.2}, {}, "low-work"),
        ({"bloom": bloom_of([b"wxyz"])}, {}, "bloom-mismatch"),
        ({"envelope_size_max_b": 60}, {}, "too-large"),
    ],
)
def test_what_is_a_peers_fault(settings, change, refusal):
    node = whisper(**settings)
    meet(node, A, status=CONFIRMING)
    bad = envelope(**change)
    node.receive(A, 1, packet(bad), NOW)
    arrival, drop = node.drain()
    assert arrival.refused == (Fault(bad.hash, 37, refusal),)
    assert drop == Drop(A, Reason.SUBPROTOCOL, refusal)
    assert node.refusals == {refusal: 1}


@pytest.mark.parametrize(
    ("sent_s", "ttl_s", "refusal"),
    [(int(NOW) + 9, 0, "no-lifetime"), (int(NOW) + 6 - 2**32, 2**32 - 1, "ttl-beyond-expiry")],
)
def test_what_go_ethereum_passes_on_is_refused_and_is_no_fault(sent_s, ttl_s, refusal):
    """Its numbers wrap at 2**32, and its work is over the ttl and the time to the sending: so it
    takes both, and would lose its links to us.
    """
    node = whisper()
    meet(node, A)
    bad, good = envelope(sent_s=sent_s, ttl_s=ttl_s), envelope(1)
    node.receive(A, 1, packet(bad, good), NOW)
    (arrival,) = node.drain()
    assert arrival.envelopes == (good,)
    assert arrival.refused == (Fault(bad.hash, 37, refusal),)
    assert node.refusals == {refusal: 1}


@pytest.mark.parametrize(
    ("code", "payload", "refusal"),
    [
        (1, b"", "bad-rlp"),
        (1, b"\x80", "bad-rlp"),
        (1, b"\xc1\xc0", "bad-rlp"),
        (1, b"\xc0\x00", "trailing-bytes"),
        (2, b"", "bad-pow"),
        (2, b"\xc0", "bad-pow"),
        (2, rlp.encode(struct.pack(">d", -0.5)), "bad-pow"),
        (3, rlp.encode(bytes(63)), "bad-bloom"),
        (3, rlp.encode(b""), "bad-bloom"),
        (3, rlp.encode([bytes(64)]), "bad-bloom"),
        (11, rlp.encode(bytes(31)), "bad-acknowledgement"),
        (12, rlp.encode([2, [bytes(32), []]]), "bad-response"),
        (12, rlp.encode([1, [bytes(31), []]]), "bad-response"),
        (12, rlp.encode([1, [bytes(32), [[bytes(31), 37, b""]]]]), "bad-response"),
        (20, rlp.encode([1, 2]), "bad-limits"),
        (20, rlp.encode([1, 2, bytes(9)]), "bad-limits"),
        (2, rlp.encode([b""] * 2000), "bad-pow"),
        (20, rlp.encode([b""] * 2000), "bad-limits"),
        (99, bytes((1 << 20) + 1), "packet-size"),
    ],
)
def test_packets_that_are_not_what_they_should_be(code, payload, refusal):
    node = whisper()
    meet(node, A)
    node.receive(A, code, payload, NOW)
    assert refusal_of(node.drain()) == refusal


def test_changes_of_ours_are_told_and_peers_have_time_to_heed_them():
    node = whisper(pow_min=0.0)
    meet(node, A, B)
    node.set_pow_min(0.5, NOW)
    pow_packet = rlp.encode(struct.pack(">d", 0.5))
    assert node.drain() == [Send(A, 2, pow_packet), Send(B, 2, pow_packet)]
    bloom = bloom_of([b"wxyz"])
    node.set_bloom(bloom, NOW)
    assert node.drain() == [Send(A, 3, rlp.encode(bloom)), Send(B, 3, rlp.encode(bloom))]
    node.receive(A, 1, packet(envelope(1)), NOW + 9.9)
    assert node.drain() == [Arrival(A, b"", (envelope(1),), ())]
    assert passed_on(node, NOW + 9.95) == {B: [envelope(1).hash]}
    node.tick(NOW + 10)
    node.receive(A, 1, packet(envelope(2)), NOW + 10)
    assert refusal_of(node.drain()) == "low-work"
    node.connected(C, "203.0.113.1", NOW)
    assert rlp.decode(node.drain()[0].payload)[1:3] == [rlp.decode(pow_packet), bloom]
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ConfigError):
            node.set_pow_min(wrong, NOW)
    for wrong in (b"", bytes(63)):
        with pytest.raises(ConfigError):
            node.set_bloom(wrong, NOW)


def test_what_peers_say_of_our_packets_and_of_their_rates():
    node = whisper(confirmations=True)
    meet(node, A)
    answer = [1, [bytes(32), [[bytes([7] * 32), 36, b"early"], [bytes(32), 37, b"\xff"]]]]
    node.receive(A, 12, rlp.encode(answer), NOW)
    node.receive(A, 11, rlp.encode(bytes(32)), NOW)
    node.receive(A, 20, rlp.encode([10, 5, 0]), NOW)
    node.receive(A, 12, rlp.encode([b""] * 100_000), NOW)
    node.receive(A, 99, b"anything", NOW)
    faults = (Fault(bytes([7] * 32), 36, "early"), Fault(bytes(32), 37, "\ufffd"))
    assert node.drain() == [Answered(A, bytes(32), faults), Acknowledged(A, bytes(32))]
    assert node.refusals == {"long-response": 1, "unknown-code": 1}


def test_mail_is_handed_up_and_what_needs_trust_only_with_it():
    node = whisper()
    meet(node, A)
    for code in range(122, 128):
        node.receive(A, code, b"mail", NOW)
    assert node.drain() == [Packet(A, 123, b"mail"), Packet(A, 126, b"mail")]
    assert node.refusals == {"unknown-code": 1, "untrusted": 3}
    node.trust(A)
    for code in (124, 125, 127):
        node.receive(A, code, b"mail", NOW)
    assert node.drain() == [Packet(A, code, b"mail") for code in (124, 125, 127)]
    node.send(A, 126, b"request")
    assert node.drain() == [Send(A, 126, b"request")]


@pytest.mark.parametrize(
    ("settings", "wrong", "reason"),
    [
        ({"pow_min": 0.2}, {}, "low-work"),
        ({}, {"sent_s": int(NOW) + 11}, "from-the-future"),
        ({}, {"sent_s": int(NOW) - 51}, "expired"),
        ({"packet_size_max_b": 60}, {}, "too-large"),
        ({"pool_count_max": 1}, {}, "pool-full"),
        ({"pool_size_max_b": 100}, {}, "pool-full"),
    ],
)
def test_what_the_network_would_refuse_is_not_posted(settings, wrong, reason):
    node = whisper(**settings)
    with pytest.raises(EnvelopeError) as refused:
        node.post([envelope(1, size_b=30), envelope(2, **wrong)], NOW)
    assert refused.value.reason == reason
    assert node.pool.entries == {}


def test_a_full_pool_takes_no_more_and_that_is_no_fault():
    node = whisper(pool_count_max=2)
    meet(node, A, status=CONFIRMING)
    several = [envelope(n, ttl_s=n + 1) for n in range(3)]
    node.receive(A, 1, packet(*several), NOW)
    (arrival,) = node.drain()
    assert arrival.envelopes == tuple(several[:2])
    assert arrival.refused == (Fault(several[2].hash, 37, "pool-full"),)
    node.tick(NOW + 2)
    node.receive(A, 1, packet(several[2]), NOW + 2)
    assert node.drain()[-1].envelopes == (several[2],)


def test_in_a_full_pool_less_work_gives_way_to_more():
    """A flood of small envelopes with little work keeps nobody out, and does not come back."""
    node = whisper(pool_count_max=4)
    meet(node, A, B)
    flood = [envelope(n, ttl_s=1000) for n in range(4)]
    late = envelope(9, ttl_s=1)
    node.receive(A, 1, packet(*flood), NOW)
    node.drain()
    node.receive(A, 1, packet(late), NOW)
    (arrival,) = node.drain()
    assert arrival.envelopes == (late,)
    (displaced,) = {each.hash for each in flood} - set(node.pool.entries)
    assert displaced not in passed_on(node, NOW + 1)[B]
    node.receive(B, 1, packet(*flood), NOW + 1)
    assert node.drain() == []
    assert node.refusals == {"pool-full": 1}
    assert (len(node.pool.entries), node.pool.displaced_count) == (4, 1)


def test_as_many_peers_as_there_may_be():
    node = whisper(peer_count_max=1)
    meet(node, A)
    node.connected(B, "203.0.113.1", NOW)
    assert node.drain() == [Drop(B, Reason.TOO_MANY_PEERS, "too-many-peers")]
    node.disconnected(B)
    with pytest.raises(ConfigError):
        node.connected(A, "203.0.113.1", NOW)
    node.disconnected(A)
    assert meet(node, B)[-1] == Ready(B, Status())


def test_a_time_of_day_that_is_put_back_stops_nothing():
    node = whisper()
    meet(node, A, B)
    node.receive(A, 1, packet(envelope(1)), NOW)
    node.tick(NOW + 1)
    node.drain()
    then = NOW - 3600
    late = envelope(2, sent_s=int(then))
    node.receive(A, 1, packet(late), then)
    assert node.drain() == [Arrival(A, b"", (late,), ())]
    assert node.deadline() <= then + 0.301
    assert passed_on(node, then + 0.3) == {B: [late.hash]}
