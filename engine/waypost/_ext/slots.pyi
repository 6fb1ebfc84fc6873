from collections.abc import Iterable

NAMESPACE: str
"""The ERC-7201 namespace of the registry's state, `serverregistry.v1`."""

def registry_slot() -> bytes:
    """The slot of the registry word, 32 bytes: the first of the namespace."""

def kind_slot(kind: bytes) -> bytes:
    """The slot of the word of a kind, which is given in its on-chain form of 32 bytes."""

def provider_slots(ids: Iterable[int]) -> list[bytes]:
    """The slots of the words of these providers, in their order."""

def resource_slots(kind: bytes, node_ids: Iterable[bytes]) -> list[bytes]:
    """The slots of the words of these servers of one kind, in their order.

    Kind and node ids are 32 bytes; raises ConfigError if they are not.
    """

def resource_slot_texts(kind: bytes, node_ids: Iterable[bytes]) -> list[str]:
    """The same as JSON-RPC has them: "0x" and 64 digits each."""

def check_keys(words: list[bytes]) -> None:
    """Raises ConfigError if one of these, kinds or node ids, is not 32 bytes."""
