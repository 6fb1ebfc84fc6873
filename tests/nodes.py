"""Node records for tests, and tables to put them into."""

from functools import cache

from waypost._ext.address import pack
from waypost._ext.drbg import Drbg
from waypost._ext.record import ENR
from waypost._ext.secp256k1 import SecretKey
from waypost._ext.table import Outcome, Table
from waypost.config import TableConfig

PORT = 30303
NOW = 100.0
OWN_ID = bytes(32)
INTERNET, LAN, LOOPBACK = pack("8.8.8.8", 9), pack("10.9.9.9", 9), pack("127.0.0.1", 9)


@cache
def key(index: int) -> SecretKey:
    return SecretKey((index + 1).to_bytes(32))


@cache
def node(index: int, host: str = "127.0.0.1", seq: int = 1) -> ENR:
    """A record of the index-th key."""
    family = {"ip6": host, "udp6": PORT} if ":" in host else {"ip": host, "udp": PORT}
    return ENR.create(key(index), seq=seq, **family)


@cache
def far_nodes() -> list[int]:
    """The indices of sixty nodes in the farthest bucket of OWN_ID: their first bit is set."""
    indices = (index for index in range(1000) if node(index).node_id[0] & 0x80)
    return [next(indices) for _ in range(60)]


def where(record: ENR) -> bytes:
    return record.endpoint() or record.endpoint(ipv6=True)


def make_table(own_id: bytes = OWN_ID, **settings: float) -> Table:
    return Table(own_id, TableConfig(**settings), Drbg(bytes(32)))


def add(table: Table, record: ENR, now: float = NOW, inbound: bool = False) -> Outcome:
    return table.add(record, where(record), now, inbound=inbound)


def answer(table: Table, record: ENR, now: float = NOW) -> bool:
    return table.answered(record.node_id, where(record), now)


def silence(table: Table, record: ENR, now: float = NOW) -> bool:
    return table.unanswered(record.node_id, where(record), now)


def told(
    table: Table, asker: bytes = LOOPBACK, distances: tuple[int, ...] = (256, 255, 254)
) -> list[bytes]:
    return table.findnode(distances, asker, node(999))
