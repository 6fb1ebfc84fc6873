"""Settings of RLPx connections."""

from dataclasses import dataclass

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
