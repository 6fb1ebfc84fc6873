"""The random walk: lookups of random targets, one after the other, and every node they show."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import islice

from waypost._ext.record import ENR
from waypost.config import WalkConfig
from waypost.discv5.lookups import LookupRun
from waypost.net import entropy
from waypost.net.discv5.stream import Stream


class RandomWalk(Stream[ENR]):
    """Yields each wanted node once, as soon as an answer holds its record, and again when a newer
    one does; ends at `limit` records.

    The next lookup begins when all that the last one brought is read, so a slow reader slows the
    walk; lookups that show no new node come at growing intervals. How many nodes it remembers is
    bounded: in a larger network it yields those again that it saw longest ago.
    """

    def __init__(
        self,
        look: Callable[[bytes], LookupRun],
        wanted: Callable[[ENR], bool],
        limit: int | None,
        config: WalkConfig,
    ) -> None:
        super().__init__(config.seen_count_max)
        self._look = look
        self._wanted = wanted
        self._left = -1 if limit is None else limit
        self._config = config
        self._seen: dict[bytes, int] = {}  # node ids, those seen longest ago first; newest seq
        self._pause_s = 0.0
        self._run: LookupRun | None = None
        self._taken_count = 0  # of what the run has seen
        self._new_count = 0  # of those, nodes that no earlier run had shown

    async def __anext__(self) -> ENR:
        while self._left != 0:
            if self._items:
                record = self._items.popleft()
                if self._wanted(record):
                    self._left -= 1
                    return record
            elif self._closed:
                break
            elif self._run is None:
                await self._begin()
            else:
                await self._change()
        raise StopAsyncIteration

    async def _begin(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause_s):
                await self._change()
        if not self._closed:
            self._taken_count = self._new_count = 0
            self._run = self._look(entropy.node_id())
            self.advance()

    def advance(self) -> None:
        """Takes what the running lookup has found by now; the node calls it in each turn."""
        run = self._run
        if run is None:
            return
        if len(run.seen) > self._taken_count:
            for record in islice(run.seen.values(), self._taken_count, None):
                self._offer(record)
            self._taken_count = len(run.seen)
        if run.done:
            for record in run.result:  # also those that we knew and nobody told of
                self._offer(record)
            self._run = None
            self._pause_s = self._next_pause_s()
            self._changed.set()

    def _offer(self, record: ENR) -> None:
        seen_seq = self._seen.get(record.node_id)
        if seen_seq is None:
            if len(self._seen) == self._config.seen_count_max:
                del self._seen[next(iter(self._seen))]
            self._new_count += 1
        elif record.seq <= seen_seq:
            return
        self._seen[record.node_id] = record.seq
        self.put(record)

    def _next_pause_s(self) -> float:
        if self._new_count:
            return 0.0
        doubled = max(2 * self._pause_s, self._config.pause_min_s)
        return min(doubled, self._config.pause_max_s)
