from collections.abc import Callable
from typing import final

from waypost._ext.calls import Calls
from waypost._ext.challenge import Challenges
from waypost._ext.codec import Codec
from waypost._ext.datagrams import Inlet
from waypost._ext.record import ENR, RecordCache
from waypost._ext.session import SessionTable
from waypost._ext.table import Table
from waypost.config import Discv5Config

COUNTERS: tuple[str, ...]
"""The names of the counters, in the order in which counters() holds them."""

TalkHandler = Callable[[bytes, bytes, bytes], bytes]
"""(node id, 18-byte address, payload) -> the answer's payload. Called on the packet path: it must
be quick.
"""

@final
class SessionEstablished:
    """A session with a peer is good from now on."""

    @property
    def record(self) -> ENR: ...
    @property
    def address(self) -> bytes: ...
    @property
    def inbound(self) -> bool:
        """The peer opened it."""

@final
class RecordAnnounced:
    """A peer says that its record is newer than the one that we hold."""

    @property
    def node_id(self) -> bytes: ...
    @property
    def address(self) -> bytes: ...
    @property
    def record_seq(self) -> int: ...

@final
class TalkFailed:
    """A TALKREQ handler of ours raised, or gave an answer that no packet holds; the peer got an
    empty answer.
    """

    @property
    def protocol(self) -> bytes: ...
    @property
    def error(self) -> Exception: ...

@final
class Wire(Inlet):
    """Opens datagrams for one identity (discv5-wire) and answers PING, FINDNODE and TALKREQ at
    once.
    """

    def __init__(
        self, codec: Codec, table: Table, records: RecordCache, config: Discv5Config
    ) -> None: ...
    @property
    def codec(self) -> Codec: ...
    @property
    def table(self) -> Table: ...
    @property
    def records(self) -> RecordCache: ...
    @property
    def calls(self) -> Calls: ...
    @property
    def challenges(self) -> Challenges: ...
    @property
    def sessions(self) -> SessionTable: ...
    @property
    def half_open(self) -> SessionTable: ...
    def on_talk(self, protocol: bytes, handler: TalkHandler | None) -> None:
        """Answer TALKREQs of a protocol by handler; None: no longer."""
    def ban(self, what: bytes) -> None:
        """Drop what comes from a node id (32 bytes) or an IP (4 or 16 bytes)."""
    def permit(self, what: bytes) -> None:
        """Lift a ban."""
    def drain_events(self) -> list[SessionEstablished | RecordAnnounced | TalkFailed]: ...
    def counters(self) -> dict[str, int]: ...
