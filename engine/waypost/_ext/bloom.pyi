"""The bloom filters of Whisper v6, of 64 bytes, exactly as geth makes them (`TopicToBloom`).

A topic has three places. geth assigns the byte of each instead of adding a bit to it: of places
in one byte only the last one counts, which is so for 4 topics of 100. What peers accept is decided
by their blooms, so ours have the same bits.
"""

from collections.abc import Iterable

FULL: bytes
"""The filter that lets every topic through."""

def bloom_of(topics: Iterable[bytes]) -> bytes:
    """The filter that lets these topics through, 4 bytes each. Raises ConfigError."""

def matches(bloom: bytes, sample: bytes) -> bool:
    """Whether a filter has every bit of another one."""

def matching(bloom: bytes, topics: Iterable[bytes]) -> list[bytes]:
    """Those of the topics that a filter lets through, in their order."""

def matching_at(bloom: bytes, topics: bytes) -> list[int]:
    """Which of the topics, that stand one after the other, a filter lets through: from 0 on."""

def last_place(topic: bytes) -> int:
    """The last of a topic's places, below 512: its bloom has that one for sure."""

def places(bloom: bytes) -> list[int]:
    """The places that a filter has, in order."""
