"""The envelopes that have not expired: by hash, by expiry, and in the order in which they came."""

import heapq
from bisect import bisect_left
from math import inf
from operator import attrgetter

from waypost._ext.entry import Entry
from waypost._ext.envelope import Envelope
from waypost.whisper.ranking import GONE, Ranking, there

_GONE_SHARE = 4  # one in so many of the log may be gone
_RANK_COUNT_MAX = 1 << 14  # at once: it takes a millisecond for each thousand of them
_number = attrgetter("number")


class Pool:
    """At most count_max envelopes of size_max_b together. Once it is full, those with less work
    give way to those with more, as far as they are to be passed on.
    """

    def __init__(self, count_max: int, size_max_b: int) -> None:
        self.entries: dict[bytes, Entry] = {}
        self.size_b = 0
        self.next_number = 0
        self.displaced_count = 0
        self._count_max = count_max
        self._size_max_b = size_max_b
        self._log: list[Entry] = []  # of those to pass on
        self._gone_count = 0  # of the log
        self._ranking = Ranking(size_max_b / count_max)
        self._ranked_number = 0  # up to it the log is ranked: not at all until the pool is full
        self._expiring: dict[int, list[Entry]] = {}
        self._seconds: list[int] = []  # a heap of the keys

    def add(self, envelope: Envelope, pow: float, known: int, *, pass_on: bool) -> bool:
        """Whether there was room for a new one, or others had to give way to it."""
        size_b = self.size_b + len(envelope.raw)
        if len(self.entries) >= self._count_max or size_b > self._size_max_b:
            new_b = len(envelope.raw)
            if not self.make_room(1, new_b, self._ranking.level(pow, new_b)):
                return False
            size_b = self.size_b + new_b
        self.size_b = size_b
        self.entries[envelope.hash] = entry = Entry(envelope, pow, known, self.next_number)
        bucket = self._expiring.get(envelope.expiry_s)
        if bucket is None:
            bucket = self._expiring[envelope.expiry_s] = []
            heapq.heappush(self._seconds, envelope.expiry_s)
        bucket.append(entry)
        if pass_on:
            self._log.append(entry)
            self.next_number += 1
        return True

    def make_room(self, count: int, size_b: int, level: float = inf) -> bool:
        """Whether there is room for so many envelopes of a level and of this size together, once
        lower ones gave way. If not, none did.
        """
        left_count = len(self.entries) + count - self._count_max
        left_b = self.size_b + size_b - self._size_max_b
        if left_count <= 0 and left_b <= 0:
            return True
        if self._ranked_number < self.next_number:
            fresh, self._ranked_number = self.since(self._ranked_number, _RANK_COUNT_MAX)
            self._ranking.add(fresh)
        displaced = []
        for entry in self._ranking.below(level):
            displaced.append(entry)
            left_count -= 1
            left_b -= len(entry.envelope.raw)
            if left_count <= 0 and left_b <= 0:
                break
        else:
            return False
        for entry in displaced:
            self._let_go(entry)
        self.displaced_count += len(displaced)
        self._compact()
        return True

    def since(self, number: int, count_max: int) -> tuple[list[Entry], int]:
        """Those to pass on from a number on, in order, and the number to go on from. Some of them
        may have expired, or be gone.
        """
        start = bisect_left(self._log, number, key=_number)
        found = self._log[start : start + count_max]
        return found, found[-1].number + 1 if len(found) == count_max else self.next_number

    def expire(self, now_s: int) -> int:
        """Forget those that ended before now_s; how many they were."""
        before_count = len(self.entries)
        while self._seconds and self._seconds[0] < now_s:
            for entry in self._expiring.pop(heapq.heappop(self._seconds)):
                if entry.known != GONE:
                    self._let_go(entry)
        self._compact()
        return before_count - len(self.entries)

    def _let_go(self, entry: Entry) -> None:
        del self.entries[entry.envelope.hash]
        self.size_b -= len(entry.envelope.raw)
        entry.known = GONE
        self._gone_count += 1

    def _compact(self) -> None:
        """Forget those that are gone, once they are many."""
        if self._gone_count * _GONE_SHARE <= len(self._log):
            return
        self._log = there(self._log)
        self._gone_count = 0
        if self._ranked_number:
            self._ranking.compact()
            self._expiring = {
                second: left for second, each in self._expiring.items() if (left := there(each))
            }
            self._seconds = sorted(self._expiring)

    def deadline(self) -> float:
        """When the next ones have expired."""
        return self._seconds[0] + 1 if self._seconds else float("inf")

    def forget(self, bits: int) -> None:
        """These bits stand for no peer any more."""
        others = ~bits
        for entry in self.entries.values():
            entry.known &= others
