"""Contacts are PINGed when they are due: one that answers may be relayed, one that does not loses
its place.
"""

from waypost._ext.call import Call, Pong
from waypost._ext.calls import Calls
from waypost._ext.table import Table
from waypost.discv5.records import RecordRefresh


class Liveness:
    """Checks the table's contacts, a bounded number at once (discv5-theory, "Table Maintenance In
    Practice").
    """

    def __init__(
        self,
        table: Table,
        calls: Calls,
        refresh: RecordRefresh,
        check_count_max: int,
    ) -> None:
        self._table = table
        self._calls = calls
        self._refresh = refresh
        self._check_count_max = check_count_max
        self._checking: set[bytes] = set()

    def next_deadline(self) -> float:
        """When a contact is due; inf while as many are being checked as may be."""
        if len(self._checking) >= self._check_count_max:
            return float("inf")
        return self._table.next_due()

    def check(self, now: float) -> None:
        """PING the contacts that are due."""
        room = self._check_count_max - len(self._checking)
        for contact in self._table.due(now, room):
            node_id = contact.record.node_id
            if node_id not in self._checking:
                self._checking.add(node_id)
                self._calls.ping(contact.record, contact.address, now, self)

    def finished(self, call: Call, now: float) -> None:
        """A check has ended."""
        node_id = call.record.node_id
        self._checking.discard(node_id)
        if not isinstance(call.result, Pong):
            self._table.unanswered(node_id, call.address, now)
            return
        self._table.answered(node_id, call.address, now)
        if call.result.record_seq > call.record.seq:
            self._refresh.ask(call.record, call.address, now)
