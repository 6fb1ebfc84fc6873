from collections.abc import Callable
from typing import Self, final

from typing_extensions import disjoint_base

@disjoint_base
class Inlet:
    """Where datagrams enter a machine; compiled machines subclass it."""

    def receive(self, data: bytes, address: bytes, now: float) -> None:
        """Feeds one datagram of any size from an 18-byte address at time now, in seconds."""

@final
class HandlerInlet(Inlet):
    """Hands every datagram to handler(data, address, now).

    What is longer than 1280 bytes arrives cut to 1281, so that it is still seen to be too long.
    """

    def __new__(cls, handler: Callable[[bytes, bytes, float], object]) -> Self: ...

@final
class Outbox:
    """A bounded queue of datagrams of at most 1280 bytes; memory grows on demand, 1.3 KB each."""

    @property
    def capacity(self) -> int:
        """How many datagrams it can hold."""

    @property
    def count(self) -> int:
        """How many datagrams it holds."""

    @property
    def dropped(self) -> int:
        """How many datagrams were lost because it was full."""

    def __new__(cls, capacity: int) -> Self:
        """Raises ConfigError for a capacity below 1."""

    def __len__(self) -> int: ...
    def push(self, data: bytes, address: bytes) -> bool:
        """Queues 1..1280 bytes for an 18-byte address; False where full. Raises ConfigError."""

    def drain(self) -> list[tuple[bytes, bytes]]:
        """Takes out every (datagram, 18-byte address), in order."""

    def discard(self, ipv6: bool) -> int:
        """Forgets what no socket can carry: all for IPv6, or all for IPv4. Returns how many."""
