"""How often one may ask, and what was asked before; both of bounded memory."""

from collections import Counter


class RateLimit:
    """Requests of each source, counted over an interval; all counts start anew with the next.

    They also do when more sources ask than may be counted: nobody is refused for the others.
    """

    def __init__(self, interval_s: float, count_max: int, source_count_max: int) -> None:
        self._interval_s = interval_s
        self._count_max = count_max
        self._source_count_max = source_count_max
        self._counts: Counter[bytes] = Counter()
        self._end_s = 0.0

    def __len__(self) -> int:
        return len(self._counts)

    def admits(self, source: bytes, now: float) -> bool:
        """Counts a request, unless it is one too many. A count_max of 0 admits everything."""
        if self._count_max == 0:
            return True
        full = len(self._counts) >= self._source_count_max and source not in self._counts
        if full or not self._end_s - self._interval_s <= now < self._end_s:
            self._counts.clear()
            self._end_s = now + self._interval_s
        if self._counts[source] >= self._count_max:
            return False
        self._counts[source] += 1
        return True


class Recent:
    """Hashes that were seen within the last age_s_max seconds; where too many, the newest."""

    def __init__(self, age_s_max: float, count_max: int) -> None:
        self._age_s_max = age_s_max
        self._count_max = count_max
        self._seen: dict[bytes, float] = {}  # in the order of their times

    def __len__(self) -> int:
        return len(self._seen)

    def is_new(self, digest: bytes, now: float) -> bool:
        """Whether it was not seen before; from now on it was."""
        while self._seen and self._is_past(next(iter(self._seen.values())), now):
            del self._seen[next(iter(self._seen))]
        if digest in self._seen:
            return False
        if len(self._seen) >= self._count_max:
            del self._seen[next(iter(self._seen))]
        self._seen[digest] = now
        return True

    def _is_past(self, seen: float, now: float) -> bool:
        return seen + self._age_s_max < now
