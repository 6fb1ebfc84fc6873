"""Settings of a Whisper network and of its nodes."""

from dataclasses import dataclass

from waypost.config.rule import require


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperConfig:
    """A Whisper network, and what a node takes from it."""

    work: str = "leading"  # the proof of work: "trailing" before go-ethereum 1.9
    pow_min: float = 0.2  # of an envelope
    envelope_size_max_b: int = 1 << 20
    skew_s_max: int = 10  # by which a sender's clock may be ahead; twice as much for late ones

    def __post_init__(self) -> None:
        require(
            self.work in ("leading", "trailing"),
            f"no proof of work is called {self.work!r}: use leading or trailing",
        )
        require(0 <= self.pow_min < float("inf"), f"pow_min is {self.pow_min}: use 0 or more")
        require(
            0 < self.envelope_size_max_b <= 10 << 20,
            "envelope_size_max_b is at most 10 MiB, as much as a Whisper packet may have",
        )
        require(self.skew_s_max >= 0, "skew_s_max must not be negative")

    def check_work(self, work: str) -> None:
        """Raises ConfigError for work that was measured in another way than this network's."""
        require(work == self.work, f"this envelope's work is {work}, the network's is {self.work}")
