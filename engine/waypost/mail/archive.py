"""What a mail server keeps: the interface of every store of envelopes.

An envelope's position is when it was sent and its hash. Stores are in the order of positions, so
a cursor, the position where a page ended, means the same to all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from waypost.config.rule import require
from waypost.whisper.envelope import Envelope

TIME_SIZE_B = 4
CURSOR_SIZE_B = 36  # sent_s, big-endian || hash, 32 bytes
TIME_S_MAX = 0xFFFFFFFF  # an envelope's times have 32 bits
NO_HASH = bytes(32)
_TOPIC_SIZE_B = 4
_BLOOM_SIZE_B = 64


def position_of(envelope: Envelope) -> bytes:
    """When it was sent and its hash, CURSOR_SIZE_B. Raises OverflowError if sent before 1970."""
    return (envelope.expiry_s - envelope.ttl_s).to_bytes(TIME_SIZE_B, "big") + envelope.hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A page of history. Raises ConfigError for what no archive can answer.

    Without topics and bloom it asks for everything; where both are given, topics count. What was
    sent from lower_s to upper_s (seconds since 1970, both included) and lies beyond the cursor, a
    position that need not be one of this archive, or of any.
    """

    lower_s: int
    upper_s: int
    topics: frozenset[bytes] | None = None  # 4 bytes each
    bloom: bytes | None = None  # 64 bytes
    limit: int  # of envelopes in the page
    cursor: bytes = b""
    newest_first: bool = False

    def __post_init__(self) -> None:
        require(self.limit > 0, f"a page of {self.limit} envelopes: ask for at least one")
        require(
            len(self.cursor) in (0, CURSOR_SIZE_B),
            f"a cursor has {CURSOR_SIZE_B} bytes, not {len(self.cursor)}",
        )
        require(
            all(len(topic) == _TOPIC_SIZE_B for topic in self.topics or ()),
            f"a topic has {_TOPIC_SIZE_B} bytes",
        )
        require(
            self.bloom is None or len(self.bloom) == _BLOOM_SIZE_B,
            f"a bloom filter is {_BLOOM_SIZE_B} bytes",
        )


@dataclass(frozen=True, slots=True)
class Page:
    """An answer. It may be shorter than its limit, or empty, where there is more: see cursor."""

    raws: tuple[bytes, ...]  # the RLP of each envelope, in the order that was asked for
    last_hash: bytes = NO_HASH  # of the last of them
    cursor: bytes = b""  # where to go on; empty where nothing is left


@dataclass(frozen=True, slots=True)
class ArchiveStats:
    """What an archive holds. The times are of the envelopes that were sent first and last."""

    envelope_count: int
    topic_count: int
    size_b: int  # on disk
    oldest_s: int | None
    newest_s: int | None


class Archive(Protocol):
    """A store of envelopes. Every method blocks, and raises ArchiveError.

    One thread may append and prune while others query.
    """

    def append(self, envelopes: Sequence[Envelope]) -> int:
        """Keeps them: how many are new. Once it returns they are committed.

        Raises ConfigError for an envelope that was sent before 1970.
        """

    def query(self, query: Query) -> Page:
        """A page of what is committed."""

    def prune(self, before_s: int, count_max: int) -> int:
        """Forgets at most count_max envelopes, oldest first, that were sent before then.

        How many went: fewer than count_max when all have.
        """

    def stats(self) -> ArchiveStats:
        """What it holds now."""

    def close(self) -> None:
        """Ends it; closing twice is once."""
