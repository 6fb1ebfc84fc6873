"""What a registry has been doing, in numbers: for logs and metrics."""

from dataclasses import dataclass

from waypost.trust.verdict import Block


@dataclass(frozen=True, slots=True)
class EndpointStats:
    """One endpoint, in the order in which the user named them."""

    request_count: int  # of reads; a batch is one
    rung: str | None  # the fastest way to read that its node is known to have
    head: Block | None  # the last that was read at; compare its timestamp with your own clock
    is_well: bool  # asked before those that are not
    error: str | None  # what went wrong last


@dataclass(frozen=True, slots=True)
class RegistryStats:
    """Counts since the registry was made."""

    endpoints: tuple[EndpointStats, ...]
    read_count: int  # of servers' facts, each for one caller or several
    merged_count: int  # callers that shared a read of others
    kept_count: int  # words of servers that did not have to be read again
    cached_count: int  # words that are kept now
    fail_over_count: int  # times that another endpoint stood in
