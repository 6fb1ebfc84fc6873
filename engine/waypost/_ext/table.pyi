from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Self, final

from waypost._ext.drbg import Drbg
from waypost._ext.record import ENR
from waypost.config import TableConfig

class Outcome(IntEnum):
    """What became of a record that was offered to a table."""

    ADDED = 0
    """A member of its bucket now, due for a check."""
    REPLACEMENT = 1
    """Its bucket has no room: kept in the replacement cache."""
    KNOWN = 2
    """Held already, with this sequence number or a higher one."""
    UPDATED = 3
    """Held already; this newer record replaced the old one."""
    REFUSED_SELF = 4
    """It is our own."""
    REFUSED_ADDRESS = 5
    """The address can be nobody's: unspecified, multicast, documentation, or port 0."""
    REFUSED_ENDPOINT = 6
    """The record does not declare the address, so whoever is told the record could not use it."""
    REFUSED_SUBNET = 7
    """Its subnet has all the entries that it may have in the bucket or in the table."""
    REFUSED_FULL = 8
    """Its bucket has no room and the table keeps no replacements."""
    REFUSED_UNKNOWN = 9
    """A refresh of a node that the table does not hold."""

@final
class Contact:
    """What a table knew of a member when it was asked; it does not change afterwards."""

    @property
    def record(self) -> ENR: ...
    @property
    def address(self) -> bytes:
        """The endpoint in use, 18 bytes."""

    @property
    def live(self) -> bool:
        """Whether it has answered a PING at that address."""

    @property
    def inbound(self) -> bool:
        """Whether we know it only because it contacted us."""

    @property
    def failures(self) -> int:
        """Checks unanswered in a row."""

    @property
    def due_at(self) -> float:
        """When to check it again, in seconds on the clock of the caller."""

    @property
    def interval_s(self) -> float:
        """The present interval between checks, before jitter."""

@final
class Table:
    """The routing table of one node (discv5-theory, "Node Table").

    It knows no clock and no entropy: `now` is in seconds on any clock that does not run
    backwards, and chance comes from the Drbg. Addresses have 18 bytes and node ids 32; another
    size raises ConfigError, and nothing that a peer sends does.
    """

    def __new__(cls, own_id: bytes, config: TableConfig, drbg: Drbg) -> Self: ...
    @property
    def own_id(self) -> bytes: ...
    @property
    def config(self) -> TableConfig: ...
    def add(self, record: ENR, address: bytes, now: float, *, inbound: bool) -> Outcome:
        """Offers a node at one endpoint that its record declares.

        `inbound` says that it contacted us; once others have told us about it too, it no longer
        counts as inbound. A new member is due at once and is not live. A node that we hold keeps
        its endpoint for as long as its newest record declares it.
        """

    def refresh(self, record: ENR, address: bytes, now: float) -> Outcome:
        """The same for a node that we hold; any other stays out."""

    def remove(self, node_id: bytes, now: float) -> bool:
        """Forgets a node; True where it was held. A random replacement takes a member's place."""

    def due(self, now: float, count_max: int) -> list[Contact]:
        """Members to PING now, the longest overdue first.

        Each is handed out once. Until its answer or its silence is reported it is due again only
        after `check_interval_min_s`.
        """

    def next_due(self) -> float:
        """When `due` has something to hand out; infinity for an empty table."""

    def answered(self, node_id: bytes, address: bytes, now: float) -> bool:
        """A member answered a PING of ours from this address. True where that made it live.

        An answer from elsewhere than its endpoint of today says nothing about that endpoint.
        """

    def unanswered(self, node_id: bytes, address: bytes, now: float) -> bool:
        """A member left a PING to this address unanswered. True where that dropped it."""

    def get(self, node_id: bytes) -> Contact | None: ...
    def closest(self, target: bytes, count: int, live_only: bool = False) -> list[ENR]:
        """The records of up to count members, in order of their distance to a 32-byte target."""

    def findnode(self, distances: Iterable[int], asker: bytes, own: ENR) -> list[bytes]:
        """The records that answer a FINDNODE from an address: at most 16, each as its RLP.

        Only live nodes, and none that concerns a narrower scope than the asker's (`may_relay`).
        `own` answers distance 0.
        """

    def random(self) -> Contact | None:
        """A member, each with the same chance."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Contact]: ...
    def bucket_counts(self) -> dict[int, tuple[int, int]]:
        """Log distance -> (members, replacements), for every bucket that holds anything."""

    @property
    def live_count(self) -> int: ...
