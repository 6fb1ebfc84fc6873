"""How fast packets may come from each source: two leaky buckets for each, in seconds.

A bucket is the time at which all that came would have come at the rate; how far that is ahead of
now is what the source has used of its burst, then of its tolerance.
"""

from enum import Enum

from waypost.config.whisper import RateConfig


class Verdict(Enum):
    """What to do with a packet."""

    PASS = 0
    IGNORE = 1
    DISCONNECT = 2


class Meter:
    """The two buckets of one source, and how many connections use it."""

    __slots__ = ("bytes_until_s", "packets_until_s", "user_count")

    def __init__(self) -> None:
        self.user_count = 0
        self.packets_until_s = 0.0
        self.bytes_until_s = 0.0

    def until_s(self) -> float:
        """When both are as new."""
        return max(self.packets_until_s, self.bytes_until_s)


class Meters:
    """Those of sources of one sort, by name. What is not used any more is forgotten once it is as
    new, or where there are more than count_max.
    """

    def __init__(self, rate: RateConfig, count_max: int) -> None:
        self._packet_s = 1 / rate.packets_per_s
        self._byte_s = 1 / rate.bytes_per_s
        self._burst_s = rate.burst_s
        self._end_s = rate.burst_s + rate.tolerance_s
        self._count_max = count_max
        self._meters: dict[bytes, Meter] = {}

    def __len__(self) -> int:
        return len(self._meters)

    def take(self, name: bytes, now: float) -> Meter:
        """The meter of a source that connects."""
        meter = self._meters.get(name)
        if meter is None:
            if len(self._meters) >= self._count_max:
                self._forget(now)
            meter = self._meters[name] = Meter()
        meter.user_count += 1
        return meter

    def give_back(self, name: bytes, now: float) -> None:
        """The source has disconnected."""
        meter = self._meters[name]
        meter.user_count -= 1
        if meter.user_count == 0 and meter.until_s() <= now:
            del self._meters[name]

    def spend(self, meter: Meter, size_b: int, now: float, packet_count: int = 1) -> Verdict:
        """A packet has come, or bytes that are none, or not counted as one."""
        meter.packets_until_s = max(meter.packets_until_s, now) + packet_count * self._packet_s
        meter.bytes_until_s = max(meter.bytes_until_s, now) + size_b * self._byte_s
        ahead_s = meter.until_s() - now
        if ahead_s <= self._burst_s:
            return Verdict.PASS
        return Verdict.IGNORE if ahead_s <= self._end_s else Verdict.DISCONNECT

    def _forget(self, now: float) -> None:
        """Those of no use any more; where that is too few, the half of the unused."""
        unused = [name for name, meter in self._meters.items() if meter.user_count == 0]
        renewed = [name for name in unused if self._meters[name].until_s() <= now]
        for name in renewed or unused[: len(unused) // 2 + 1]:
            del self._meters[name]
