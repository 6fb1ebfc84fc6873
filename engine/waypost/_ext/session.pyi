"""Sessions bound to (node id, IP, port): a bounded table in least-recently-used order.

A node id is 32 bytes, an address the 18 of waypost._ext.address.pack, a key 16; a wrong size
raises ConfigError. Keys never come out of a table, and are wiped when their session leaves it.
"""

from collections.abc import Iterator
from typing import Self, final

@final
class SessionTable:
    """Holds at most `capacity` sessions (1 to 2**24), 0.9 KB each; its memory grows by demand.

    hash_seed, an unpredictable integer below 2**64, keeps peers from choosing a hash chain.
    """

    def __new__(cls, capacity: int, hash_seed: int) -> Self: ...
    @property
    def capacity(self) -> int:
        """How many sessions it can hold."""

    @property
    def count(self) -> int:
        """How many it holds."""

    @property
    def evicted(self) -> int:
        """How many left because the table was full."""

    def establish(
        self, node_id: bytes, address: bytes, write_key: bytes, read_key: bytes, now: float
    ) -> None:
        """Adds a session or gives it new keys; the least recently used one makes room."""

    def forget(self, node_id: bytes, address: bytes) -> bool:
        """Drops a session. False: there was none."""

    def adopt(self, other: SessionTable, node_id: bytes, address: bytes, now: float) -> bool:
        """Moves a session of `other` here; what was here goes there. False: there was none."""

    def seal(
        self, node_id: bytes, address: bytes, nonce: bytes, header: bytes, plain: bytes
    ) -> bytes | None:
        """Seals a message to the peer with a nonce of 12 bytes. None: there is no session."""

    def open(
        self, node_id: bytes, address: bytes, nonce: bytes, header: bytes, sealed: bytes
    ) -> bytes | None:
        """Opens a message of the peer. None: there is no session, or it has other keys."""

    def __len__(self) -> int: ...
    def __contains__(self, key: tuple[bytes, bytes], /) -> bool: ...
    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        """(node id, address) of every session, the most recently used first."""

    def __sizeof__(self) -> int: ...
