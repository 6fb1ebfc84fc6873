"""Lookups of our own keep the table filled: often at first, then less and less."""

from collections.abc import Iterable

from waypost._ext.drbg import Drbg
from waypost._ext.record import ENR
from waypost._ext.table import Table
from waypost.config import Discv5Config
from waypost.discv5.lookups import LookupRun, Lookups


class Upkeep:
    """Looks in turn for our own id, so that our neighbours come to know us, and for a random one.

    The neighbours learn of us by being asked: a first lookup that loses a packet would leave a
    node unfound until somebody stumbles on it, so our own id comes back in every other round.
    """

    def __init__(
        self, table: Table, lookups: Lookups, drbg: Drbg, config: Discv5Config, now: float
    ) -> None:
        self._table = table
        self._lookups = lookups
        self._drbg = drbg
        self._interval_max_s = config.walk_interval_max_s
        self._interval_s = config.walk_interval_min_s
        self._bootnodes: list[ENR] = []
        self._due_at = now
        self._own_turn = True
        self._looking = False

    def begin(self, bootnodes: Iterable[ENR], now: float) -> None:
        """Begin from these nodes now, and come back to them whenever the table is empty."""
        self._bootnodes.extend(bootnodes)
        self._due_at = now
        self.look(now)

    def next_deadline(self) -> float:
        """When the next lookup is due; inf while one is under way."""
        return float("inf") if self._looking else self._due_at

    def look(self, now: float) -> None:
        """Start the lookup that is due, if one is."""
        if now < self.next_deadline():
            return
        self._looking = True
        self._due_at = now + self._interval_s
        self._interval_s = min(2 * self._interval_s, self._interval_max_s)
        if len(self._table) == 0:
            self._lookups.found(self._bootnodes, now)
        target = self._table.own_id if self._own_turn else self._drbg.bytes(32)
        self._own_turn = not self._own_turn
        self._lookups.start(target, now, self._ended)

    def _ended(self, _run: LookupRun) -> None:
        self._looking = False
