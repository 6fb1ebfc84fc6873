"""What a client asks for: a span of time, and topics or a bloom."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from waypost._ext.bloom import FULL, bloom_of
from waypost.errors import ConfigError
from waypost.hexadecimal import given_bytes

TIME_MAX_S = 0xFFFFFFFE  # real servers add one to it, in 32 bits
_BLOOM_SIZE_B = 64
_TOPIC_SIZE_B = 4


@dataclass(frozen=True, slots=True)
class Window:
    """Envelopes sent from since_s to until_s, both included, in seconds since 1970.

    With topics, of 4 bytes each, those alone; the bloom then is what a server gets to see where it
    has no room for topics. Without any, what the bloom lets through.
    """

    since_s: int
    until_s: int
    topics: frozenset[bytes] = frozenset()
    bloom: bytes = FULL

    @classmethod
    def of(
        cls, since_s: int, until_s: int, topics: Iterable[bytes] = (), bloom: bytes | None = None
    ) -> Self:
        """The window of these. Raises ConfigError for one that no server could serve."""
        wanted = frozenset(topics)
        if any(len(topic) != _TOPIC_SIZE_B for topic in wanted):
            raise ConfigError(f"a topic is {_TOPIC_SIZE_B} bytes, such as 0xdeadbeef")
        if not 0 <= since_s <= until_s <= TIME_MAX_S:
            raise ConfigError(
                f"a history goes from a time to a later one, in seconds since 1970: not from "
                f"{since_s} to {until_s}"
            )
        if bloom is None:
            bloom = bloom_of(wanted) if wanted else FULL
        elif len(bloom) != _BLOOM_SIZE_B:
            raise ConfigError(f"a bloom is {_BLOOM_SIZE_B} bytes, not {len(bloom)}")
        return cls(since_s, until_s, wanted, bloom)

    @property
    def everything(self) -> bool:
        """Every topic is asked for."""
        return not self.topics and self.bloom == FULL

    def pieces(self, span_s: int) -> list[Self]:
        """The window in pieces of at most so many seconds, the oldest one first."""
        ends = range(self.until_s, self.since_s - 1, -span_s)
        starts = [max(self.since_s, end - span_s + 1) for end in ends]
        return [
            replace(self, since_s=start, until_s=end)
            for start, end in zip(reversed(starts), reversed(ends), strict=True)
        ]


def topic_of(topic: bytes | str) -> bytes:
    """A topic as bytes, given so or as 8 hex digits. Raises ConfigError."""
    data = given_bytes(topic)
    if len(data) != _TOPIC_SIZE_B:
        raise ConfigError(f"{topic!r} is no topic: write 4 bytes in hex, such as 0xdeadbeef")
    return data
