"""Settings of Discovery v5.1: the table, lookups, the walk, the node."""

from dataclasses import dataclass, field

from waypost.config.rule import require


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
        require(
            0 <= self.replacement_count_max <= 128,
            f"replacement_count_max is {self.replacement_count_max}: use 0 to 128",
        )
        require(
            1 <= self.subnet_bits_ipv4 <= 32 and 1 <= self.subnet_bits_ipv6 <= 128,
            "a subnet has 1 to 32 bits in IPv4 and 1 to 128 in IPv6",
        )
        require(
            1 <= self.subnet_bucket_count_max <= self.subnet_table_count_max,
            "subnet_bucket_count_max must be at least 1 and at most subnet_table_count_max",
        )
        require(
            1 <= self.inbound_bucket_count_max <= 16,
            f"inbound_bucket_count_max is {self.inbound_bucket_count_max}: use 1 to 16",
        )
        require(
            0.001 <= self.check_interval_min_s <= self.check_interval_max_s <= 86_400.0,
            "check intervals are 0.001 to 86400 s, the minimum first",
        )
        require(
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
        require(
            1 <= self.parallel_count_max <= self.result_count_max <= self.query_count_max,
            "a lookup needs 1 <= parallel_count_max <= result_count_max <= query_count_max",
        )
        require(
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
        require(
            len(self.protocol_id) == 6 and 0 <= self.protocol_version <= 0xFFFF,
            "a protocol id has 6 bytes and its version is 0 to 65535",
        )
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, int | float) and name != "protocol_version":
                require(value > 0, f"{name} is {value}: it must be more than 0")
        require(
            self.walk_interval_min_s <= self.walk_interval_max_s,
            "walk_interval_min_s must not exceed walk_interval_max_s",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkConfig:
    """The random walk of a node's user."""

    seen_count_max: int = 65_536  # nodes remembered, each yielded once: 8 MB
    pause_min_s: float = 0.25  # between lookups when the last one showed nothing new: doubles
    pause_max_s: float = 5.0  # from the first to the second

    def __post_init__(self) -> None:
        require(self.seen_count_max > 0, "seen_count_max must be more than 0")
        require(
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
            require(getattr(self, name) > 0, f"{name} must be more than 0")
