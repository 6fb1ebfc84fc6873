"""Settings of RLPx connections."""

from dataclasses import dataclass, field

from waypost.config.rule import require


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
            require(getattr(self, name) > 0, f"{name} must be more than 0")
        require(
            self.message_size_max_b <= 0xFFFFFF,
            "message_size_max_b is at most 2**24 - 1: a frame can hold no more",
        )
        require(
            self.ping_interval_s < self.silence_timeout_s,
            "ping_interval_s must be less than silence_timeout_s",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfig:
    """The RLPx connections of a node: with whom, how many, and what slow peers may cost.

    An address is an IPv4 address, or the 64 bits of a network of IPv6.
    """

    rlpx: RlpxConfig = field(default_factory=RlpxConfig)
    client_id: str = "waypost"  # said in Hello
    link_count_max: int = 1000  # open, inbound and dialled together
    inbound_count_max: int = 900  # of them inbound: the others are kept for those we dial
    pending_count_max: int = 256  # inbound, before Hello
    address_count_max: int = 32  # inbound from one address at once
    address_pending_count_max: int = 16  # of them before Hello
    address_interval_count_max: int = 64  # inbound from one address in each interval
    address_interval_s: float = 30.0
    address_memory_count_max: int = 1 << 14  # addresses whose interval is remembered
    dial_count_max: int = 64  # at once
    dial_timeout_s: float = 10.0  # to a TCP connection, before the handshake
    redial_wait_min_s: float = 1.0  # of nodes to stay connected with; doubled by each failure ...
    redial_wait_max_s: float = 60.0  # ... up to this
    # go-ethereum turns away, without a word, an address from which it took somebody 30 s ago.
    redial_refused_wait_s: float = 35.0
    linger_s: float = 2.0  # for the peer to hang up after our Disconnect
    write_timeout_s: float = 20.0  # for the peer to read what the system holds for it
    output_high_b: int = 1 << 18  # for the system to take: above it, writers wait ...
    output_low_b: int = 1 << 16  # ... until this is left
    backlog_count_max: int = 512  # connections that the system accepts before we do

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if name not in ("rlpx", "client_id"):
                require(getattr(self, name) > 0, f"{name} must be more than 0")
        require(
            self.inbound_count_max <= self.link_count_max,
            "inbound_count_max is at most link_count_max",
        )
        require(
            self.output_low_b < self.output_high_b, "output_low_b must be less than output_high_b"
        )
