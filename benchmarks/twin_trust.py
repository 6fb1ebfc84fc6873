"""The twin of judging: the oracle's rules, applied to an int for each word."""

from collections.abc import Mapping, Sequence

from tests.oracle import trust as oracle
from waypost.trust.verdict import Block, Outcome, Reason, Verdict


def verdict(
    node_id: bytes, word: int, block: Block, registry: int, providers: Mapping[int, int]
) -> Verdict:
    finding = oracle.finding(word, block.timestamp, registry, providers)
    return Verdict(
        Outcome.UNTRUSTED if finding else Outcome.TRUSTED,
        node_id,
        Reason(finding) if finding else None,
        provider_id=oracle.part(word, oracle.RESOURCE, "provider_id") or None,
        block=block,
        word=word,
    )


def verdicts(
    node_ids: Sequence[bytes],
    resources: bytes,
    block: Block,
    registry: int,
    providers: Mapping[int, int],
) -> list[Verdict]:
    words = [int.from_bytes(resources[at : at + 32]) for at in range(0, len(resources), 32)]
    pairs = zip(node_ids, words, strict=True)
    return [verdict(node_id, word, block, registry, providers) for node_id, word in pairs]


def judged(
    node_ids: Sequence[bytes], block: Block, provider_ids: Sequence[int], answer: str
) -> list[Verdict]:
    """The verdicts in the answer to a `snapshot`."""
    words = [int(answer[at : at + 64], 16) for at in range(2, len(answer), 64)]
    providers = dict(zip(provider_ids, words[7 + len(node_ids) :], strict=True))
    pairs = zip(node_ids, words[6 : 6 + len(node_ids)], strict=True)
    return [verdict(node_id, word, block, words[1], providers) for node_id, word in pairs]


def words(values: Sequence[str]) -> bytes:
    return b"".join(int(value, 16).to_bytes(32, "big") for value in values)


def slots(kind: bytes, node_ids: Sequence[bytes]) -> list[bytes]:
    servers = oracle.mapping_slot(oracle.base_slot("serverregistry.v1") + 1, kind)
    return [oracle.mapping_slot(servers, node_id).to_bytes(32, "big") for node_id in node_ids]


def slot_texts(kind: bytes, node_ids: Sequence[bytes]) -> list[str]:
    return [f"0x{slot.hex()}" for slot in slots(kind, node_ids)]
