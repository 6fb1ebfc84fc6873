"""Whisper: what every envelope costs a node, and the search for a nonce."""

from benchmarks.cases import Case
from waypost._ext import bloom, envelope, rlp

ENVELOPE = envelope.Envelope.create(
    expiry_s=1546300850, ttl_s=50, topic=bytes.fromhex("70a4beef"), data=bytes(282)
)
PACKET_COUNT = 32  # envelopes of a packet, or of an answer to a question for history
PACKET = rlp.encode_list(b"".join(ENVELOPE.sealed(n).raw for n in range(128, 128 + PACKET_COUNT)))
SEARCH_COUNT = 4096  # nonces; none of them has as many zero bits as are asked for
WANTED_BITS = 60


def accept(raw: bytes, filter_bloom: bytes) -> tuple[bytes, float, bool]:
    accepted = envelope.Envelope.parse(raw)
    return accepted.hash, accepted.pow, accepted.matches(filter_bloom)


def accept_packet(packet: bytes, filter_bloom: bytes) -> list[tuple[bytes, float, bool]]:
    accepted = envelope.Envelope.parse_list(packet)
    return [(each.hash, each.pow, each.matches(filter_bloom)) for each in accepted]


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
        name="search 4096 nonces",
        call=ENVELOPE.search,
        args=(0, SEARCH_COUNT, WANTED_BITS),
        twin="benchmarks.twins:search",
        twin_args=(ENVELOPE.raw, SEARCH_COUNT),
        yardstick="hash",
        count=5,
    ),
]
