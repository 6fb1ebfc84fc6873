"""The slots of a registry that hold the answer to a question, as a node is asked for them."""

from collections.abc import Sequence

from waypost._ext.slots import resource_slot_texts
from waypost.trust.exchange import hex_text
from waypost.trust.reading.ladder.question import Question
from waypost.trust.reading.storage import snapshot_slots


def slots_of(question: Question, node_ids: Sequence[bytes]) -> list[str]:
    """Of the registry, the kind, the providers and these servers, as text of 32 bytes each."""
    shared = snapshot_slots(question.kind, question.provider_ids, [])
    return [*map(hex_text, shared), *resource_slot_texts(question.kind, node_ids)]
