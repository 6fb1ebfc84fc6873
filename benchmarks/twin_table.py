"""The twin of the routing table: the oracle's, of the same nodes; and sorting all of them."""

from collections.abc import Sequence
from functools import cache

from tests.oracle import table as oracle
from waypost._ext.record import ENR
from waypost.config import TableConfig


def closest(records: list[ENR], target: bytes, count: int) -> list[ENR]:
    return sorted(records, key=lambda each: oracle.distance(each.node_id, target))[:count]


@cache
def filled(own_id: bytes, records: Sequence[ENR], address: bytes) -> oracle.Table:
    table = oracle.Table(own_id, TableConfig(), below=lambda bound: 0)
    for record in records:
        table.add(record, address, 0.0, inbound=False)
        table.answered(record.node_id, address, 0.0)
    return table


def findnode(own: ENR, records: Sequence[ENR], distances: Sequence[int], asker: bytes) -> list:
    return filled(own.node_id, records, asker).findnode(distances, asker, own)
