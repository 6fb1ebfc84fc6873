"""What an endpoint has taught: which rungs it lacks, and how much it takes at a time."""

from waypost.errors import RpcError

_STREAK_MIN = 4  # requests of full size in a row that are answered before a larger one is tried
_STREAK_MAX = 1024


class Limit:
    """How many items to ask about in one request: halved by a failure, grown again by successes.

    Between 1 and `size_max`. It grows by an eighth. When that proves too much it goes back, and
    takes twice as many successes to try again: a limit that stands is seldom run into.
    """

    def __init__(self, size_max: int) -> None:
        self.size = self._size_max = size_max
        self._proven = 0  # the size before the last growth, while that is on trial
        self._streak = 0
        self._streak_needed = _STREAK_MIN

    def failed(self, count: int) -> None:
        """So many items were too much. Several failures of one round change the size once."""
        if self._proven and count > self._proven:
            self.size = self._proven
            self._streak_needed = min(_STREAK_MAX, 2 * self._streak_needed)
        else:
            self.size = max(1, min(self.size, count // 2))
        self._proven = self._streak = 0

    def carried(self, count: int) -> None:
        """So many items were answered. Far fewer than the limit say nothing about it."""
        if count > self._proven:
            self._proven = 0  # the trial is over
        if self.size == self._size_max or count * 8 < self.size * 7:
            return
        self._streak += 1
        if self._streak < self._streak_needed:
            return
        self._streak, self._proven = 0, self.size
        self.size = min(self._size_max, self.size + max(1, self.size // 8))
        if self.size == self._size_max:
            self._streak_needed = _STREAK_MIN


class Learned:
    """What is known of an endpoint's rungs, by their names, of which there is a handful."""

    def __init__(self) -> None:
        self.lacking: dict[str, RpcError] = {}
        self.present: set[str] = set()  # those that have answered
        self.obedient: set[str] = set()  # those that have refused a block that does not exist
        self._limits: dict[str, Limit] = {}

    def limit(self, name: str, size_max: int) -> Limit:
        """The limit of a rung, which starts at `size_max`."""
        return self._limits.setdefault(name, Limit(size_max))

    def forget(self) -> None:
        """Makes every rung be tried again. Limits stay: they mend themselves."""
        self.lacking.clear()
        self.present.clear()
        self.obedient.clear()
