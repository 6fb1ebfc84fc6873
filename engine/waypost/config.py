"""Settings: frozen dataclasses, each limit named with its unit."""
from dataclasses import dataclass

from waypost.errors import ConfigError


@dataclass(frozen=True, slots=True)
class RegistryConfig:
    """How the registry is read and written over JSON-RPC."""

    request_timeout_s: float = 10.0        # one JSON-RPC exchange
    verify_timeout_s: float = 20.0         # one verification, all of its exchanges together
    response_size_max_b: int = 4 << 20     # a snapshot of 1000 servers is 66 kB of JSON
    connection_count_max: int = 4          # to one endpoint
    chunk_count_max: int = 1000            # servers in one eth_call: 3 M gas, 32 kB each way
    page_count_max: int = 200              # providers or servers in one page of a listing
    listing_count_max: int = 100_000       # entries of a listing
    pin_count_max: int = 2                 # blocks tried when the first is gone from the chain
    batch_count_max: int = 200             # servers in one transaction: 60 k gas each, of 16.7 M
    receipt_timeout_s: float = 120.0       # until a transaction is in a block
    receipt_poll_interval_s: float = 0.25

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be more than 0")
