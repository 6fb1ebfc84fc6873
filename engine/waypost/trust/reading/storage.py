"""The registry's storage, read slot by slot: which slots make a snapshot, and what is in them."""

from collections.abc import Sequence

from waypost._ext.slots import kind_slot, provider_slots, registry_slot, resource_slots
from waypost.trust.reading.snapshot import Snapshot, require_our_version

_WORD_SIZE_B = 32
_FIXED_COUNT = 2  # the words of the registry and of the kind, before those of providers


def snapshot_slots(
    kind: bytes, provider_ids: Sequence[int], node_ids: Sequence[bytes]
) -> list[bytes]:
    """The slots of the registry, the kind, these providers and these servers: 32 bytes each."""
    return [
        registry_slot(),
        kind_slot(kind),
        *provider_slots(provider_ids),
        *resource_slots(kind, node_ids),
    ]


def snapshot_of(words: bytes, provider_count: int) -> Snapshot:
    """The snapshot in the words of those slots. Raises RpcError (`wrong-version`).

    Storage that is not a registry's reads as zeros, so the registry's word has to show a version.
    """
    resources_at = (_FIXED_COUNT + provider_count) * _WORD_SIZE_B
    registry, kind, *providers = (
        int.from_bytes(words[at : at + _WORD_SIZE_B], "big")
        for at in range(0, resources_at, _WORD_SIZE_B)
    )
    require_our_version(registry)
    return Snapshot(registry, kind, words[resources_at:], tuple(providers))
