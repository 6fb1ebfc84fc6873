"""What each of several servers lacks of what they have together."""

from dataclasses import dataclass

from waypost.mail.client.window import Window


@dataclass(frozen=True, slots=True)
class Holding:
    """What one server has of a window. lacks: hashes that others have and it has not.

    With a failure, it did not give all that it has, and nothing is said of what it lacks.
    """

    server: bytes  # node id, 32 bytes
    count: int
    lacks: tuple[bytes, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What several servers have of one window. Not whole where it was too much to compare."""

    window: Window
    count: int  # different envelopes on all servers
    holdings: tuple[Holding, ...]
    whole: bool = True

    @property
    def agree(self) -> bool:
        """Every server answered, and has what the others have."""
        return self.whole and not any(one.lacks or one.failure for one in self.holdings)


class Ledger:
    """Who has which envelope: a bit a server for each hash, of at most count_max hashes."""

    def __init__(self, servers: list[bytes], count_max: int) -> None:
        self._servers = servers
        self._count_max = count_max
        self._holders: dict[bytes, int] = {}
        self._failures: dict[bytes, str] = {}
        self.whole = True

    def __len__(self) -> int:
        return len(self._holders)

    def has(self, server: int, hash: bytes) -> None:
        """The server at this place of the list delivered it."""
        holders = self._holders.get(hash, 0)
        if not holders and len(self._holders) >= self._count_max:
            self.whole = False
            return
        self._holders[hash] = holders | 1 << server

    def failed(self, server: int, why: str) -> None:
        """What it delivered so far is not all it has."""
        self._failures[self._servers[server]] = why

    def compare(self, window: Window) -> Comparison:
        """What each has and lacks."""
        holdings = []
        for place, server in enumerate(self._servers):
            bit, failure = 1 << place, self._failures.get(server)
            lacks = [hash for hash, holders in self._holders.items() if not holders & bit]
            count = len(self._holders) - len(lacks)
            shown = () if failure else tuple(sorted(lacks))
            holdings.append(Holding(server, count, shown, failure))
        return Comparison(window, len(self._holders), tuple(holdings), self.whole)
