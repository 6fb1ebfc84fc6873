"""The slots of a registry that hold the answer to a question, as a node is asked for them."""

from collections.abc import Sequence

from waypost._ext.slots import kind_slot, provider_slots, registry_slot, resource_slots
from waypost.trust.ladder.question import Question


def slots_of(question: Question, node_ids: Sequence[bytes]) -> list[str]:
    """Of the registry, the kind, the providers and these servers, as text of 32 bytes each."""
    slots = (
        registry_slot(),
        kind_slot(question.kind),
        *provider_slots(question.provider_ids),
        *resource_slots(question.kind, node_ids),
    )
    return [f"0x{slot.hex()}" for slot in slots]
