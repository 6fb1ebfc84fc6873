"""Batched verification without I/O: node ids in, rounds of JSON-RPC calls out, verdicts at last.

The facts come from one block, in as few requests as the node allows (`ladder/`). Whatever fails
makes the verdicts on the servers that it concerns UNKNOWN.
"""

from collections.abc import Iterable, Sequence

from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange
from waypost.trust.kind import kind_word
from waypost.trust.policy import GrantAt, TrustPolicy
from waypost.trust.reading.finality import confirmed, to_confirm
from waypost.trust.reading.known import Known
from waypost.trust.reading.ladder.facts import read_facts
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
    verdicts, strangers = without_own(ids, policy)
    if strangers:
        word = kind_word(kind)
        found = yield from verdicts_at(endpoint, word, strangers, policy, config)
        chain_id = endpoint.chain_id if endpoint.is_probed else None
        if trusted := to_confirm(found, policy, chain_id, endpoint.address):
            where = GrantAt.FINALIZED
            final = yield from verdicts_at(endpoint, word, trusted, policy, config, where)
            found = confirmed(found, final)
        if len(found) == len(ids):  # all are strangers, each named once: they are in order
            return found
        verdicts.update(zip(strangers, found, strict=True))
    return [verdicts[node_id] for node_id in ids]


def judge(
    known: Known, node_ids: Sequence[bytes], provider_ids: Iterable[int], source: Source
) -> list[Verdict]:
    """One verdict for each node id from facts about them and about these trusted providers."""
    trusted = {id_: known.providers[id_] for id_ in provider_ids} if known.words else {}
    able, words = node_ids, b"".join(known.words.values())
    if list(known.words) != node_ids:  # some failed, or others were asked about too
        able = [node_id for node_id in node_ids if node_id in known.words]
        words = b"".join([known.words[node_id] for node_id in able])
    judged = judge_words(able, words, known.block, known.registry, trusted, source)
    if len(able) == len(node_ids):
        return judged
    verdicts = dict(zip(able, judged, strict=True))
    for node_id in known.failures.keys() & node_ids:
        (verdicts[node_id],) = unknown([node_id], known.failures[node_id], source)
    return [verdicts[node_id] for node_id in node_ids]


def without_own(
    node_ids: Sequence[bytes], policy: TrustPolicy
) -> tuple[dict[bytes, Verdict], list[bytes]]:
    """The verdicts on the user's own servers among these, and the others, each once.

    Raises ConfigError for what is no node id.
    """
    if set(map(len, node_ids)) - {32}:
        raise ConfigError("a node id is 32 bytes")
    strangers = dict.fromkeys(node_ids)
    if not policy.own_servers:
        return {}, list(strangers)
    own = {
        node_id: Verdict(Outcome.TRUSTED, node_id, source=Source.OWN)
        for node_id in policy.own_servers.keys() & strangers.keys()  # looks up the fewer
    }
    for node_id in own:
        del strangers[node_id]
    return own, list(strangers)


def unknown(
    node_ids: Iterable[bytes], error: RpcError, source: Source = Source.SNAPSHOT
) -> list[Verdict]:
    """The verdict UNKNOWN on each of these servers, for this cause."""
    error.__traceback__ = error.__context__ = None  # a verdict must not keep a failure's frames
    return [Verdict(Outcome.UNKNOWN, node_id, error=error, source=source) for node_id in node_ids]


def verdicts_at(
    endpoint: Endpoint,
    kind: bytes,
    node_ids: Sequence[bytes],
    policy: TrustPolicy,
    config: RegistryConfig,
    where: GrantAt = GrantAt.LATEST,
) -> Exchange[list[Verdict]]:
    """One verdict for each of these servers (each named once) from the head or final block."""

    def providers() -> frozenset[int]:
        return policy.providers_of(endpoint.chain_id, endpoint.address)

    try:
        facts = yield from read_facts(endpoint, kind, node_ids, providers, config, where)
    except RpcError as error:
        return unknown(node_ids, error)
    verdicts: list[Verdict] = []
    for start, stop, found in facts.parts:
        ids = node_ids[start:stop]
        if isinstance(found, RpcError):
            verdicts += unknown(ids, found)
        else:
            trusted = dict(zip(facts.provider_ids, found.providers, strict=True))
            verdicts += judge_words(ids, found.resources, facts.block, found.registry, trusted)
    return verdicts
