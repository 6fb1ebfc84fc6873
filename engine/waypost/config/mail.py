"""Settings of mail servers and of what asks them."""

from dataclasses import dataclass, field

from waypost.config.archive import ArchiveConfig
from waypost.config.rlpx import HostConfig
from waypost.config.rule import require
from waypost.config.whisper import PeeringConfig, WhisperConfig

_PAGE_SIZE_MAX_B = 1 << 18  # what a client that does not read may cost, beside its link's output


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServerConfig:
    """What a mail server answers, and to whom; and how it runs. status-go's servers set the
    measure of the former.
    """

    pow_min: float = 0.002  # of an encrypted request: what Status asks of phones
    signer_is_peer: bool = False  # else anyone may sign, as at real servers: wnode never does so
    request_skew_s_max: int = 120  # between the time in an encrypted request and our clock
    recent_request_count_max: int = 65_536  # the last ones are known: none is served twice

    request_interval_s: float = 10.0  # over which requests are counted, of a peer and of a host
    peer_request_count_max: int = 5_000  # in it: 200 MiB a second in pages; 0 is no limit
    host_request_count_max: int = 10_000  # the same, of all at one address, or one /64 of IPv6
    source_count_max: int = 65_536  # peers and hosts that are counted

    limit_default: int = 1_000  # envelopes, where a request names no limit
    limit_max: int = 1_000  # a request for more is refused
    legacy_limit: int = 1 << 20  # where a binary one, which knows no pages, names none
    range_s_max: int = 366 * 86_400  # from the lower to the upper time; 0 is no limit
    topic_count_max: int = 1_000  # that a request may name
    newest_first: bool = False

    bundle_size_max_b: int = 1 << 20  # of a packet with envelopes, as peers take it
    retention_days: int = 30  # that envelopes are kept; 0 is for ever

    sync_open: bool = False  # any peer may copy the whole archive, as at real servers
    sync_limit: int = 1_000  # envelopes in a page that we ask of another server
    sync_fruitless_page_count_max: int = 100  # of envelopes that we do not take, in a row

    whisper: WhisperConfig = field(default_factory=WhisperConfig)  # the network
    peering: PeeringConfig = field(default_factory=PeeringConfig)  # whom it finds there
    host: HostConfig = field(default_factory=HostConfig)
    archive: ArchiveConfig = field(
        default_factory=lambda: ArchiveConfig(page_size_max_b=_PAGE_SIZE_MAX_B)
    )
    intake_size_max_b: int = 32 << 20  # of what waits for its commit; beyond, senders must wait
    turn_count_max: int = 16  # pages that are read and sealed at once
    open_request_count_max: int = 8  # of a peer: one is being answered, the others wait
    push_timeout_s: float = 60.0  # for a peer to take a page
    drain_timeout_s: float = 10.0  # for answers under way when the server is closed
    retention_interval_s: float = 3_600.0
    sync_interval_s: float = 60.0  # from the end of a round of copying to the next
    # Each envelope is copied when it is so old: what came later than the oldest age is missed.
    sync_ages_s: tuple[int, ...] = (30, 3_600, 3 * 86_400)
    sync_timeout_s: float = 60.0  # for each packet of another server

    def __post_init__(self) -> None:
        require(0 <= self.pow_min < float("inf"), f"pow_min is {self.pow_min}: use 0 or more")
        for name in (
            "request_skew_s_max",
            "recent_request_count_max",
            "request_interval_s",
            "source_count_max",
            "limit_default",
            "limit_max",
            "legacy_limit",
            "topic_count_max",
            "bundle_size_max_b",
            "sync_limit",
            "intake_size_max_b",
            "turn_count_max",
            "open_request_count_max",
            "push_timeout_s",
            "retention_interval_s",
            "sync_interval_s",
            "sync_timeout_s",
        ):
            require(getattr(self, name) > 0, f"{name} must be more than 0")
        for name in (
            "peer_request_count_max",
            "host_request_count_max",
            "range_s_max",
            "retention_days",
            "sync_fruitless_page_count_max",
            "drain_timeout_s",
        ):
            require(getattr(self, name) >= 0, f"{name} must not be negative")
        require(self.limit_default <= self.limit_max, "limit_default must be at most limit_max")
        require(
            bool(self.sync_ages_s) and min(self.sync_ages_s) >= 0,
            "sync_ages_s has one age at least, and none is negative",
        )
        require(
            self.sync_limit <= 1000, "sync_limit is at most 1000: real servers hang up on more"
        )
        require(
            self.bundle_size_max_b <= self.whisper.packet_size_max_b,
            "bundle_size_max_b is at most whisper.packet_size_max_b: it is of one packet",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MailClientConfig:
    """How a client asks mail servers, and how much it puts up with."""

    whisper: WhisperConfig = field(default_factory=WhisperConfig)  # the network of the envelopes
    form: str = "rlp-7"  # of requests: rlp-6 before status-go 0.40, legacy for go-ethereum
    request_pow: float = 0.2  # the work of a request: go-ethereum's servers want it, others less
    request_ttl_s: int = 50
    request_work_s_max: float = 30.0  # for finding it

    range_s_max: int = 30 * 86_400  # from the first to the last time of a request
    page_limit: int = 1_000  # envelopes in a page: the most that real servers give
    overlap_s: int = 120  # by which servers, and one history and the next, are asked again
    clock_skew_s: int = 60  # a history until now goes on for so long: clocks of senders are ahead
    seen_count_max: int = 1 << 20  # hashes, of 150 bytes each, by which repetitions are known
    mark_count_max: int = 1 << 16  # hashes that are kept for the next history
    unasked_count_max: int = 16  # envelopes that were not asked for, then a server is left
    barren_page_count_max: int = 16  # pages in a row without anything new

    dial_timeout_s: float = 10.0  # until a server's status is here
    silence_timeout_s: float = 10.0  # of a server that is to deliver
    page_timeout_s: float = 60.0  # of a whole page
    legacy_silence_s: float = 3.0  # after it, go-ethereum's server is done: it does not say so
    queue_size_max_b: int = 4 << 20  # delivered and not yet taken by the user: it waits then

    confirm_timeout_s: float = 3.0  # of an envelope that was sent: many nodes never confirm

    backoff_min_s: float = 1.0  # of a server that failed: doubles each time
    backoff_max_s: float = 180.0
    penalty_half_life_s: float = 600.0  # of what a server is scored down by
    score_count_max: int = 1_024  # servers that are remembered
    patience_s: float = 60.0  # without anything new from any server, then a history fails
    compare_count_max: int = 1 << 20  # envelopes of all servers in one comparison

    def __post_init__(self) -> None:
        require(
            self.form in ("legacy", "rlp-6", "rlp-7"),
            f"no request is called {self.form!r}: use rlp-7, rlp-6 or legacy",
        )
        for name in self.__slots__:
            value = getattr(self, name)
            if name not in ("whisper", "form"):
                require(0 <= value < float("inf"), f"{name} is {value}: use 0 or more")
                zero = name in ("request_pow", "overlap_s", "clock_skew_s", "unasked_count_max")
                require(zero or name == "barren_page_count_max" or value > 0, f"{name} is 0")
        require(self.page_limit <= self.seen_count_max, "seen_count_max holds at least a page")

    @property
    def paged(self) -> bool:
        """Whether servers keep to the limit: go-ethereum's gives all in one page."""
        return self.form != "legacy"
