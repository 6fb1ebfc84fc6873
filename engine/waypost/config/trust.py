"""Bounds of registries, chains and proofs, and the settings of finding servers."""

from dataclasses import dataclass

from waypost.config.rule import require

PROVIDER_COUNT_MAX = 256  # trusted in one registry: every read asks for all of them
ENDPOINT_COUNT_MAX = 16  # of one registry
BLOCK_COUNT_MAX = 1024  # kept by an embedded chain, with their logs and receipts
STATE_COUNT_MAX = 64  # the newest of those blocks, whose state is kept too
LOG_COUNT_MAX = 10_000  # in one answer of an embedded chain
STORAGE_VALUE_COUNT_MAX = 1024  # in one eth_getStorageValues or eth_getProof (geth's limit)
JSON_DEPTH_MAX = 64  # of answers and files of strangers
PROOF_SIZE_MAX_B = 8 << 20  # of a file; one about 10,000 servers has 3 MB
TRIE_NODE_COUNT_MAX = 65_536  # verified nodes kept while proofs are checked, 1 kB each at most


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
            require(getattr(self, name) > 0, f"{name} must be more than 0")


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
            require(getattr(self, name) > 0, f"{name} must be more than 0")
