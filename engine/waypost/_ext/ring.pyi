from typing import Self, final

from waypost._ext.datagrams import Inlet, Outbox

AVAILABLE: bool
"""Whether this system has recvmmsg and sendmmsg. Where it has not, Ring() raises NodeError."""
BATCH_COUNT: int
"""How many datagrams one system call moves at most."""

@final
class Ring:
    """Moves datagrams between one non-blocking UDP socket and a machine, 64 at a time."""

    def __new__(cls, fd: int, *, ipv6: bool) -> Self:
        """The socket stays its owner's: keep it open while the ring is in use."""

    @property
    def fd(self) -> int:
        """The socket."""

    @property
    def ipv6(self) -> bool:
        """Its family: only datagrams to addresses of this family are flushed."""

    @property
    def blocked(self) -> bool:
        """Whether the last flush left datagrams queued because the socket took no more."""

    @property
    def received(self) -> int:
        """Datagrams received."""

    @property
    def receive_batches(self) -> int:
        """System calls that received something."""

    @property
    def receive_errors(self) -> int:
        """System calls to receive that failed, other than for want of datagrams."""

    @property
    def sent(self) -> int:
        """Datagrams sent."""

    @property
    def send_batches(self) -> int:
        """System calls that sent something."""

    @property
    def send_errors(self) -> int:
        """Datagrams dropped because the system refused them: no route, too long for the link."""

    def read(self, inlet: Inlet, now: float) -> int:
        """Feeds one batch to the inlet and returns its size: 64 means that there may be more."""

    def flush(self, outbox: Outbox) -> int:
        """Sends what is queued for this family and returns how many went.

        What the socket would not take yet stays queued, in order, and `blocked` is set.
        """
