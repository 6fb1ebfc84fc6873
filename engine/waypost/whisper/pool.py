"""The envelopes that have not expired: by hash, by expiry, and in the order in which they came."""

import heapq
from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter

from waypost._ext.entry import Entry
from waypost._ext.envelope import Envelope

_GONE_SHARE = 4  # one in so many of the log may have expired
_number = attrgetter("number")


class Pool:
    """At most count_max envelopes of size_max_b together."""

    def __init__(self, count_max: int, size_max_b: int) -> None:
        self.entries: dict[bytes, Entry] = {}
        self.size_b = 0
        self.next_number = 0
        self._count_max = count_max
        self._size_max_b = size_max_b
        self._log: list[Entry] = []  # of those to pass on
        self._gone_count = 0  # of the log
        self._expiring: dict[int, list[Entry]] = {}
        self._seconds: list[int] = []  # a heap of the keys

    def has_room(self, envelopes: Sequence[Envelope]) -> bool:
        """For all of them."""
        size_b = sum(len(envelope.raw) for envelope in envelopes)
        return (
            len(self.entries) + len(envelopes) <= self._count_max
            and self.size_b + size_b <= self._size_max_b
        )

    def add(self, envelope: Envelope, pow: float, known: int, *, pass_on: bool) -> bool:
        """Whether there was room for a new one."""
        size_b = self.size_b + len(envelope.raw)
        if len(self.entries) >= self._count_max or size_b > self._size_max_b:
            return False
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

    def since(self, number: int, count_max: int) -> tuple[list[Entry], int]:
        """Those to pass on from a number on, in order, and the number to go on from. Some of them
        may have expired.
        """
        start = bisect_left(self._log, number, key=_number)
        found = self._log[start : start + count_max]
        return found, found[-1].number + 1 if len(found) == count_max else self.next_number

    def expire(self, now_s: int) -> int:
        """Forget those that ended before now_s; how many they were."""
        count = 0
        while self._seconds and self._seconds[0] < now_s:
            bucket = self._expiring.pop(heapq.heappop(self._seconds))
            count += len(bucket)
            for entry in bucket:
                del self.entries[entry.envelope.hash]
                self.size_b -= len(entry.envelope.raw)
        self._gone_count += count
        if self._gone_count * _GONE_SHARE > len(self._log):
            self._log = [entry for entry in self._log if entry.envelope.expiry_s >= now_s]
            self._gone_count = 0
        return count

    def deadline(self) -> float:
        """When the next ones have expired."""
        return self._seconds[0] + 1 if self._seconds else float("inf")

    def forget(self, bits: int) -> None:
        """These bits stand for no peer any more."""
        others = ~bits
        for entry in self.entries.values():
            entry.known &= others
