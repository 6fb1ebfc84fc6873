"""Settings of a Whisper network and of its nodes."""

from dataclasses import dataclass, field

from waypost.config.rule import require

BLOOM_SIZE_B = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RateConfig:
    """What may come from one source; `inf` is no limit.

    As much as comes in burst_s at these rates may come at once. What is beyond it is dropped, and
    once that is as much as comes in tolerance_s, so is the peer.
    """

    packets_per_s: float
    bytes_per_s: float
    burst_s: float = 10.0
    tolerance_s: float = 10.0

    def __post_init__(self) -> None:
        require(self.packets_per_s > 0 and self.bytes_per_s > 0, "a rate must be more than 0")
        require(self.burst_s > 0, "burst_s must be more than 0")
        require(self.tolerance_s >= 0, "tolerance_s must not be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperConfig:
    """A Whisper network, what a node takes from it, and what it does for it.

    A light node is sent what its bloom lets through, and passes on nothing but its own.
    """

    work: str = "leading"  # the proof of work: "trailing" before go-ethereum 1.9
    pow_min: float = 0.2  # of an envelope
    envelope_size_max_b: int = 1 << 20
    skew_s_max: int = 10  # by which a sender's clock may be ahead; twice as much for late ones

    bloom: bytes = b"\xff" * BLOOM_SIZE_B  # of the topics that we want
    light: bool = False
    confirmations: bool = False  # ask peers to acknowledge what we send them
    packet_size_max_b: int = 1 << 20
    status_timeout_s: float = 5.0
    transmit_interval_s: float = 0.3  # a peer is sent one packet of envelopes in each
    transmit_size_max_b: int = 128 << 20  # of all these packets together, more or less
    change_tolerance_s: float = 10.0  # peers may take as long to heed a new pow_min or bloom
    peer_count_max: int = 1024
    pool_count_max: int = 1 << 19  # envelopes that have not expired: the most work stays
    pool_size_max_b: int = 128 << 20
    scan_count_max: int = 1 << 13  # envelopes that are compared with a peer's bloom an interval
    scan_total_count_max: int = 1 << 18  # of the comparisons with all blooms, more or less
    address_count_max: int = 1 << 14  # whose rates are remembered; as many nodes

    node_rate: RateConfig = field(  # of its packets but mail, and of all its bytes
        default_factory=lambda: RateConfig(packets_per_s=50, bytes_per_s=4 << 20)
    )
    address_rate: RateConfig = field(
        default_factory=lambda: RateConfig(packets_per_s=1000, bytes_per_s=32 << 20)
    )

    def __post_init__(self) -> None:
        require(
            self.work in ("leading", "trailing"),
            f"no proof of work is called {self.work!r}: use leading or trailing",
        )
        require(0 <= self.pow_min < float("inf"), f"pow_min is {self.pow_min}: use 0 or more")
        for name in ("envelope_size_max_b", "packet_size_max_b"):
            require(
                0 < getattr(self, name) <= 10 << 20,
                f"{name} is at most 10 MiB, as much as a Whisper packet may have",
            )
        require(self.skew_s_max >= 0, "skew_s_max must not be negative")
        require(len(self.bloom) == BLOOM_SIZE_B, f"a bloom is {BLOOM_SIZE_B} bytes")
        for name in (
            *("status_timeout_s", "transmit_interval_s", "change_tolerance_s", "peer_count_max"),
            *("pool_count_max", "pool_size_max_b", "scan_count_max", "address_count_max"),
            *("transmit_size_max_b", "scan_total_count_max"),
        ):
            require(getattr(self, name) > 0, f"{name} must be more than 0")

    def check_work(self, work: str) -> None:
        """Raises ConfigError for work that was measured in another way than this network's."""
        require(work == self.work, f"this envelope's work is {work}, the network's is {self.work}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeeringConfig:
    """Peers that a node finds by discovery, beside those that are named.

    They are of different subnets, as those of a routing table are: see TableConfig.
    """

    peer_count: int = 8  # to be connected with; 0: none is looked for
    known_count_max: int = 256  # nodes to dial in turn; more are looked at once one of them failed
    walk_s_max: float = 600.0  # then the next walk shows those again that were forgotten
    subnet_bits_ipv4: int = 24
    subnet_bits_ipv6: int = 48

    def __post_init__(self) -> None:
        require(self.peer_count >= 0, f"peer_count is {self.peer_count}: use 0 or more")
        require(
            self.peer_count <= self.known_count_max and self.known_count_max > 0,
            "known_count_max must be more than 0 and at least peer_count",
        )
        require(self.walk_s_max > 0, "walk_s_max must be more than 0")
        require(
            1 <= self.subnet_bits_ipv4 <= 32 and 1 <= self.subnet_bits_ipv6 <= 128,
            "a subnet has 1 to 32 bits in IPv4 and 1 to 128 in IPv6",
        )
