"""Mutated envelopes through the path that accepts them: parsed, hashed, their work measured."""

from tests.fuzz.build import mutate
from tests.oracle import whisper as oracle
from waypost._ext.envelope import REASONS

COUNT = 1_000_000
OUTCOMES = ("accepted", *REASONS)


def corpus():
    """Small and large numbers, data in each form, and the edges of a block of Keccak."""
    fields = [
        (0, 0, bytes(4), b"", 0),
        (2**31, 50, b"abcd", b"\x7f", 1),
        (2**32 - 1, 2**32 - 1, b"\xff" * 4, b"\x80", 2**64 - 1),
        (2**31, 50, b"abcd", bytes(55), 300),
        (2**31, 50, b"abcd", bytes(112), 300),
        (2**31, 50, b"abcd", bytes(300), 12345),
        (2**31, 50, b"abcd", bytes(1300), 2**40),
    ]
    return [oracle.encode(*each) for each in fields]


def run(count, seed):
    """{outcome: how often}, over `count` mutants. None is so long, nor so many."""
    outcomes = dict(zip(OUTCOMES, mutate().envelopes(corpus(), count, seed), strict=True))
    del outcomes["too-long"], outcomes["too-many"]
    return outcomes
