"""How often one may ask, and what was asked before; both of bounded memory."""

from collections import Counter, OrderedDict


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
    """The newest of the hashes that were seen."""

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def is_new(self, digest: bytes) -> bool:
        """Whether it was not seen before; from now on it was."""
        if digest in self._seen:
            return False
        if len(self._seen) >= self._count_max:
            self._seen.popitem(last=False)
        self._seen[digest] = None
        return True
