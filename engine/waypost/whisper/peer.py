"""What is known of a peer."""

from waypost._ext.bloom import FULL
from waypost.whisper.limits import Meter
from waypost.whisper.packets import RateLimits

_IDLE_COUNT_MIN = 64


class Peer:
    """A connected peer. It is `ready` once it has said its status.

    `bit` stands for it in `Entry.known`; it has been considered for the envelopes of the pool with
    numbers below `cursor`.
    """

    __slots__ = (
        *("address", "address_meter", "bit", "bloom", "confirmations", "cursor", "held", "limits"),
        *("name", "node_meter", "pow_min", "ready", "status_until", "trusted"),
    )

    def __init__(self, name: bytes, address: bytes, bit: int, meters: tuple[Meter, Meter]) -> None:
        self.name = name
        self.address = address
        self.bit = bit
        self.node_meter, self.address_meter = meters
        self.trusted = False
        self.ready = False
        self.held = False
        self.status_until = 0.0
        self.cursor = 0
        self.pow_min = 0.0
        self.bloom = FULL
        self.confirmations = False
        self.limits: RateLimits | None = None


class Bits:
    """A bit for each peer. One that was given back is used again after it was wiped everywhere,
    which is done for many at once.
    """

    def __init__(self) -> None:
        self._free: list[int] = []
        self._returned: list[int] = []
        self._count = 0

    def take(self) -> int:
        if self._free:
            return self._free.pop()
        self._count += 1
        return 1 << (self._count - 1)

    def give_back(self, bit: int) -> int:
        """The bits to wipe now: mostly none."""
        self._returned.append(bit)
        live_count = self._count - len(self._returned) - len(self._free)
        if len(self._returned) < max(_IDLE_COUNT_MIN, live_count):
            return 0
        wiped = sum(self._returned)
        self._free += self._returned
        self._returned = []
        return wiped
