"""A peer that announces a newer record is asked for it: FINDNODE with distance 0."""

from waypost._ext.call import Call
from waypost._ext.calls import Calls
from waypost._ext.record import ENR
from waypost._ext.table import Table


class RecordRefresh:
    """Asks for newer records, each peer once at a time. The sequence number in a PING is only a
    hint.
    """

    def __init__(self, table: Table, calls: Calls, asking_count_max: int) -> None:
        self._table = table
        self._calls = calls
        self._asking_count_max = asking_count_max
        self._asking: set[bytes] = set()

    def ask(self, record: ENR, address: bytes, now: float) -> None:
        """Ask the peer at address, of which we hold record, for its own newest record."""
        if record.node_id not in self._asking and len(self._asking) < self._asking_count_max:
            self._asking.add(record.node_id)
            self._calls.find_node(record, address, (0,), now, self)

    def finished(self, call: Call, now: float) -> None:
        """An answer, or none: a newer record of the same node replaces the one in the table."""
        self._asking.discard(call.record.node_id)
        if isinstance(call.result, list):
            for record in call.result:
                if record.seq > call.record.seq:
                    self._table.refresh(record, call.address, now)
