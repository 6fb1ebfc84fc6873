"""A verification without I/O, as a Registry makes one for a lone caller who keeps no words."""

from collections.abc import Iterable, Sequence

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange
from waypost.trust.judgement import judge, unknown, without_own
from waypost.trust.kind import kind_word
from waypost.trust.policy import TrustPolicy
from waypost.trust.reading.cache import Shelf
from waypost.trust.reading.known import read_known
from waypost.trust.verdict import Source, Verdict


def verify(
    endpoint: Endpoint,
    kind: str,
    node_ids: Iterable[bytes],
    policy: TrustPolicy,
    config: RegistryConfig,
) -> Exchange[list[Verdict]]:
    """One verdict for each node id, in their order."""
    ids = list(node_ids)
    verdicts, strangers = without_own(ids, policy)
    if strangers:
        found = yield from _judged(endpoint, kind_word(kind), strangers, policy, config)
        verdicts.update(zip(strangers, found, strict=True))
    return [verdicts[node_id] for node_id in ids]


def _judged(
    endpoint: Endpoint,
    kind: bytes,
    node_ids: Sequence[bytes],
    policy: TrustPolicy,
    config: RegistryConfig,
) -> Exchange[list[Verdict]]:
    def providers() -> frozenset[int]:
        return policy.providers_of(endpoint.chain_id, endpoint.address)

    shelf = Shelf(config)
    try:
        known = yield from read_known(endpoint, shelf, kind, node_ids, providers, config, 0.0)
    except RpcError as error:
        return unknown(node_ids, error)
    trusted = policy.providers_of(known.chain_id, endpoint.address)
    return judge(known, node_ids, trusted, Source.SNAPSHOT)
