"""Running lookups: the queries that a Lookup wants become requests, their answers feed it."""

from collections.abc import Callable

from waypost._ext.call import Call
from waypost._ext.calls import Calls
from waypost._ext.record import ENR
from waypost._ext.table import Table
from waypost.config import LookupConfig
from waypost.discv5.endpoints import Families
from waypost.discv5.lookup import Lookup


class LookupRun:
    """One lookup under way: `done` turns true once, and then `result` holds the closest nodes that
    answered.
    """

    def __init__(
        self,
        lookup: Lookup,
        lookups: "Lookups",
        on_done: Callable[["LookupRun"], None],
    ) -> None:
        self._lookup = lookup
        self._lookups = lookups
        self.on_done = on_done
        self.seen: dict[bytes, ENR] = {}
        """The newest record that an answer held of each node: what a random walk yields."""

    @property
    def target(self) -> bytes:
        """The node id that is looked for, 32 bytes."""
        return self._lookup.target

    @property
    def done(self) -> bool:
        """No query is open or wanted."""
        return self._lookup.done

    @property
    def result(self) -> list[ENR]:
        """The closest nodes that answered, closest first."""
        return self._lookup.result()

    def advance(self, now: float) -> None:
        """Send the queries that are wanted now."""
        while queries := self._lookup.next_queries():
            for record, distances in queries:
                if not self._lookups.query(self, record, distances, now):
                    self._lookup.on_failure(record.node_id)

    def hear(self, records: list[ENR]) -> None:
        """Keep what an answer held; some peers still tell of older records."""
        for record in records:
            known = self.seen.get(record.node_id)
            if known is None or record.seq > known.seq:
                self.seen[record.node_id] = record

    def finished(self, call: Call, now: float) -> None:
        """A query has ended."""
        if isinstance(call.result, list):
            found = [record for record in call.result if not self._lookups.is_own(record)]
            self.hear(found)
            self._lookup.on_nodes(call.record.node_id, found)
            self._lookups.found(found, now)
        else:
            self._lookup.on_failure(call.record.node_id)
        self.advance(now)
        if self.done:
            self._lookups.ended(self)


class Lookups:
    """All lookups under way, and the table that they fill."""

    def __init__(
        self,
        own_id: bytes,
        table: Table,
        calls: Calls,
        families: Families,
        config: LookupConfig,
    ) -> None:
        self._own_id = own_id
        self._table = table
        self._calls = calls
        self._families = families
        self._config = config
        self._running: set[LookupRun] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, target: bytes, now: float, on_done: Callable[[LookupRun], None]) -> LookupRun:
        """Look for the nodes closest to target, from the closest that the table holds."""
        seeds = self._table.closest(target, self._config.result_count_max)
        run = LookupRun(Lookup(target, seeds, self._config), self, on_done)
        self._running.add(run)
        run.advance(now)
        if run.done:
            self.ended(run)
        return run

    def query(self, run: LookupRun, record: ENR, distances: tuple[int, ...], now: float) -> bool:
        """Ask one node for a run. False: there is no way to reach it."""
        address = self._families.address_of(record)
        if address is None:
            return False
        self._calls.find_node(record, address, distances, now, run)
        return True

    def is_own(self, record: ENR) -> bool:
        """Others tell us about ourselves, too."""
        return record.node_id == self._own_id

    def found(self, records: list[ENR], now: float) -> None:
        """Offer what an answer held to the table; each is checked before it is relayed."""
        for record in records:
            address = self._families.address_of(record)
            if address is not None:
                self._table.add(record, address, now, inbound=False)

    def ended(self, run: LookupRun) -> None:
        """Report a run once."""
        if run in self._running:
            self._running.remove(run)
            run.on_done(run)
