"""Settings: frozen dataclasses, each limit named with its unit."""

from dataclasses import dataclass, field

from waypost.errors import ConfigError

PROVIDER_COUNT_MAX = 256  # trusted in one registry: every read asks for all of them
ENDPOINT_COUNT_MAX = 16  # of one registry
BLOCK_COUNT_MAX = 1024  # kept by an embedded chain, with their logs and receipts
STATE_COUNT_MAX = 64  # the newest of those blocks, whose state is kept too
LOG_COUNT_MAX = 10_000  # in one answer of an embedded chain
STORAGE_VALUE_COUNT_MAX = 1024  # in one eth_getStorageValues or eth_getProof (geth's limit)
JSON_DEPTH_MAX = 64  # of answers and files of strangers
PROOF_SIZE_MAX_B = 8 << 20  # of a file; one about 10,000 servers has 3 MB
TRIE_NODE_COUNT_MAX = 65_536  # verified nodes kept while proofs are checked, 1 kB each at most


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise ConfigError(text)


@dataclass(frozen=True, slots=True)
class RegistryConfig:
    """How the registry is read and written over JSON-RPC."""

    request_timeout_s: float = 10.0  # one JSON-RPC exchange
    rate_limit_retry_count_max: int = 3  # of a request that comes too soon, to the last node
    verify_timeout_s: float = 20.0  # one verification, all of its exchanges together
    response_size_max_b: int = 4 << 20  # a snapshot of 1000 servers is 66 kB of JSON
    connection_count_max: int = 4  # to one endpoint over HTTP
    in_flight_count_max: int = 256  # requests at once on one WebSocket or IPC connection
    ping_interval_s: float = 20.0  # of a WebSocket: half of it without an answer ends it
    notification_count_max: int = 1024  # of one subscription that wait to be read
    chunk_count_max: int = 1000  # servers in one request: 3 M gas, 32 kB each way
    call_count_max: int = 100  # calls in one JSON-RPC batch: some nodes take no more
    proof_count_max: int = 256  # slots in one eth_getProof: 2.8 kB of JSON each
    page_count_max: int = 200  # providers or servers in one page of a listing
    listing_count_max: int = 100_000  # entries of a listing
    watch_interval_s: float = 4.0  # between looks at the head, where the node does not tell of it
    watch_silence_s_max: float = 30.0  # the same where it does: it may have stopped to
    watch_outage_s_max: float = 300.0  # a watch fails once the node has failed for so long
    watch_block_count_max: int = 128  # remembered: a reorganisation may go back to them
    watch_range_count_max: int = 10_000  # blocks whose logs are asked for at once
    watch_lag_count_max: int = 3  # older heads in a row that are a reorganisation, not a lag
    log_range_min: int = 1000  # blocks of the log that a node is expected to search at once
    cache_count_max: int = 20_000  # servers of a kind whose words are kept, and as many unlisted
    cache_kind_count_max: int = 16
    cache_lifetime_s: float = 3600.0  # of a word: then it is read again, whatever the kind says
    cache_lifetime_unlisted_s: float = 300.0
    read_count_max: int = 10_000  # servers of several callers that are read together
    backoff_min_s: float = 1.0  # of an endpoint that fails beside others: doubles each time
    backoff_max_s: float = 300.0
    head_lag_max_s: float = 60.0  # of an endpoint's head behind those of others
    catch_up_timeout_s: float = 5.0  # until a node shows the block of a transaction of ours
    catch_up_interval_s: float = 0.05
    own_block_lifetime_s: float = 60.0  # of that wish: the block may be gone from the chain
    head_lag_count_max: int = 16  # blocks by which the heads of good nodes differ
    pin_count_max: int = 2  # blocks tried when the first is gone from the chain
    batch_count_max: int = 200  # servers in one transaction: 60 k gas each, of 16.7 M
    fee_wei_max: int = 10**12  # per unit of gas: more than this is a node that errs or lies
    receipt_timeout_s: float = 120.0  # until a transaction is in a block
    receipt_poll_interval_s: float = 0.25

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be more than 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableConfig:
    """The routing table (discv5-theory, "Node Table"; discv5-rationale, "Sybil/Eclipse Attacks").

    A subnet is the smallest block that is routed on its own across the Internet, so the smallest
    that costs an attacker something: /24 in IPv4 and, by the same measure, /48 in IPv6. A /64
    would bound nothing there: one free tunnel comes with 65,536 of them. Loopback and LAN
    addresses have no such limit.
    """

    replacement_count_max: int = 10  # per bucket, beside its 16 members
    subnet_bits_ipv4: int = 24
    subnet_bits_ipv6: int = 48
    subnet_bucket_count_max: int = 2  # of one subnet, replacements included
    subnet_table_count_max: int = 10
    inbound_bucket_count_max: int = 8  # members known only because they contacted us
    check_interval_min_s: float = 10.0  # of the liveness check: doubles with every answer
    check_interval_max_s: float = 600.0
    failure_count_max: int = 3  # checks unanswered in a row that drop a contact
    failure_count_max_replaceable: int = 2  # the same while a replacement is waiting

    def __post_init__(self) -> None:
        _require(
            0 <= self.replacement_count_max <= 128,
            f"replacement_count_max is {self.replacement_count_max}: use 0 to 128",
        )
        _require(
            1 <= self.subnet_bits_ipv4 <= 32 and 1 <= self.subnet_bits_ipv6 <= 128,
            "a subnet has 1 to 32 bits in IPv4 and 1 to 128 in IPv6",
        )
        _require(
            1 <= self.subnet_bucket_count_max <= self.subnet_table_count_max,
            "subnet_bucket_count_max must be at least 1 and at most subnet_table_count_max",
        )
        _require(
            1 <= self.inbound_bucket_count_max <= 16,
            f"inbound_bucket_count_max is {self.inbound_bucket_count_max}: use 1 to 16",
        )
        _require(
            0.001 <= self.check_interval_min_s <= self.check_interval_max_s <= 86_400.0,
            "check intervals are 0.001 to 86400 s, the minimum first",
        )
        _require(
            1 <= self.failure_count_max_replaceable <= self.failure_count_max <= 255,
            "failure_count_max_replaceable is 1 to failure_count_max, and that is at most 255",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupConfig:
    """The recursive lookup (discv5-theory, "Lookup")."""

    parallel_count_max: int = 3  # alpha: queries in flight
    result_count_max: int = 16  # k
    query_count_max: int = 128  # ends a lookup that liars keep feeding
    candidate_count_max: int = 256  # nodes heard of and kept, the closest ones

    def __post_init__(self) -> None:
        _require(
            1 <= self.parallel_count_max <= self.result_count_max <= self.query_count_max,
            "a lookup needs 1 <= parallel_count_max <= result_count_max <= query_count_max",
        )
        _require(
            self.query_count_max < self.candidate_count_max,
            "candidate_count_max must exceed query_count_max",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Discv5Config:
    """One discv5 node (discv5-wire, discv5-theory). A crawler wants more of it, a phone less."""

    protocol_id: bytes = b"discv5"  # 6 bytes; a private network has its own
    protocol_version: int = 1
    request_timeout_s: float = 1.0  # one way there and one way back
    handshake_timeout_s: float = 1.0  # on top of it, where a session must be opened first
    request_count_max: int = 4096  # open at once
    session_count_max: int = 4096  # about 1 kB each; the least recently used one goes
    half_open_count_max: int = 256  # handshakes of ours whose answer is not yet in
    challenge_count_max: int = 1024  # WHOAREYOUs open at once, so also new ones a second
    challenge_per_ip_count_max: int = 64  # of them from one Internet address
    challenge_resend_count_max: int = 16  # of the same one
    challenge_lifetime_s: float = 1.0
    record_count_max: int = 4096  # verified records kept, at most 300 bytes each
    check_count_max: int = 16  # liveness checks at once
    refresh_count_max: int = 16  # records asked for anew at once
    walk_interval_min_s: float = 1.0  # lookups of our own that fill the table: doubles from
    walk_interval_max_s: float = 120.0  # the first to the second
    event_count_max: int = 1024  # kept until they are drained
    table: TableConfig = field(default_factory=TableConfig)
    lookup: LookupConfig = field(default_factory=LookupConfig)

    @property
    def protocol(self) -> bytes:
        """protocol-id || version: 8 bytes of every header."""
        return self.protocol_id + self.protocol_version.to_bytes(2, "big")

    def __post_init__(self) -> None:
        _require(
            len(self.protocol_id) == 6 and 0 <= self.protocol_version <= 0xFFFF,
            "a protocol id has 6 bytes and its version is 0 to 65535",
        )
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, int | float) and name != "protocol_version":
                _require(value > 0, f"{name} is {value}: it must be more than 0")
        _require(
            self.walk_interval_min_s <= self.walk_interval_max_s,
            "walk_interval_min_s must not exceed walk_interval_max_s",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RlpxConfig:
    """One end of an RLPx connection (rlpx.md). The times are those of go-ethereum."""

    handshake_timeout_s: float = 5.0  # from the start to the peer's Hello
    ping_interval_s: float = 15.0  # of silence, then we ask
    silence_timeout_s: float = 30.0  # without one whole message: the connection ends
    handshake_size_max_b: int = 2048  # of auth and of ack; real ones have less than 1024
    hello_size_max_b: int = 2048  # of any message of "p2p"
    capability_count_max: int = 64  # that a Hello may name
    message_size_max_b: int = 0xFFFFFF  # 16 MiB - 1 of payload, before it is compressed
    output_size_max_b: int = 32 << 20  # sealed and not yet taken: a peer that does not read

    def __post_init__(self) -> None:
        for name in self.__slots__:
            _require(getattr(self, name) > 0, f"{name} must be more than 0")
        _require(
            self.message_size_max_b <= 0xFFFFFF,
            "message_size_max_b is at most 2**24 - 1: a frame can hold no more",
        )
        _require(
            self.ping_interval_s < self.silence_timeout_s,
            "ping_interval_s must be less than silence_timeout_s",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FinderConfig:
    """Finding servers: discovery, verification, choice."""

    batch_interval_s: float = 0.02  # the first candidate of a batch waits so long for others
    batch_count_max: int = 256  # candidates verified in one read
    candidate_count_max: int = 4096  # remembered, with their verdicts
    settle_s: float = 0.5  # after the first trusted one, before a pick: others may be slower
    retry_interval_s: float = 2.0  # candidates whose verdict is UNKNOWN are asked for again
    recheck_interval_s: float = 60.0  # the others
    head_interval_s: float = 4.0  # between looks at the trusted, where no node tells of blocks
    pick_timeout_s: float = 30.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            _require(getattr(self, name) > 0, f"{name} must be more than 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkConfig:
    """The random walk of a node's user."""

    seen_count_max: int = 65_536  # nodes remembered, each yielded once: 8 MB
    pause_min_s: float = 0.25  # between lookups when the last one showed nothing new: doubles
    pause_max_s: float = 5.0  # from the first to the second

    def __post_init__(self) -> None:
        _require(self.seen_count_max > 0, "seen_count_max must be more than 0")
        _require(
            0 < self.pause_min_s <= self.pause_max_s,
            "pause_min_s must be more than 0 and at most pause_max_s",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """A discv5 node on this machine's sockets."""

    receive_buffer_b: int = 8 << 20  # of each socket; the system may give less
    outbox_count_max: int = 1024  # datagrams that wait to be sent, 1.3 kB each
    event_count_max: int = 1024  # that a reader of events may be behind
    discv5: Discv5Config = field(default_factory=Discv5Config)
    walk: WalkConfig = field(default_factory=WalkConfig)

    def __post_init__(self) -> None:
        for name in ("receive_buffer_b", "outbox_count_max", "event_count_max"):
            _require(getattr(self, name) > 0, f"{name} must be more than 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperConfig:
    """A Whisper network, and what a node takes from it."""

    work: str = "leading"  # the proof of work: "trailing" before go-ethereum 1.9
    pow_min: float = 0.2  # of an envelope
    envelope_size_max_b: int = 1 << 20
    skew_s_max: int = 10  # by which a sender's clock may be ahead; twice as much for late ones

    def __post_init__(self) -> None:
        _require(
            self.work in ("leading", "trailing"),
            f"no proof of work is called {self.work!r}: use leading or trailing",
        )
        _require(0 <= self.pow_min < float("inf"), f"pow_min is {self.pow_min}: use 0 or more")
        _require(
            0 < self.envelope_size_max_b <= 10 << 20,
            "envelope_size_max_b is at most 10 MiB, as much as a Whisper packet may have",
        )
        _require(self.skew_s_max >= 0, "skew_s_max must not be negative")

    def check_work(self, work: str) -> None:
        """Raises ConfigError for work that was measured in another way than this network's."""
        _require(
            work == self.work, f"this envelope's work is {work}, the network's is {self.work}"
        )
