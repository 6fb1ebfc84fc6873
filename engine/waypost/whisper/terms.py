"""What a node takes: its least work and its bloom, and for a while those before a change."""

from waypost._ext.bloom import FULL
from waypost.config import WhisperConfig
from waypost.errors import ConfigError


class Terms:
    """`pow_min` and `bloom` are announced; `lenient_pow_min` and `lenient_bloom` let through, too,
    what peers sent before they heard of a change.
    """

    def __init__(self, config: WhisperConfig) -> None:
        self.pow_min = self.lenient_pow_min = config.pow_min
        self.bloom = self.lenient_bloom = config.bloom
        self.lenient_until = float("inf")
        self._tolerance_s = config.change_tolerance_s

    def change(
        self, now: float, *, pow_min: float | None = None, bloom: bytes | None = None
    ) -> None:
        """Raises ConfigError for what no peer would take as such."""
        if pow_min is not None:
            if not 0 <= pow_min < float("inf"):
                raise ConfigError(f"pow_min is {pow_min}: use 0 or more")
            self.pow_min = pow_min
            self.lenient_pow_min = min(self.lenient_pow_min, pow_min)
        if bloom is not None:
            if len(bloom) != len(FULL):
                raise ConfigError(f"a bloom is {len(FULL)} bytes")
            self.bloom = bloom
            self.lenient_bloom = _union(self.lenient_bloom, bloom)
        self.lenient_until = now + self._tolerance_s

    def settle(self, now: float) -> None:
        """The time of leniency may be over."""
        if now >= self.lenient_until:
            self.lenient_pow_min, self.lenient_bloom = self.pow_min, self.bloom
            self.lenient_until = float("inf")


def _union(one: bytes, other: bytes) -> bytes:
    bits = int.from_bytes(one, "big") | int.from_bytes(other, "big")
    return bits.to_bytes(len(one), "big")
