"""What is asked of a registry of ours, and the check that the answer comes from one."""

from collections.abc import Sequence
from typing import NamedTuple

from waypost._ext.hex import words_of
from waypost.errors import RpcError
from waypost.trust.exchange import Answer
from waypost.trust.reading.snapshot import Snapshot
from waypost.trust.reading.storage import snapshot_of

_WORD_SIZE_B = 32


class Question(NamedTuple):
    """The registry at `address`, a kind in its on-chain form, and the providers that matter."""

    address: bytes
    kind: bytes
    provider_ids: Sequence[int]

    @property
    def fixed_count(self) -> int:
        """Words that every request asks for besides those of servers."""
        return 2 + len(self.provider_ids)

    def snapshot_of(self, values: Answer, node_id_count: int) -> Snapshot:
        """The snapshot in the values of the slots of registry, kind, providers and servers.

        Raises RpcError. Storage that is not a registry's reads as zeros, without any error: so the
        registry word has to show our version (`wrong-version`).
        """
        words = words_of(values)
        if len(words) != (self.fixed_count + node_id_count) * _WORD_SIZE_B:
            raise RpcError("bad-answer", "the answer has not as many words as were asked for")
        return snapshot_of(words, len(self.provider_ids))
