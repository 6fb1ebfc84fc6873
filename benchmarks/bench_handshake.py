"""A session opened between two nodes that hold each other's record."""

from benchmarks.cases import Case
from benchmarks.pair import Pair

CASES = [
    Case(
        name="a handshake, both sides",
        call=Pair().handshake,
        twin="benchmarks.twin_pair:handshake",
        yardstick="curve",
        count=10,
    ),
]
