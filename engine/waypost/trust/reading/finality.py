"""Trust that the chain cannot take back: granted at the finalized block, revoked at the head.

A reorganisation can undo the block that listed a server; until it does, its users have been
trusting whoever listed it. At the finalized block nothing is undone any more. What takes trust
away counts at the head either way.
"""

from collections.abc import Mapping, Sequence

from waypost.errors import RpcError
from waypost.trust.endpoint import Endpoint, block_of
from waypost.trust.exchange import Call, Exchange
from waypost.trust.policy import GrantAt, TrustPolicy
from waypost.trust.verdict import Block, Outcome, Reason, Verdict


def pin_at(endpoint: Endpoint, where: GrantAt) -> Exchange[Block]:
    """The head block, or the finalized one. Raises RpcError (`no-finality`)."""
    if where is GrantAt.LATEST:
        return (yield from endpoint.pin())
    if not endpoint.is_probed:
        yield from endpoint.pin()
    (answer,) = yield [Call("eth_getBlockByNumber", [where.value, False])]
    if answer is None or (isinstance(answer, RpcError) and answer.reason == "rpc-error"):
        words = f": {answer.detail}" if answer else ""
        raise RpcError(
            "no-finality",
            f"the node knows no finalized block{words}; ask another one, or grant at latest",
        )
    return block_of(answer)


def to_confirm(
    verdicts: Sequence[Verdict], policy: TrustPolicy, chain_id: int | None, registry: bytes
) -> list[bytes]:
    """The node ids whose trust the finalized block has to confirm, by this policy."""
    if chain_id is None or policy.grant_at_of(chain_id, registry) is GrantAt.LATEST:
        return []
    return [verdict.node_id for verdict in verdicts if verdict.trusted]


def confirmed(verdicts: Sequence[Verdict], final: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts at the head, of which those to confirm hold only if `final` says the same.

    `final` are the verdicts on those at the finalized block.
    """
    by_id = {verdict.node_id: verdict for verdict in final}
    return [_confirmed(verdict, by_id) for verdict in verdicts]


def _confirmed(verdict: Verdict, final: Mapping[bytes, Verdict]) -> Verdict:
    other = final.get(verdict.node_id)
    if other is None or other.trusted or not verdict.trusted:
        return verdict
    if other.outcome is Outcome.UNKNOWN:
        return other
    return Verdict(
        Outcome.UNTRUSTED,
        verdict.node_id,
        Reason.NOT_FINAL,
        provider_id=verdict.provider_id,
        block=verdict.block,
        word=verdict.word,
        source=verdict.source,
    )
