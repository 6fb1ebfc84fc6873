"""Mutated packets to a Whisper node: none raises, and each is read, ignored or a refusal."""

import random
import struct

import rlp

from tests.fuzz.fuzz_rlpx import mutant
from waypost._ext.envelope import Envelope
from waypost.config import RateConfig, WhisperConfig
from waypost.whisper.effects import Acknowledged, Answered, Arrival, Drop, Packet, Ready, Send
from waypost.whisper.machine import Whisper

COUNT = 2_000_000
NAMES = ("status", "messages", "pow", "bloom", "acknowledgement", "response", "limits", "mail")
OUTCOMES = [f"{name} {end}" for name in NAMES[:-1] for end in ("refused", "read")] + ["mail read"]
NOW = 1_546_300_800.0
PEER, OTHER = b"peer" * 8, b"twin" * 8
NO_LIMIT = RateConfig(packets_per_s=float("inf"), bytes_per_s=float("inf"))
CONFIG = WhisperConfig(
    pow_min=0.0,
    packet_size_max_b=300,
    pool_count_max=50,
    node_rate=NO_LIMIT,
    address_rate=NO_LIMIT,
)


def envelopes(count):
    made = (
        Envelope.create(expiry_s=int(NOW) + 50, ttl_s=50, topic=b"abcd", data=bytes([number] * 9))
        for number in range(count)
    )
    return [rlp.decode(each.raw) for each in made]


HALF = struct.pack(">d", 0.5)
SEEDS = (
    (0, rlp.encode([6, HALF, bytes(64), 0, 1, [10, 5, 0]])),
    (1, rlp.encode(envelopes(3))),
    (2, rlp.encode(HALF)),
    (3, rlp.encode(bytes(64))),
    (11, rlp.encode(bytes(32))),
    (12, rlp.encode([1, [bytes(32), [[bytes(range(32)), 36, b"early"]]]])),
    (20, rlp.encode([10, 5, 0])),
    (126, rlp.encode(envelopes(1)[0])),
)
READ = (Acknowledged, Answered, Arrival, Packet, Ready)


class Crowd:
    """A node with two peers, one of which is watched."""

    def __init__(self):
        self.node = Whisper(CONFIG)
        self.node.connected(OTHER, "203.0.113.1", NOW)
        self.node.receive(OTHER, 0, rlp.encode([6]), NOW)
        self.now = NOW

    def outcome(self, name, code, payload):
        node = self.node
        node.disconnected(PEER)
        node.connected(PEER, "203.0.113.2", self.now)
        if code:
            node.receive(PEER, 0, rlp.encode([6]), self.now)
        node.drain()
        node.receive(PEER, code, payload, self.now)
        effects = node.drain()
        self.now += 0.01
        node.tick(self.now)
        for effect in node.drain():
            assert isinstance(effect, Send)
            assert len(effect.payload) <= CONFIG.packet_size_max_b
            Envelope.parse_list(effect.payload)
        assert len(node.pool.entries) <= CONFIG.pool_count_max
        drops = [effect for effect in effects if isinstance(effect, Drop)]
        assert len(drops) <= 1
        assert all(isinstance(effect, READ) for effect in effects if effect not in drops)
        return f"{name} {'refused' if drops else 'read'}"


def run(count, seed):
    """{outcome: how often}, over `count` mutants."""
    draw, outcomes = random.Random(seed), dict.fromkeys(OUTCOMES, 0)
    crowd = Crowd()
    for number in range(count):
        at = number % len(SEEDS)
        code, payload = SEEDS[at]
        outcomes[crowd.outcome(NAMES[at], code, mutant(draw, payload))] += 1
        if number % 10_000 == 0:
            crowd = Crowd()
    return outcomes
