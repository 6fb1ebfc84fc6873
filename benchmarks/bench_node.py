"""Whole nodes over loopback, in processes of their own: how often a second they answer.

With one request in flight the machine is measured more than the node: each end sleeps until the
other wakes it, and to wake another processor may take longer than all the work.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median
from subprocess import PIPE, Popen

from benchmarks.cases import Rate

OURS, TWIN, FLOOD = (f"benchmarks.peers.{name}" for name in ("node", "plain_udp", "flood"))
ROUNDS = 5
ROUND_S = 0.3
PINGS_IN_FLIGHT = 64
END_S = 10.0


class Peer:
    """A process of benchmarks.peers, on a processor of its own where that can be had."""

    def __init__(self, module: str, *arguments: str, cpu: int) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self.process = Popen(command, stdin=PIPE, stdout=PIPE, text=True)
        if hasattr(os, "sched_setaffinity"):
            cpus = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(self.process.pid, {cpus[cpu % len(cpus)]})

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.process.communicate(timeout=END_S)
        finally:
            self.process.kill()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def rate(self, in_flight: int) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{in_flight} {ROUND_S}\n")
        self.process.stdin.flush()
        return float(self.line())


@contextmanager
def connected(server: str, client: str) -> Iterator[Peer]:
    """A client of a server."""
    with Peer(server, cpu=0) as serving, Peer(client, serving.line(), cpu=1) as asking:
        yield asking


def side_by_side(clients: tuple[str, str], in_flight: int) -> tuple[float, float]:
    """Answers a second, ours and the twin's: medians of rounds that take turns."""
    with ExitStack() as stack:
        pairs = zip((OURS, TWIN), clients, strict=True)
        both = [stack.enter_context(connected(*pair)) for pair in pairs]
        rounds = [[client.rate(in_flight) for client in both] for _ in range(ROUNDS)]
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
