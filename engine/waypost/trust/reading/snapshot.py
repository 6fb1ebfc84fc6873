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
_TIMESTAMP = 0xFFFF_FFFF_FFFF_FFFF  # the low bits of the context; above them, the block's number


class Snapshot(NamedTuple):
    """The registry's facts at one block: packed words, in the order of the question."""

    registry: int
    kind: int
    resources: bytes  # 32 for each node id
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


def decode_snapshot(
    data: bytes, node_id_count: int, provider_id_count: int
) -> tuple[int, Snapshot]:
    """The answer to a question about so many servers and so many providers, and its context: the
    block's number and, in the low 64 bits, its timestamp. Raises RpcError.
    """
    if not data:
        raise RpcError("empty-answer", "0x where the registry's words were expected")
    resources_at = (_HEAD_WORDS + 1) * _WORD_SIZE_B
    providers_at = resources_at + (node_id_count + 1) * _WORD_SIZE_B
    size_b = providers_at + provider_id_count * _WORD_SIZE_B
    if len(data) != size_b:
        raise RpcError("bad-answer", f"{len(data)} bytes where a snapshot has {size_b}")
    context, registry, kind, *offsets, count = _words(data[:resources_at])
    provider_count, *providers = _words(data[providers_at - _WORD_SIZE_B :])
    if (*offsets, count, provider_count) != (
        resources_at - _WORD_SIZE_B,
        providers_at - _WORD_SIZE_B,
        node_id_count,
        provider_id_count,
    ):
        raise RpcError("bad-answer", "the offsets or counts of a snapshot do not fit the question")
    resources = data[resources_at : providers_at - _WORD_SIZE_B]
    return context, Snapshot(registry, kind, resources, tuple(providers))


def snapshot_at(
    block: Block, answer: Answer, node_id_count: int, provider_id_count: int
) -> Snapshot:
    """The snapshot in the answer to a read that was pinned to `block`. Raises RpcError.

    It has to come from that block (`wrong-block`), of a registry of our version (`wrong-version`).
    """
    context, snapshot = _decoded(answer, node_id_count, provider_id_count)
    # The number is not compared: on some rollups the EVM sees the one of the parent chain's block.
    if context & _TIMESTAMP != block.timestamp:
        raise RpcError("wrong-block", "the answer comes from another block than was asked for")
    return snapshot


def snapshot_of_head(
    head: Block, answer: Answer, node_id_count: int, provider_id_count: int
) -> Snapshot:
    """The snapshot in the answer to a read of "latest" that was sent along with the question for
    the head. Raises RpcError as `snapshot_at` does.

    It has to name the head's number, too. Where that can never be, because the EVM sees another
    number than the node tells, it is `unsupported`.
    """
    context, snapshot = _decoded(answer, node_id_count, provider_id_count)
    if context != head.number << 64 | head.timestamp:
        if context & _TIMESTAMP == head.timestamp:
            raise RpcError("unsupported", "the EVM's block number is not that of the block")
        raise RpcError("wrong-block", "the head changed meanwhile")
    return snapshot


def _decoded(answer: Answer, node_id_count: int, provider_id_count: int) -> tuple[int, Snapshot]:
    context, snapshot = decode_snapshot(hex_bytes(answer), node_id_count, provider_id_count)
    require_our_version(snapshot.registry)
    return context, snapshot


def require_our_version(registry: int) -> None:
    """Raises RpcError (`wrong-version`) where the registry's word is not of our version.

    What is no registry, or was none at that block, reads as version 0.
    """
    version = RegistryWord.unpack(registry).version
    if version == REGISTRY_VERSION:
        return
    missing = ": there is no registry at that address, or was none at that block"
    detail = f"registry version {version}, not {REGISTRY_VERSION}"
    raise RpcError("wrong-version", detail if version else detail + missing)


def _words(data: bytes) -> list[int]:
    starts = range(0, len(data), _WORD_SIZE_B)
    return [int.from_bytes(data[at : at + _WORD_SIZE_B], "big") for at in starts]


def _word(value: int) -> bytes:
    return value.to_bytes(_WORD_SIZE_B, "big")
