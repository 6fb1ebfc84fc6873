"""`eth_call` of the registry's own batched read, `snapshot`."""

from collections.abc import Sequence

from waypost.trust.exchange import Answer, Call
from waypost.trust.reading.ladder.pinned import call_at
from waypost.trust.reading.ladder.question import Question
from waypost.trust.reading.snapshot import Snapshot, encode_snapshot, snapshot_at
from waypost.trust.verdict import Block


class SnapshotCall:
    """As fast, and in more nodes, but it takes the EVM and its gas: 3 M for 1000 servers.

    Notices: another block (by its timestamp), another version of the registry, offsets and counts
    that do not fit. Cannot notice: another block with the same timestamp.
    """

    name = "snapshot"

    def __init__(self, question: Question, item_count_max: int) -> None:
        self._question = question
        self.item_count_max = item_count_max

    def ask(self, block: Block, items: Sequence[bytes]) -> Call:
        _, kind, provider_ids = self._question
        data = encode_snapshot(kind, items, provider_ids)
        return call_at(block, {"to": self._question.address, "data": data})

    def read(self, block: Block, items: Sequence[bytes], answer: Answer) -> Snapshot:
        return snapshot_at(block, answer, len(items), len(self._question.provider_ids))
