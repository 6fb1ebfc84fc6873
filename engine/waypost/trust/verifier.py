"""Batched verification without I/O: node ids in, rounds of JSON-RPC calls out, verdicts at last.

The first round pins the head block. The second reads the registry in chunks, all of them at that
block, so that one verification never mixes two states. Whatever fails makes the verdicts on the
servers that it concerns UNKNOWN.
"""

from collections.abc import Iterable, Iterator, Sequence

from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.trust.endpoint import Endpoint, is_gone
from waypost.trust.exchange import Answer, Exchange
from waypost.trust.kind import kind_word
from waypost.trust.policy import TrustPolicy
from waypost.trust.snapshot import encode_snapshot, snapshot_at
from waypost.trust.verdict import Outcome, Source, Verdict, judge_words


def verify(
    endpoint: Endpoint,
    kind: str,
    node_ids: Iterable[bytes],
    policy: TrustPolicy,
    config: RegistryConfig,
) -> Exchange[list[Verdict]]:
    """One verdict for each node id (32 bytes), in their order. A caller's mistake: ConfigError."""
    ids = list(node_ids)
    if any(len(node_id) != 32 for node_id in ids):
        raise ConfigError("a node id is 32 bytes")
    verdicts = {
        node_id: Verdict(Outcome.TRUSTED, node_id, source=Source.OWN)
        for node_id in policy.own_servers.keys() & ids
    }
    strangers = [node_id for node_id in dict.fromkeys(ids) if node_id not in verdicts]
    if strangers:
        verdicts |= yield from _ask(endpoint, kind_word(kind), strangers, policy, config)
    return [verdicts[node_id] for node_id in ids]


def _ask(
    endpoint: Endpoint,
    kind: bytes,
    node_ids: Sequence[bytes],
    policy: TrustPolicy,
    config: RegistryConfig,
) -> Exchange[dict[bytes, Verdict]]:
    size = config.chunk_count_max
    chunks = [node_ids[at : at + size] for at in range(0, len(node_ids), size)]
    answers: Sequence[Answer] = ()
    for _ in range(config.pin_count_max):
        try:
            block = yield from endpoint.pin()
        except RpcError as error:
            return dict(_unknown(node_ids, error))
        providers = sorted(policy.providers_of(endpoint.chain_id, endpoint.address))
        answers = yield [
            endpoint.call_at(block, encode_snapshot(kind, chunk, providers)) for chunk in chunks
        ]
        if not any(map(is_gone, answers)):
            break
    verdicts: dict[bytes, Verdict] = {}
    for chunk, answer in zip(chunks, answers, strict=True):
        try:
            snapshot = snapshot_at(block, answer, len(chunk), len(providers))
        except RpcError as error:
            endpoint.forget()
            verdicts.update(_unknown(chunk, error))
        else:
            trusted = dict(zip(providers, snapshot.providers, strict=True))
            found = judge_words(chunk, snapshot.resources, block, snapshot.registry, trusted)
            verdicts.update(zip(chunk, found, strict=True))
    return verdicts


def _unknown(node_ids: Iterable[bytes], error: RpcError) -> Iterator[tuple[bytes, Verdict]]:
    error.__traceback__ = error.__context__ = None  # a verdict must not keep a failure's frames
    for node_id in node_ids:
        yield node_id, Verdict(Outcome.UNKNOWN, node_id, error=error)
