"""Both ends of a connection against each other, cut at any byte; and any bytes at all."""

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from waypost._ext.secp256k1 import SecretKey
from waypost.rlpx.capabilities import Capability
from waypost.rlpx.connection import Connected, Connection, Disconnected, Message
from waypost.rlpx.handshake import Entropy

A, B = SecretKey(b"\x01" * 32), SecretKey(b"\x02" * 32)
SHH = Capability("shh", 6, 128)
ETH = Capability("eth", 63, 17)


def entropy(seed):
    return Entropy.draw(random.Random(seed).randbytes)


def pair(ours=(SHH,), theirs=(SHH,), now=0.0, **options):
    """(initiator, recipient)"""
    return (
        Connection(A, ours, entropy(1), now, remote_key=B.public_key, **options),
        Connection(B, theirs, entropy(2), now, **options),
    )


def pieces(data, cuts):
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def exchange(one, other, now=0.0, cuts=()):
    """Carry bytes both ways until both are silent."""
    for _ in range(20):
        there, back = one.drain_output(), other.drain_output()
        if not there and not back:
            return
        for part in pieces(there, cuts):
            other.receive(part, now)
        for part in pieces(back, cuts):
            one.receive(part, now)
    raise AssertionError("they do not stop")


def joined(*arguments, **options):
    """Both ends after Hello, their events taken."""
    ends = pair(*arguments, **options)
    exchange(*ends)
    for end in ends:
        [event] = end.drain_events()
        assert isinstance(event, Connected)
    return ends


cuts = st.lists(st.integers(0, 3000), max_size=12)
payloads = st.lists(st.binary(max_size=2000), min_size=1, max_size=5)


@given(cuts, payloads, payloads)
@settings(max_examples=60)
def test_both_ends_agree_however_the_stream_is_cut(cuts, there, back):
    one, other = pair((SHH, ETH), (SHH,))
    exchange(one, other, cuts=cuts)
    [connected], [greeted] = one.drain_events(), other.drain_events()
    assert (connected.point, greeted.point) == (B.point, A.point)
    assert [(each.capability, each.offset) for each in connected.shared] == [(SHH, 16)]
    for code, payload in enumerate(there):
        one.send("shh", code, payload)
    for code, payload in enumerate(back):
        other.send("shh", code, payload)
    exchange(one, other, cuts=cuts)
    assert other.drain_events() == [Message(SHH, *each) for each in enumerate(there)]
    assert one.drain_events() == [Message(SHH, *each) for each in enumerate(back)]
    one.disconnect()
    exchange(one, other, cuts=cuts)
    assert one.drain_events() == [Disconnected(0, by_peer=False)]
    assert other.drain_events() == [Disconnected(0, by_peer=True)]
    assert one.closed
    assert other.closed


@given(st.lists(st.binary(max_size=700), max_size=6), st.booleans(), st.binary(max_size=2))
@settings(max_examples=100)
def test_any_bytes_are_refused_or_waited_for(parts, is_initiator, head):
    end = pair()[0 if is_initiator else 1]
    for part in [head, *parts]:
        end.receive(part, 0.0)
    events = end.drain_events()
    assert end.closed == bool(events)
    assert len(events) == sum(end.refusals.values()) <= 1
    assert all(event.refusal.startswith("handshake-") for event in events)
