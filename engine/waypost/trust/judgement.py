"""From what is known of servers to verdicts. What could not be read makes them UNKNOWN."""

from collections.abc import Iterable, Sequence

from waypost._ext.slots import check_keys
from waypost.errors import RpcError
from waypost.trust.policy import TrustPolicy
from waypost.trust.reading.shelved import Known
from waypost.trust.verdict import Outcome, Source, Verdict, judge_words


def judge(
    known: Known, node_ids: Sequence[bytes], provider_ids: Iterable[int], source: Source
) -> list[Verdict]:
    """One verdict for each node id from facts about them and about these trusted providers."""
    trusted = {id_: known.providers[id_] for id_ in provider_ids} if known.words else {}
    able, packed = node_ids, known.words.packed
    if known.words.node_ids != node_ids:  # some failed, or others were asked about too
        words = known.words.by_id
        able = [node_id for node_id in node_ids if node_id in words]
        packed = b"".join([words[node_id] for node_id in able])
    judged = judge_words(able, packed, known.block, known.registry, trusted, source)
    if len(able) == len(node_ids):
        return judged
    verdicts = dict(zip(able, judged, strict=True))
    for node_id in known.failures.keys() & node_ids:
        (verdicts[node_id],) = unknown([node_id], known.failures[node_id], source)
    return [verdicts[node_id] for node_id in node_ids]


def without_own(
    node_ids: list[bytes], policy: TrustPolicy
) -> tuple[dict[bytes, Verdict], list[bytes]]:
    """The verdicts on the user's own servers among these, and the others, each once.

    Raises ConfigError for what is no node id.
    """
    check_keys(node_ids)
    if not policy.own_servers and len(set(node_ids)) == len(node_ids):  # mostly
        return {}, node_ids
    strangers = dict.fromkeys(node_ids)
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
