"""Finding the nonce of an envelope: on several threads, in limited time, told of and cancelled."""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

from waypost._ext.envelope import Envelope
from waypost.errors import ConfigError, NotEnoughWork

_CHUNK_COUNT = 1 << 16  # nonces between looks at the clock: 2 to 20 ms
_PROGRESS_INTERVAL_S = 0.25


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search for a nonce is."""

    hash_count: int
    bits: int  # the best so far
    bits_wanted: int
    elapsed_s: float


class _Search:
    """What the threads of one search share: each takes the next chunk of nonces."""

    def __init__(self, envelope: Envelope, bits_wanted: int, max_time_s: float) -> None:
        self.envelope = envelope
        self.bits_wanted = bits_wanted
        self.started_s = time.monotonic()
        self.deadline_s = self.started_s + max_time_s
        self.best = (-1, 0)  # bits, and the nonce with its sign turned: the first one wins
        self.chunk_count = 0
        self.stopped = False
        self._chunks = count()
        self._lock = threading.Lock()

    def work(self) -> None:
        """The whole of one thread."""
        while not self.stopped and time.monotonic() < self.deadline_s:
            first = next(self._chunks) * _CHUNK_COUNT
            bits, nonce = self.envelope.search(first, _CHUNK_COUNT, self.bits_wanted)
            with self._lock:
                self.best = max(self.best, (bits, -nonce))
                self.chunk_count += 1
            if bits >= self.bits_wanted:
                self.stopped = True

    @property
    def progress(self) -> Progress:
        elapsed_s = time.monotonic() - self.started_s
        hash_count = self.chunk_count * _CHUNK_COUNT
        return Progress(hash_count, max(0, self.best[0]), self.bits_wanted, elapsed_s)


async def seal(
    envelope: Envelope,
    *,
    pow: float,
    max_time_s: float,
    thread_count: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Envelope:
    """The envelope with a nonce that gives it this much work, by the threads of all cores.

    One that has as much is returned as it is.
    Cancelling it ends the threads within 20 ms. `progress` is called four times a second, on the
    event loop. Raises NotEnoughWork after max_time_s, and ConfigError.
    """
    threads = thread_count or os.cpu_count() or 1
    if threads < 0 or not max_time_s > 0:
        raise ConfigError("sealing needs at least one thread and some time")
    bits_wanted = envelope.bits_for(pow)
    if envelope.bits >= bits_wanted:
        return envelope
    search = _Search(envelope, bits_wanted, max_time_s)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(threads, "waypost-seal") as pool:
        try:
            working = {loop.run_in_executor(pool, search.work) for _ in range(threads)}
            while working:
                done, working = await asyncio.wait(working, timeout=_PROGRESS_INTERVAL_S)
                for worker in done:
                    worker.result()
                if progress is not None:
                    progress(search.progress)
        finally:
            search.stopped = True
    if search.best[0] < search.bits_wanted:
        found, wanted = search.best[0], search.bits_wanted
        raise NotEnoughWork(
            f"{found} of {wanted} zero bits in {max_time_s} s: allow more time, or want less work"
        )
    return envelope.sealed(-search.best[1])
