"""A datagram in, its answer out: mask, session, seal and message, both ways."""

from benchmarks.cases import Case
from benchmarks.pair import Pair

PAIR = Pair()

CASES = [
    Case(
        name="serve a PING",
        call=PAIR.served,
        args=(PAIR.sealed_ping(),),
        twin="benchmarks.twin_pair:ping_served",
        twin_args=(),
        yardstick="parse",
    ),
]
