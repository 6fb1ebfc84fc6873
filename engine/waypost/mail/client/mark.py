"""Where the next history begins, so that what arrives late is not missed."""

from dataclasses import dataclass
from typing import Self

from waypost.errors import MailError

_TIME_SIZE_B = 8
_HASH_SIZE_B = 32


@dataclass(frozen=True, slots=True)
class HistoryMark:
    """Ask from since_s on, and leave out these hashes: the user has them already.

    since_s lies a little before the end of the last history: a sender's clock may be behind, and
    a server may get an envelope long after it was sent.
    """

    since_s: int
    hashes: frozenset[bytes] = frozenset()

    def encode(self) -> bytes:
        """8 bytes of since_s, then the hashes, of 32 bytes each: for a file."""
        return self.since_s.to_bytes(_TIME_SIZE_B, "big") + b"".join(sorted(self.hashes))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The mark of these bytes. Raises MailError."""
        count, rest = divmod(len(data) - _TIME_SIZE_B, _HASH_SIZE_B)
        if count < 0 or rest:
            raise MailError("bad-mark", "it is not what a history left: begin from a time")
        starts = range(_TIME_SIZE_B, len(data), _HASH_SIZE_B)
        hashes = frozenset(data[start : start + _HASH_SIZE_B] for start in starts)
        return cls(int.from_bytes(data[:_TIME_SIZE_B], "big"), hashes)
