"""A copy of all servers of a kind and of all providers, at one block: without I/O.

Whoever has it asks about no server in particular, so a node does not learn which ones its user is
about to use, nor whom the user trusts.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.administration.abi import registry_abi
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Answer, Exchange, hex_bytes
from waypost.trust.policy import GrantAt
from waypost.trust.reading.finality import pin_at
from waypost.trust.reading.snapshot import Snapshot, encode_snapshot, snapshot_at
from waypost.trust.verdict import Block, Verdict, judge_words
from waypost.trust.watch.logs import head_at, head_in
from waypost.trust.words import RegistryWord, ResourceWord, Status

_NOT_LISTED = bytes(32)


class Copy(NamedTuple):
    """What a registry holds on one kind at a block. Words of providers in the order of their ids,
    from 1; those of servers (32 bytes) by node id. One that is not in it is not listed.
    """

    chain_id: int
    block: Block
    registry: int
    kind: int
    providers: Sequence[int]
    servers: Mapping[bytes, bytes]

    def judge(self, node_ids: Sequence[bytes], provider_ids: frozenset[int]) -> list[Verdict]:
        """One verdict for each node id, for a user who trusts these providers."""
        words = b"".join([self.servers.get(node_id, _NOT_LISTED) for node_id in node_ids])
        trusted = {
            id_: self.providers[id_ - 1] if id_ <= len(self.providers) else 0
            for id_ in provider_ids
        }
        return judge_words(node_ids, words, self.block, self.registry, trusted)


def read_copy(
    endpoint: Endpoint,
    kind: bytes,
    before: Copy | None,
    config: RegistryConfig,
    where: GrantAt = GrantAt.LATEST,
) -> Exchange[Copy]:
    """The copy at the head block, or at the finalized one. Raises RpcError.

    Where the block of the one before is still on the chain, and the word of the kind is the same,
    its servers are kept: one request after the block is known. `too-large` is a registry with more
    than config.listing_count_max servers of the kind, or providers.
    """
    block = yield from pin_at(endpoint, where)
    if before and before.block.hash == block.hash:
        return before
    known_count = len(before.providers) if before else 0
    facts, is_on_chain = yield from _opening(endpoint, block, kind, before, known_count, config)
    provider_count = RegistryWord.unpack(facts[0].registry).provider_count
    _require_small(provider_count, "providers", config)
    if provider_count > known_count:
        facts += yield from _facts(endpoint, block, kind, known_count, provider_count, config)
    if len({(one.registry, one.kind) for one in facts}) > 1:
        raise RpcError("wrong-block", "answers to one question come from different blocks")
    if before and is_on_chain and before.kind == facts[0].kind:
        servers = before.servers
    else:
        servers = yield from _servers(endpoint, block, kind, config)
    words = [word for one in facts for word in one.providers][:provider_count]
    return Copy(endpoint.chain_id, block, facts[0].registry, facts[0].kind, words, servers)


def _opening(
    endpoint: Endpoint,
    block: Block,
    kind: bytes,
    before: Copy | None,
    known_count: int,
    config: RegistryConfig,
) -> Exchange[tuple[list[Snapshot], bool]]:
    """The facts on the providers that are known already, and whether the copy before counts.

    Equal words of a kind show nothing if that one comes from another branch: each may have had a
    change of its own in the same block.
    """
    spans = _spans(known_count and 1, known_count, config)
    calls = [endpoint.call_at(block, _question(kind, span)) for span in spans]
    if before is None:
        answers = yield calls
        return _snapshots(block, answers, spans), False
    *answers, header = yield [*calls, head_at(before.block.number)]
    head = head_in(header, before.block.number)
    return _snapshots(block, answers, spans), head is not None and head.hash == before.block.hash


def _facts(
    endpoint: Endpoint, block: Block, kind: bytes, known: int, count: int, config: RegistryConfig
) -> Exchange[list[Snapshot]]:
    """The facts on the providers after the known ones, up to this count."""
    spans = _spans(known + 1, count, config)
    answers = yield [endpoint.call_at(block, _question(kind, span)) for span in spans]
    return _snapshots(block, answers, spans)


def _spans(first: int, last: int, config: RegistryConfig) -> list[range]:
    """Provider ids in portions, at least one: id 0 is nobody's, and asks about no provider."""
    if not last:
        return [range(0)]
    size = config.chunk_count_max
    return [range(at, min(at + size, last + 1)) for at in range(first, last + 1, size)]


def _question(kind: bytes, provider_ids: range) -> bytes:
    return encode_snapshot(kind, [], provider_ids)


def _snapshots(block: Block, answers: Sequence[Answer], spans: Sequence[range]) -> list[Snapshot]:
    pairs = zip(answers, spans, strict=True)
    return [snapshot_at(block, answer, 0, len(span)) for answer, span in pairs]


def _servers(
    endpoint: Endpoint, block: Block, kind: bytes, config: RegistryConfig
) -> Exchange[Mapping[bytes, bytes]]:
    abi = registry_abi()
    (answer,) = yield [endpoint.call_at(block, abi.calldata("resourceCount", kind))]
    (count,) = abi.returned("resourceCount", hex_bytes(answer))
    _require_small(count, "servers of the kind", config)
    size = config.page_count_max
    pages = list(range(0, count, size))
    servers: dict[bytes, bytes] = {}
    while pages:
        now, pages = pages[: config.connection_count_max], pages[config.connection_count_max :]
        answers = yield [
            endpoint.call_at(block, abi.calldata("resources", kind, at, size)) for at in now
        ]
        for at, answer in zip(now, answers, strict=True):
            node_ids, words, _ = abi.returned("resources", hex_bytes(answer))
            if not len(node_ids) == len(words) == min(size, count - at):
                raise RpcError("bad-answer", "a page of servers is not as long as it has to be")
            for place, (node_id, word) in enumerate(zip(node_ids, words, strict=True), at):
                _require_listed(ResourceWord.unpack(word), place)
                servers[node_id] = word.to_bytes(32, "big")
    if len(servers) != count:
        raise RpcError("bad-answer", "the list of servers has one of them twice")
    return servers


def _require_listed(word: ResourceWord, place: int) -> None:
    """Each word says where in the list it is: a page from elsewhere does not fit."""
    if word.list_index != place or word.status != Status.ACTIVE:
        raise RpcError("bad-answer", f"a server that is not in place {place} of the list")


def _require_small(count: int, what: str, config: RegistryConfig) -> None:
    if count > config.listing_count_max:
        raise RpcError(
            "too-large",
            f"{count} {what}, and a mirror holds {config.listing_count_max}: ask the registry "
            "about single servers instead",
        )
