"""Settings of mail servers and of what asks them."""

from dataclasses import dataclass

from waypost.config.rule import require


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServerConfig:
    """What a mail server answers, and to whom. status-go's servers set the measure."""

    pow_min: float = 0.002  # of an encrypted request: what Status asks of phones
    signer_is_peer: bool = False  # else anyone may sign, as at real servers: wnode never does so
    request_skew_s_max: int = 120  # between the time in an encrypted request and our clock
    recent_request_count_max: int = 65_536  # that are known, so that none is served twice

    request_interval_s: float = 10.0  # over which requests are counted, of a peer and of a host
    peer_request_count_max: int = 2_000  # in it; 0 is no limit
    host_request_count_max: int = 10_000  # the same, of all peers at one address
    source_count_max: int = 65_536  # peers and hosts that are counted

    limit_default: int = 1_000  # envelopes, where a request names no limit
    limit_max: int = 1_000  # a request for more is refused
    range_s_max: int = 366 * 86_400  # from the lower to the upper time; 0 is no limit
    topic_count_max: int = 1_000  # that a request may name
    newest_first: bool = False

    bundle_size_max_b: int = 1 << 20  # of a packet with several envelopes
    retention_days: int = 30  # that envelopes are kept; 0 is for ever
    sync_open: bool = False  # any peer may have the whole archive, as at real servers

    def __post_init__(self) -> None:
        require(0 <= self.pow_min < float("inf"), f"pow_min is {self.pow_min}: use 0 or more")
        for name in (
            "request_skew_s_max",
            "recent_request_count_max",
            "request_interval_s",
            "source_count_max",
            "limit_default",
            "limit_max",
            "topic_count_max",
            "bundle_size_max_b",
        ):
            require(getattr(self, name) > 0, f"{name} must be more than 0")
        for name in (
            "peer_request_count_max",
            "host_request_count_max",
            "range_s_max",
            "retention_days",
        ):
            require(getattr(self, name) >= 0, f"{name} must not be negative")
        require(self.limit_default <= self.limit_max, "limit_default must be at most limit_max")
        require(
            self.bundle_size_max_b <= 10 << 20,
            "bundle_size_max_b is at most 10 MiB, as much as a Whisper packet may have",
        )
