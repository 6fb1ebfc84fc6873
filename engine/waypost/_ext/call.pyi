from typing import Protocol, final

from waypost._ext.record import ENR
from waypost.errors import WaypostError

class _Owner(Protocol):
    """A part of the machine that asks on its own behalf."""

    def finished(self, call: Call, now: float) -> None: ...

@final
class Pong:
    """The answer to a PING (discv5-wire, "PONG Response")."""

    @property
    def record_seq(self) -> int:
        """The sequence number of the peer's record."""
    @property
    def address(self) -> bytes:
        """Our endpoint as the peer sees it: 18 bytes."""
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...

@final
class Call:
    """One request to one peer and, in time, its answer or the error that stands for it."""

    @property
    def record(self) -> ENR:
        """Of the peer."""
    @property
    def address(self) -> bytes:
        """Where the request goes: 18 bytes."""
    @property
    def endpoint(self) -> str:
        """The same as text: host:port."""
    @property
    def owner(self) -> _Owner | None:
        """The part of the machine that asked; None: the machine's caller."""
    @property
    def done(self) -> bool: ...
    @property
    def result(self) -> Pong | list[ENR] | bytes | None:
        """PING: a Pong. FINDNODE: records. TALKREQ: the payload. None: open, or failed."""
    @property
    def error(self) -> WaypostError | None: ...
