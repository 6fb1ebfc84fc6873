"""The batched read of the registry: `snapshot(kind, nodeIds, providerIds)`, encoded and decoded by
hand.

The shape is fixed, so the codec is a few joins and slices: a general ABI library takes tens of
times as long. Everything about an answer's shape follows from the question, so every length,
offset and count in it is checked.
"""

from collections.abc import Sequence
from typing import NamedTuple

from waypost._ext.digest import keccak256
from waypost.errors import RpcError
from waypost.trust.exchange import Answer, hex_bytes
from waypost.trust.verdict import Block
from waypost.trust.words import REGISTRY_VERSION, RegistryWord

SELECTOR = keccak256(b"snapshot(bytes32,bytes32[],uint32[])")[:4]

_WORD_SIZE_B = 32
_HEAD_WORDS = 5  # context, registry word, kind word, offset of servers, offset of providers


class Snapshot(NamedTuple):
    """The registry's facts at one block: packed words, in the order of the question."""

    block_number: int
    timestamp: int  # of that block, in seconds since 1970
    registry: int
    kind: int
    resources: tuple[int, ...]
    providers: tuple[int, ...]


def encode_snapshot(kind: bytes, node_ids: Sequence[bytes], provider_ids: Sequence[int]) -> bytes:
    """The calldata that asks about servers and providers; kind and node ids are 32 bytes."""
    providers_offset = (3 + 1 + len(node_ids)) * _WORD_SIZE_B
    return b"".join(
        (
            SELECTOR,
            kind,
            _word(3 * _WORD_SIZE_B),
            _word(providers_offset),
            _word(len(node_ids)),
            *node_ids,
            _word(len(provider_ids)),
            *map(_word, provider_ids),
        )
    )


def decode_snapshot(data: bytes, node_id_count: int, provider_id_count: int) -> Snapshot:
    """The answer to a question about so many servers and so many providers. Raises RpcError."""
    if not data:
        raise RpcError("empty-answer", "0x where the registry's words were expected")
    size_b = (_HEAD_WORDS + 2 + node_id_count + provider_id_count) * _WORD_SIZE_B
    if len(data) != size_b:
        raise RpcError("bad-answer", f"{len(data)} bytes where a snapshot has {size_b}")
    starts = range(0, size_b, _WORD_SIZE_B)
    words = [int.from_bytes(data[at : at + _WORD_SIZE_B], "big") for at in starts]
    context, registry, kind, resources_offset, providers_offset = words[:_HEAD_WORDS]
    first_provider = _HEAD_WORDS + 1 + node_id_count + 1
    layout = (resources_offset, providers_offset, words[_HEAD_WORDS], words[first_provider - 1])
    if layout != (
        _HEAD_WORDS * _WORD_SIZE_B,
        (first_provider - 1) * _WORD_SIZE_B,
        node_id_count,
        provider_id_count,
    ):
        raise RpcError("bad-answer", "the offsets or counts of a snapshot do not fit the question")
    return Snapshot(
        context >> 64,
        context & 0xFFFFFFFFFFFFFFFF,
        registry,
        kind,
        tuple(words[_HEAD_WORDS + 1 : first_provider - 1]),
        tuple(words[first_provider:]),
    )


def snapshot_at(
    block: Block, answer: Answer, node_id_count: int, provider_id_count: int
) -> Snapshot:
    """The snapshot in the answer to a read that was pinned to `block`. Raises RpcError.

    It has to come from that block (`wrong-block`), of a registry of our version (`wrong-version`).
    """
    snapshot = decode_snapshot(hex_bytes(answer), node_id_count, provider_id_count)
    version = RegistryWord.unpack(snapshot.registry).version
    if version != REGISTRY_VERSION:
        raise RpcError("wrong-version", f"registry version {version}: want {REGISTRY_VERSION}")
    # The number is not compared: on some rollups the EVM sees the one of the parent chain's block.
    if snapshot.timestamp != block.timestamp:
        raise RpcError("wrong-block", "the answer comes from another block than was asked for")
    return snapshot


def _word(value: int) -> bytes:
    return value.to_bytes(_WORD_SIZE_B, "big")
