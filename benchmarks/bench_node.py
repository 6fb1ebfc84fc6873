"""Whole nodes over loopback, in processes of their own: how often a second they answer.

With one request in flight the machine is measured more than the node: each end sleeps until the
other wakes it, and to wake another processor may take longer than all the work.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median

from benchmarks.cases import Rate
from benchmarks.processes import Peer

PYTHON = sys.executable, "-m"
OURS, TWIN, FLOOD = (f"benchmarks.peers.{name}" for name in ("node", "plain_udp", "flood"))
ROUNDS = 5
ROUND_S = 0.3
PINGS_IN_FLIGHT = 64


@contextmanager
def connected(server: str, client: str) -> Iterator[Peer]:
    """A client of a server."""
    with (
        Peer(*PYTHON, server, cpu=0) as serving,
        Peer(*PYTHON, client, serving.line(), cpu=1) as asking,
    ):
        yield asking


def rate(client: Peer, in_flight: int) -> float:
    return float(client.asked(f"{in_flight} {ROUND_S}"))


def side_by_side(clients: tuple[str, str], in_flight: int) -> tuple[float, float]:
    """Answers a second, ours and the twin's: medians of rounds that take turns."""
    with ExitStack() as stack:
        pairs = zip((OURS, TWIN), clients, strict=True)
        both = [stack.enter_context(connected(*pair)) for pair in pairs]
        rounds = [[rate(client, in_flight) for client in both] for _ in range(ROUNDS)]
    ours, twins = zip(*rounds, strict=True)
    return median(ours), median(twins)


RATES = [
    Rate(
        name=f"PING served, {PINGS_IN_FLIGHT} in flight",
        measure=partial(side_by_side, (FLOOD, FLOOD), PINGS_IN_FLIGHT),
    ),
    *(
        Rate(
            name=f"TALKREQ round trips, {in_flight} in flight",
            measure=partial(side_by_side, (OURS, TWIN), in_flight),
        )
        for in_flight in (1, 8, 64)
    ),
]
