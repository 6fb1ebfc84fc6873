"""Whisper: what every envelope costs a node, and the search for a nonce."""

from benchmarks.cases import Case
from waypost._ext import bloom, envelope, rlp
from waypost.config import WhisperConfig
from waypost.whisper.effects import Arrival
from waypost.whisper.machine import Whisper
from waypost.whisper.packets import Code, Status, encode_status

NOW = 1546300810
PEER = bytes(32)
ENVELOPE = envelope.Envelope.create(
    expiry_s=1546300850, ttl_s=50, topic=bytes.fromhex("70a4beef"), data=bytes(282)
)
PACKET_COUNT = 32  # envelopes of a packet, or of an answer to a question for history
PACKET = rlp.encode_list(b"".join(ENVELOPE.sealed(n).raw for n in range(128, 128 + PACKET_COUNT)))
TAKEN_COUNT = 512  # so many that a new node costs little beside them
TAKEN = rlp.encode_list(b"".join(ENVELOPE.sealed(n).raw for n in range(TAKEN_COUNT)))
SEARCH_COUNT = 4096  # nonces; none of them has as many zero bits as are asked for
WANTED_BITS = 60


def accept(raw: bytes, filter_bloom: bytes) -> tuple[bytes, float, bool]:
    accepted = envelope.Envelope.parse(raw)
    return accepted.hash, accepted.pow, accepted.matches(filter_bloom)


def accept_packet(packet: bytes, filter_bloom: bytes) -> list[tuple[bytes, float, bool]]:
    accepted = envelope.Envelope.parse_list(packet)
    return [(each.hash, each.pow, each.matches(filter_bloom)) for each in accepted]


def take_packet(packet: bytes, now: int) -> list[bytes]:
    """What a new node takes of it."""
    node = Whisper(WhisperConfig(pow_min=0.0))
    node.connected(PEER, "127.0.0.1", now)
    node.receive(PEER, Code.STATUS, encode_status(Status()), now)
    node.receive(PEER, Code.MESSAGES, packet, now)
    arrivals = [effect for effect in node.drain() if isinstance(effect, Arrival)]
    return [each.hash for arrival in arrivals for each in arrival.envelopes]


CASES = [
    Case(
        name="accept an envelope of 300 bytes",
        call=accept,
        args=(ENVELOPE.raw, bloom.FULL),
        twin="tests.oracle.whisper:accept",
        yardstick="hash",
    ),
    Case(
        name="accept a packet of 32 of them",
        call=accept_packet,
        args=(PACKET, bloom.FULL),
        twin="benchmarks.twins:accept_packet",
        yardstick="hash",
        count=100,
    ),
    Case(
        name="take a packet of 512 into a node",
        call=take_packet,
        args=(TAKEN, NOW),
        twin="benchmarks.twins:take_packet",
        yardstick="hash",
        count=10,
    ),
    Case(
        name="search 4096 nonces",
        call=ENVELOPE.search,
        args=(0, SEARCH_COUNT, WANTED_BITS),
        twin="benchmarks.twins:search",
        twin_args=(ENVELOPE.raw, SEARCH_COUNT),
        yardstick="hash",
        count=5,
    ),
]
