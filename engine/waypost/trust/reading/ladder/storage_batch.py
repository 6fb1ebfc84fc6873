"""A JSON-RPC batch of `eth_getStorageAt`: what every node has, for those that have nothing better.

Not of `eth_call`: a node that offers it offers `snapshot`. Where this rung is reached, the EVM is
switched off or its gas is short, and a slot costs neither.
"""

from collections.abc import Sequence

from waypost.trust.exchange import Answer, Batch, Call, hex_text
from waypost.trust.reading.ladder.pinned import pinned
from waypost.trust.reading.ladder.question import Question
from waypost.trust.reading.ladder.slots import slots_of
from waypost.trust.reading.snapshot import Snapshot
from waypost.trust.verdict import Block


class StorageBatch:
    """The slowest rung: a call for each word.

    Notices: zeros from a wrong address (the registry word), a word that is missing. Cannot notice:
    words of another block, as with `eth_getStorageValues`, or answers that were mixed up within
    the batch under the right ids.
    """

    name = "batch of eth_getStorageAt"

    def __init__(self, question: Question, call_count_max: int) -> None:
        self._question = question
        self.item_count_max = max(1, call_count_max - question.fixed_count)

    def ask(self, block: Block, items: Sequence[bytes]) -> Batch:
        account, where = hex_text(self._question.address), pinned(block)
        slots = slots_of(self._question, items)
        return Batch([Call("eth_getStorageAt", [account, slot, where]) for slot in slots])

    def read(self, _block: Block, items: Sequence[bytes], answer: Answer) -> Snapshot:
        return self._question.snapshot_of(answer, len(items))
