"""Which envelopes of a full pool give way: those with the least work for the room that they take.

The proof of work is a sender's bid for a place, in hashes for each byte and second of it. So who
floods the network must outbid everybody else for as long as that is to last, and who is refused
may bid more. What gave way has too little to be taken again while the pool is full: nothing goes
round in circles.
"""

from collections.abc import Iterable, Iterator
from math import frexp

from waypost._ext.entry import Entry

GONE = -1
"""What an entry is marked with, as known, that is in no pool any more: nobody is to have it."""


def there(entries: list[Entry]) -> list[Entry]:
    """Those that are not gone."""
    return [entry for entry in entries if entry.known != GONE]


class Ranking:
    """Entries by their level, a power of two of their work; each takes at least share_b."""

    def __init__(self, share_b: float) -> None:
        self._share_b = share_b
        self._levels: dict[int, list[Entry]] = {}

    def level(self, pow: float, size_b: int) -> int:
        """That of an envelope: the next one is for twice the work."""
        return frexp(pow * min(1.0, size_b / self._share_b))[1]

    def add(self, entries: Iterable[Entry]) -> None:
        """New ones, in the order of their numbers."""
        for entry in entries:
            level = self.level(entry.pow, len(entry.envelope.raw))
            self._levels.setdefault(level, []).append(entry)

    def below(self, level: float) -> Iterator[Entry]:
        """Those that are there and in a lower level; the lowest, and of a level the newest, first:
        an older one has been passed on by now.
        """
        for each in sorted(each for each in self._levels if each < level):
            entries = self._levels[each]
            while entries and entries[-1].known == GONE:
                entries.pop()
            for entry in reversed(entries):
                if entry.known != GONE:
                    yield entry

    def compact(self) -> None:
        """Forget those that are gone."""
        self._levels = {
            level: left for level, each in self._levels.items() if (left := there(each))
        }
