"""The routing table, as full as 4096 random nodes leave it."""

from benchmarks.cases import Case
from waypost._ext.address import pack
from waypost._ext.digest import keccak256
from waypost._ext.drbg import Drbg
from waypost._ext.record import ENR
from waypost._ext.secp256k1 import SecretKey
from waypost._ext.table import Table
from waypost.config import TableConfig

OWN_KEY = SecretKey(bytes([1] * 32))
OWN = ENR.create(OWN_KEY, ip="127.0.0.1", udp=30303)
ADDRESS = pack("127.0.0.1", 30303)
TARGET = keccak256(b"target")
DISTANCES = (256, 255, 254)
NODE_COUNT, BUCKET_SIZE, NOW = 4096, 16, 100.0


def logdistance(node_id: bytes) -> int:
    return (int.from_bytes(OWN.node_id, "big") ^ int.from_bytes(node_id, "big")).bit_length()


def contents() -> list[ENR]:
    """The records that stay, in the order in which they come."""
    kept: list[ENR] = []
    room = dict.fromkeys(range(257), BUCKET_SIZE)
    for index in range(NODE_COUNT):
        key = SecretKey(keccak256(index.to_bytes(4, "big")))
        bucket = logdistance(key.node_id)
        if room[bucket]:
            room[bucket] -= 1
            kept.append(ENR.create(key, ip="127.0.0.1", udp=30303))
    return kept


def filled(records: list[ENR]) -> Table:
    """A table of these nodes, each of which has answered."""
    table = Table(OWN.node_id, TableConfig(), Drbg(bytes(32)))
    for record in records:
        table.add(record, ADDRESS, NOW, inbound=False)
        table.answered(record.node_id, ADDRESS, NOW)
    return table


RECORDS = contents()
TABLE = filled(RECORDS)

CASES = [
    Case(
        name=f"16 closest of {len(RECORDS)}",
        call=TABLE.closest,
        args=(TARGET, 16),
        twin="benchmarks.twin_table:closest",
        twin_args=(RECORDS, TARGET, 16),
        yardstick="parse",
    ),
    Case(
        name="contacts at 3 distances",
        call=TABLE.findnode,
        args=(DISTANCES, ADDRESS, OWN),
        twin="benchmarks.twin_table:findnode",
        twin_args=(OWN, tuple(RECORDS), DISTANCES, ADDRESS),
        yardstick="parse",
    ),
]
