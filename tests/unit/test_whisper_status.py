"""What a Whisper node says first, and what it takes as a status."""

import struct

import pytest
import rlp

from tests.whispers import (
    CONFIRMING,
    FULL_STATUS,
    NOW,
    TOPIC,
    A,
    B,
    meet,
    refusal_of,
    whisper,
)
from waypost._ext.bloom import FULL, bloom_of
from waypost.whisper.effects import (
    Ready,
    Send,
)
from waypost.whisper.packets import RateLimits, Status


def test_our_status_is_the_captured_one():
    node = whisper(pow_min=0.002, confirmations=True)
    node.connected(A, "203.0.113.1", NOW)
    assert node.drain() == [Send(A, 0, CONFIRMING)]


def test_a_light_node_says_so_and_its_bloom():
    bloom = bloom_of([TOPIC])
    node = whisper(pow_min=0.5, light=True, bloom=bloom)
    node.connected(A, "203.0.113.1", NOW)
    (sent,) = node.drain()
    pow_bits = struct.pack(">d", 0.5).lstrip(b"\0")
    assert rlp.decode(sent.payload) == [b"\x06", pow_bits, bloom, b"\x01", b""]


@pytest.mark.parametrize(
    ("items", "status"),
    [
        ([6], Status()),
        ([6, 0], Status()),
        ([6, struct.pack(">d", 0.5)], Status(0.5)),
        ([6, 0, bytes(64)], Status(0.0, bytes(64))),
        ([6, 0, b"", 1], Status(light=True)),
        ([6, 0, b"", 0, 1], Status(confirmations=True)),
        ([6, 0, b"", 0, 1, [10, 5, 1]], Status(confirmations=True, limits=RateLimits(10, 5, 1))),
        ([6, 0, b"", 0, 1, b"?", [b""], b"more"], Status(confirmations=True)),
    ],
)
def test_the_forms_of_status(items, status):
    assert meet(whisper(), A, status=rlp.encode(items))[-1] == Ready(A, status)


@pytest.mark.parametrize(
    ("code", "payload", "refusal"),
    [
        (0, b"", "bad-status"),
        (0, b"\x06", "bad-status"),
        (0, b"\xc0", "bad-status"),
        (0, rlp.encode([6]) + b"\0", "bad-status"),
        (0, rlp.encode([6, 0, b"", 2]), "bad-status"),
        (0, rlp.encode([6, 0, b"", 0, [b""]]), "bad-status"),
        (0, rlp.encode([6, 0, b"", 0, 0, bytes(1024)]), "bad-status"),
        (0, rlp.encode([5]), "version"),
        (0, rlp.encode([b"\0\x06"]), "version"),
        (0, rlp.encode([[b"\x06"]]), "version"),
        (0, rlp.encode([6, struct.pack(">d", float("nan"))]), "bad-pow"),
        (0, rlp.encode([6, struct.pack(">d", float("inf"))]), "bad-pow"),
        (0, rlp.encode([6, struct.pack(">d", -1.0)]), "bad-pow"),
        (0, rlp.encode([6, bytes([1] * 9)]), "bad-pow"),
        (0, rlp.encode([6, [b""]]), "bad-pow"),
        (0, rlp.encode([6, 0, bytes(63)]), "bad-bloom"),
        (0, rlp.encode([6, 0, []]), "bad-bloom"),
        (1, b"\xc0", "no-status"),
        (127, b"\xc0", "no-status"),
    ],
)
def test_what_is_no_status(code, payload, refusal):
    node = whisper()
    node.connected(A, "203.0.113.1", NOW)
    node.receive(A, code, payload, NOW)
    assert refusal_of(node.drain()) == refusal
    node.receive(A, 0, FULL_STATUS, NOW)  # it is not there any more
    node.disconnected(A)
    assert node.drain() == []
    assert node.refusals == {refusal: 1}


def test_a_status_comes_once_and_in_time():
    node = whisper()
    meet(node, A)
    node.receive(A, 0, FULL_STATUS, NOW)
    assert refusal_of(node.drain()) == "second-status"
    node.connected(B, "203.0.113.1", NOW)
    assert node.deadline() == NOW + 5
    node.tick(NOW + 4.9)
    assert [type(each) for each in node.drain()] == [Send]
    node.tick(NOW + 5)
    assert refusal_of(node.drain()) == "status-timeout"
    assert node.deadline() > NOW + 1e6


def test_two_light_nodes_are_of_no_use_to_each_other():
    light = rlp.encode([6, 0, b"", 1])
    assert refusal_of(meet(whisper(light=True), A, status=light)) == "both-light"
    assert meet(whisper(), A, status=light)[-1] == Ready(A, Status(light=True))


def test_a_full_bloom_is_left_empty():
    node = whisper(bloom=FULL)
    node.connected(A, "203.0.113.1", NOW)
    assert rlp.decode(node.drain()[0].payload)[2] == b""
