"""Mutated bodies of auth and ack, Hellos, snappy and streams of frames: refused, never raised."""

import random

import rlp

from tests.oracle import rlpx as oracle
from waypost._ext.frames import FrameCodec
from waypost._ext.rlp import decode_front, encode
from waypost.rlpx.basics import decode_disconnect, decode_hello
from waypost.rlpx.compression import compress, decompress

COUNT = 5_000_000
SIZE_MAX_B = 4096
DEPTH_MAX = 8
OUTCOMES = [f"{name} {end}" for name in ("body", "hello", "text") for end in ("refused", "read")]
OUTCOMES += [f"frames {end}" for end in ("read", "header-mac", "frame-mac")]
TURNS = bytes.fromhex("000102037f80818287b7b8b9bfc0c1c2f7f8f9faff")
SECRETS = bytes(range(32)), bytes(range(32, 64))
SEEDS = b"egress" * 30, b"ingress" * 40


def mutant(draw, data):
    """Up to three changes of `data`: a byte set, some cut out, or some put in."""
    data = bytearray(data)
    for _ in range(draw.randrange(4)):
        at = draw.randrange(len(data) + 1)
        kind, size = draw.randrange(4), draw.randrange(1, 9)
        if kind < 2:
            data[at : at + 1] = bytes([draw.choice(TURNS)])
        elif kind == 2:
            del data[at : at + size]
        else:
            data[at:at] = bytes([draw.choice(TURNS)]) * size
    return bytes(data)


def body(data):
    """Accepted is what the oracle's RLP accepts, and encodes to the same bytes again."""
    front = decode_front(data, DEPTH_MAX)
    if front is None:
        return "body refused"
    value, size = front
    assert encode(value) == data[:size], data.hex()
    assert rlp.decode(data[:size]) == value, data.hex()
    return "body read"


def hello(data):
    decode_disconnect(data)
    found = decode_hello(data, 8)
    if found is None:
        return "hello refused"
    assert len(found.point) == 64
    assert len(found.capabilities) <= 8, data.hex()
    return "hello read"


def text(data):
    found = decompress(data, SIZE_MAX_B)
    if found is None:
        return "text refused"
    assert len(found) <= SIZE_MAX_B, data.hex()
    assert decompress(compress(found), SIZE_MAX_B) == found, data.hex()
    return "text read"


def frames(data):
    """Only what was sealed is ever read, and in its order."""
    codec = FrameCodec(*SECRETS, *SEEDS[::-1])
    codec.feed(data)
    found = []
    while (message := codec.next()) is not None:
        found.append(message)
    assert found == MESSAGES[: len(found)], data.hex()
    assert codec.pending_size_b <= len(data)
    return f"frames {codec.refusal or 'read'}"


MESSAGES = [(0, b"\xc0"), (16, bytes(40)), (300, b"text" * 9)]
CODEC = oracle.Codec(*SECRETS, *SEEDS)
AUTH = rlp.encode([bytes(range(65)), bytes(range(64)), bytes(32), 4, [[b""], b"x"]]) + bytes(20)
HELLO = rlp.encode([5, b"twin", [[b"shh", 6], [b"eth", 63]], 0, bytes(64), b"more"])
TARGETS = (
    (body, AUTH),
    (hello, HELLO),
    (text, compress(bytes(range(200)) * 10)),
    (frames, b"".join(CODEC.seal(*message) for message in MESSAGES)),
)


def run(count, seed):
    """{outcome: how often}, over `count` mutants."""
    draw, outcomes = random.Random(seed), dict.fromkeys(OUTCOMES, 0)
    for number in range(count):
        target, data = TARGETS[number % len(TARGETS)]
        outcome = target(mutant(draw, data))
        outcomes[outcome] += 1
    return outcomes
