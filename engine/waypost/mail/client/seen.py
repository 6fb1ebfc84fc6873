"""The hashes of what was delivered, as far as it may be delivered again."""

from collections.abc import Iterator


class Seen:
    """Hashes of envelopes by the second in which they were sent, within a span of time.

    What was sent outside of the span is settled: its hashes are forgotten, and nothing sent then
    is taken any more. So each envelope is taken once, while a history of any length is held in no
    more than count_max hashes.
    """

    def __init__(self, count_max: int, floor_s: int, ceiling_s: int) -> None:
        self.count_max = count_max
        self.floor_s = floor_s
        self.ceiling_s = ceiling_s
        self._seconds: dict[int, dict[bytes, int]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[bytes]:
        for hashes in self._seconds.values():
            yield from hashes

    @property
    def full(self) -> bool:
        """It holds count_max hashes: settle some time, or take no more."""
        return self._count >= self.count_max

    def settled(self, sent_s: int) -> bool:
        """Whether nothing that was sent then is taken any more."""
        return not self.floor_s <= sent_s <= self.ceiling_s

    def add(self, hash: bytes, sent_s: int, giver: int) -> int | None:
        """Who gave this hash before, or None: it is new. From now on it is of this giver."""
        hashes = self._seconds.setdefault(sent_s, {})
        before = hashes.get(hash)
        hashes[hash] = giver
        self._count += before is None
        return before

    def settle(self, floor_s: int, ceiling_s: int) -> None:
        """Forget what was sent before the floor or after the ceiling; neither goes back."""
        self.floor_s = max(self.floor_s, floor_s)
        self.ceiling_s = min(self.ceiling_s, ceiling_s)
        for sent_s in [second for second in self._seconds if self.settled(second)]:
            self._count -= len(self._seconds.pop(sent_s))

    def settle_oldest(self) -> bool:
        """Settle the older half of the seconds; False where there is but one."""
        seconds = sorted(self._seconds)
        if len(seconds) > 1:
            self.settle(seconds[(len(seconds) + 1) // 2], self.ceiling_s)
        return len(seconds) > 1

    def settle_newest(self) -> bool:
        """Settle the newer half of the seconds; False where there is but one."""
        seconds = sorted(self._seconds)
        if len(seconds) > 1:
            self.settle(self.floor_s, seconds[len(seconds) // 2 - 1])
        return len(seconds) > 1
