"""Who may come in: inbound connections counted by the address that they come from."""

from collections import Counter
from ipaddress import IPv4Address, ip_address

from waypost.config import HostConfig

_NETWORK_SIZE_B = 8  # of IPv6, where one user has 2**64 addresses or more


def address_of(host: str) -> bytes:
    """What a numeric host is counted under."""
    address = ip_address(host.partition("%")[0])
    if not isinstance(address, IPv4Address):
        address = address.ipv4_mapped or address
    return address.packed[:_NETWORK_SIZE_B]


class Admission:
    """Counts what is open, what is not past its Hello, and what came in each interval.

    Each connection is told of by `arrive`, where that lets it in then by `settle` once it is past
    its Hello, and by `leave` in the end.
    """

    def __init__(self, config: HostConfig) -> None:
        self._config = config
        self._open: Counter[bytes] = Counter()
        self._pending: Counter[bytes] = Counter()
        self._pending_count = 0
        # When the interval of an address began, and how many came in it; the oldest is first.
        self._intervals: dict[bytes, tuple[float, int]] = {}

    def arrive(self, host: str, now: float) -> str:
        """The name of why the connection may not stay, or nothing where it may."""
        config, address = self._config, address_of(host)
        if self._pending_count >= config.pending_count_max:
            return "pending"
        if self._open[address] >= config.address_count_max:
            return "address"
        if self._pending[address] >= config.address_pending_count_max:
            return "address-pending"
        if self._come(address, now) > config.address_interval_count_max:
            return "address-rate"
        self._open[address] += 1
        self._pending[address] += 1
        self._pending_count += 1
        return ""

    def settle(self, host: str) -> None:
        self._subtract(self._pending, address_of(host))
        self._pending_count -= 1

    def leave(self, host: str, *, settled: bool) -> None:
        if not settled:
            self.settle(host)
        self._subtract(self._open, address_of(host))

    def _come(self, address: bytes, now: float) -> int:
        """How many have come from there in this interval."""
        since, count = self._intervals.get(address, (now, 0))
        if now >= since + self._config.address_interval_s:
            del self._intervals[address]
            since, count = now, 0
        elif count == 0 and len(self._intervals) >= self._config.address_memory_count_max:
            del self._intervals[next(iter(self._intervals))]
        self._intervals[address] = since, count + 1
        return count + 1

    @staticmethod
    def _subtract(counts: Counter[bytes], address: bytes) -> None:
        counts[address] -= 1
        if not counts[address]:
            del counts[address]
