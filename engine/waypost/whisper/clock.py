"""Time that does not go back, made of one that may: the time of day is corrected now and then."""


class SteadyClock:
    """Seconds since the first time that it was told."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0
        self._now: float | None = None

    def tell(self, now: float) -> float:
        """What has passed until now."""
        if self._now is not None:
            self.elapsed_s += max(0.0, now - self._now)
        self._now = now
        return self.elapsed_s

    def at(self, elapsed_s: float) -> float:
        """The time of day at which so much will have passed."""
        return (self._now or 0.0) + elapsed_s - self.elapsed_s
