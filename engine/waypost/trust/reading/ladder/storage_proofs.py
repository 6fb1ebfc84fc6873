"""`eth_getProof`: the registry's words with proof, so that the node need not be trusted."""

from collections.abc import Sequence

from waypost.trust.exchange import Answer, Call
from waypost.trust.proofs.evidence import ProvenContract, evidence_in, proof_call
from waypost.trust.proofs.header import Header
from waypost.trust.reading.ladder.question import Question
from waypost.trust.reading.snapshot import Snapshot
from waypost.trust.reading.storage import snapshot_of, snapshot_slots
from waypost.trust.verdict import Block


class StorageProofs:
    """The rung of proof mode, alone on its ladder: from no other way comes as much certainty.

    Notices everything: what does not follow from the state root of `header` is `bad-proof`. The
    nodes of the tries that chunks share are verified once. `slot_count_max` is of one request.
    """

    name = "eth_getProof"

    def __init__(
        self,
        question: Question,
        header: Header,
        slot_count_max: int,
        code_hash: bytes | None = None,
    ) -> None:
        self._question = question
        self._contract = ProvenContract(question.address, header.state_root, code_hash)
        self.item_count_max = max(1, slot_count_max - question.fixed_count)

    def ask(self, block: Block, items: Sequence[bytes]) -> Call:
        return proof_call(self._question.address, self._slots(items), block)

    def read(self, _block: Block, items: Sequence[bytes], answer: Answer) -> Snapshot:
        slots = self._slots(items)
        words = self._contract.words(slots, evidence_in(answer, slots))
        return snapshot_of(words, len(self._question.provider_ids))

    def _slots(self, items: Sequence[bytes]) -> list[bytes]:
        return snapshot_slots(self._question.kind, self._question.provider_ids, items)
