"""Mutated records through read_fields(), and through the verification of their signatures."""

from tests.fuzz.build import mutate
from tests.oracle import enr as oracle
from waypost._ext.fields import REASONS

COUNT = 1_000_000
SECRET = bytes([7] * 32)
OUTCOMES = ("accepted", *REASONS)


def corpus():
    """Small and large records, with every key that is known and some that are not."""
    identity = [(b"id", b"v4"), (b"secp256k1", oracle.public_key(SECRET))]
    endpoints = [
        (b"ip", bytes([127, 0, 0, 1])),
        (b"ip6", bytes(15) + b"\x01"),
        (b"tcp", b"\x01"),
        (b"tcp6", b"\x80"),
        (b"udp", b"\x76\x5f"),
        (b"udp6", b"\xff\xff"),
    ]
    others = [(b"", b""), (b"eth", [[b"\xfc\x64\xec\x04", b""]]), (b"snap", [])]
    filled = [*identity, (b"a", bytes(174))]
    return [
        oracle.sign(SECRET, seq, sorted(pairs))
        for seq, pairs in (
            (0, identity),
            (1, identity + endpoints),
            (2**64 - 1, identity + endpoints + others),
            (300, filled),
        )
    ]


def run(count, seed):
    """{outcome: how often}, over `count` mutants. Mutants are bytes, so no text is bad."""
    outcomes = dict(zip(OUTCOMES, mutate().records(corpus(), count, seed), strict=True))
    del outcomes["bad-text"]
    return outcomes
