"""A history over loopback: our mail server and go-ethereum's, asked by the same client.

Ours is asked for bundles, and for page after page; go-ethereum's knows neither, and does not say
when it is done: it is when all has come. For more of them: `python -m benchmarks.bench_history
1000000`.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import time

from benchmarks.cases import Comparison
from benchmarks.peers import history
from benchmarks.processes import Peer
from waypost.net.archive.sqlite import SqliteArchive

COUNT = 100_000
TURNS = 3
APPEND_COUNT = 4096
PASSWORD = "wwww"
GROWN_MAX_B = 64 << 20  # our server's memory, above what it has when idle
PYTHON = sys.executable, "-m"
Cpus = tuple[int | None, int | None]  # of servers, and of clients
EVERYWHERE, APART = (None, None), (0, 1)
CLIENT, OURS, GETHS = "benchmarks.peers.tally", "benchmarks.peers.mail_server", "geth-mailserver"


@dataclass(frozen=True)
class Asked:
    """A server, and a client that asks it for everything."""

    server: Peer
    client: Peer
    question: str

    def seconds(self) -> float:
        """From the request to the end of the answer."""
        return float(self.client.asked(self.question))


def fill(path: Path, count: int, first_sent_s: int) -> None:
    archive = SqliteArchive(path)
    for start in range(0, count, APPEND_COUNT):
        indices = range(start, min(start + APPEND_COUNT, count))
        archive.append([history.envelope(index, first_sent_s) for index in indices])
    archive.close()


@contextmanager
def both(program: str, count: int, cpus: Cpus) -> Iterator[tuple[Asked, Asked]]:
    """Ours and go-ethereum's, with the same history."""
    last_sent_s = int(time()) - 60
    first_sent_s = last_sent_s - count // history.COUNT_A_SECOND
    question = f"{first_sent_s} {last_sent_s} {count * history.SIZE_B}"
    with TemporaryDirectory() as folder, ExitStack() as stack:
        path = Path(folder)
        fill(path / "ours", count, first_sent_s)
        commands = {
            "paged": (*PYTHON, OURS, path / "ours", PASSWORD),
            "whole": (program, path / "geths", PASSWORD, count, first_sent_s),
        }
        asked = []
        for form, command in commands.items():
            server = stack.enter_context(Peer(*map(str, command), cpu=cpus[0]))
            command = *PYTHON, CLIENT, form, server.line(), PASSWORD
            client = stack.enter_context(Peer(*command, cpu=cpus[1]))
            assert client.line() == "connected"
            asked.append(Asked(server, client, question))
        yield asked[0], asked[1]


def rounds(count: int, cpus: Cpus, turns: int) -> Iterator[tuple[float, float]]:
    """Seconds of ours and of go-ethereum's, in turns. Then our memory is looked at."""
    with both(shutil.which(GETHS) or GETHS, count, cpus) as (ours, geths):
        idle_b = ours.server.idle_b()
        for _ in range(turns):
            yield ours.seconds(), geths.seconds()
        grown_b = ours.server.peak_b() - idle_b
    print(f"our mail server has grown by {grown_b >> 20} MiB")
    assert grown_b <= GROWN_MAX_B


def side_by_side(cpus: Cpus) -> tuple[float, float] | None:
    """Medians."""
    if shutil.which(GETHS) is None:
        return None
    ours, geths = zip(*rounds(COUNT, cpus, TURNS), strict=True)
    return median(ours), median(geths)


COMPARISONS = [
    Comparison(
        name=f"history of {COUNT:,} served / go-ethereum",
        measure=partial(side_by_side, EVERYWHERE),
        cost_max=1 / 10,
    ),
    Comparison(
        name=f"history of {COUNT:,}, servers on one processor",
        measure=partial(side_by_side, APART),
    ),
]

if __name__ == "__main__":
    for seconds in rounds(int(sys.argv[1]), EVERYWHERE, turns=1):
        print(seconds)
