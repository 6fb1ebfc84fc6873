"""Words of many servers as they come from a node and go to the judge: end to end, in one piece."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from struct import unpack
from typing import Self

WORD_SIZE_B = 32


class PackedWords(Mapping[bytes, bytes]):
    """The word (32 bytes) of each of these servers, in their order: `packed` holds all of them."""

    def __init__(self, node_ids: Sequence[bytes] = (), packed: bytes = b"") -> None:
        self.node_ids = node_ids
        self.packed = packed

    @classmethod
    def of(cls, by_id: dict[bytes, bytes]) -> Self:
        """Words that were told apart before."""
        words = cls(list(by_id), b"".join(by_id.values()))
        words.by_id = by_id
        return words

    @cached_property
    def by_id(self) -> dict[bytes, bytes]:
        """The words told apart, for who looks some of them up."""
        count = len(self.packed) // WORD_SIZE_B
        words = unpack(f"{WORD_SIZE_B}s" * count, self.packed)
        return dict(zip(self.node_ids, words, strict=True))

    def __getitem__(self, node_id: bytes) -> bytes:
        return self.by_id[node_id]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.node_ids)

    def __len__(self) -> int:
        return len(self.node_ids)
