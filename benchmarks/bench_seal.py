"""Giving an envelope its work, beside go-ethereum's Envelope.Seal on the same processor.

The envelope is one of a message of 200 bytes: padded and encrypted, 284 bytes of data. Both look
at the same nonces in the same order, so they find the same one, and neither looks at more.
"""

import asyncio
import json
import shutil
from statistics import median
from time import perf_counter

from benchmarks.cases import Comparison
from benchmarks.processes import Peer, on_processor
from waypost._ext.digest import tier
from waypost._ext.envelope import Envelope
from waypost.net.sealing import seal

ENVELOPE = Envelope.create(
    expiry_s=1546300850, ttl_s=50, topic=bytes.fromhex("70a4beef"), data=bytes([0, 12]) * 142
)
POW = 15.0
BITS = 18
NONCE = 238_860  # the first with so many zero bits
NONCE_COUNT_MAX = 1 << 20
TURNS = 5
LONG_POW = 500.0
LONG_NONCE = 9_830_454  # so late that to start threads costs nothing beside it
FASTER_MIN = {"avx512": 15, "avx2": 8}  # by the tier of our hashes
PORTABLE_FASTER_MIN = 3


def ours_s() -> float:
    start = perf_counter()
    found = ENVELOPE.search(0, NONCE_COUNT_MAX, BITS)
    elapsed_s = perf_counter() - start
    assert found == (BITS, NONCE)
    return elapsed_s


def geths_s(geth: Peer) -> float:
    answer = json.loads(geth.asked(f"{ENVELOPE.raw.hex()} {POW}"))
    assert answer["nonce"] == NONCE
    return answer["seconds"]


def side_by_side() -> tuple[float, float] | None:
    """Seconds of ours and of go-ethereum's, in turns."""
    program = shutil.which("geth-seal")
    if program is None:
        return None
    assert ENVELOPE.bits_for(POW) == BITS
    with Peer(program, cpu=0) as geth, on_processor(0):
        times = [(ours_s(), geths_s(geth)) for _ in range(TURNS)]
    ours, geths = zip(*times, strict=True)
    return median(ours), median(geths)


def threads_s(count: int) -> float:
    start = perf_counter()
    found = asyncio.run(seal(ENVELOPE, pow=LONG_POW, max_time_s=60, thread_count=count))
    elapsed_s = perf_counter() - start
    assert found.nonce == LONG_NONCE
    return elapsed_s


def by_threads() -> tuple[float, float]:
    """Seconds of two threads and of one, in turns."""
    two, one = zip(*((threads_s(2), threads_s(1)) for _ in range(TURNS)), strict=True)
    return median(two), median(one)


COMPARISONS = [
    Comparison(
        name="sealed by one thread / go-ethereum",
        measure=side_by_side,
        cost_max=1 / FASTER_MIN.get(tier(), PORTABLE_FASTER_MIN),
    ),
    Comparison(name="sealed by two threads / by one", measure=by_threads),
]
