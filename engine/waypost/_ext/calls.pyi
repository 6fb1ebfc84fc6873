from collections.abc import Iterable
from typing import final

from waypost._ext.call import Call, _Owner
from waypost._ext.codec import Codec
from waypost._ext.record import ENR, RecordCache
from waypost._ext.session import SessionTable

@final
class Peer: ...

@final
class Calls:
    """Open requests, several to one peer at once, bounded in count and time."""

    def __init__(
        self,
        codec: Codec,
        sessions: SessionTable,
        half_open: SessionTable,
        records: RecordCache,
        count_max: int,
        request_timeout_s: float,
        handshake_timeout_s: float,
    ) -> None: ...
    def __len__(self) -> int: ...
    @property
    def count_max(self) -> int: ...
    @property
    def request_timeout_s(self) -> float: ...
    @property
    def handshake_timeout_s(self) -> float: ...
    @property
    def finished(self) -> list[Call]: ...
    @property
    def unmatched(self) -> int: ...
    @property
    def refused_records(self) -> int: ...
    def ping(
        self, record: ENR, address: bytes, now: float, owner: _Owner | None = None
    ) -> Call: ...
    def find_node(
        self,
        record: ENR,
        address: bytes,
        distances: Iterable[int],
        now: float,
        owner: _Owner | None = None,
    ) -> Call: ...
    def talk(
        self,
        record: ENR,
        address: bytes,
        protocol: bytes,
        payload: bytes,
        now: float,
        owner: _Owner | None = None,
    ) -> Call: ...
    def cancel(self, call: Call, now: float) -> None:
        """Forget an open call: its answer is no longer wanted."""
    def drain_finished(self) -> list[Call]: ...
    def next_deadline(self) -> float:
        """When expire() is next needed; inf while nothing is open."""
    def expire(self, now: float) -> None:
        """End every call whose time is over."""
