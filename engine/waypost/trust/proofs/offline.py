"""Verdicts from a proof that somebody hands over: no node is asked."""

from waypost.errors import RpcError
from waypost.trust.policy import RegistryId, TrustPolicy
from waypost.trust.proofs.document import ProofDocument
from waypost.trust.proofs.evidence import ProvenContract
from waypost.trust.reading.snapshot import Snapshot
from waypost.trust.reading.storage import snapshot_of
from waypost.trust.verdict import Outcome, Reason, Source, Verdict, judge_words


def judge_offline(
    document: ProofDocument,
    policy: TrustPolicy,
    *,
    header_hash: bytes,
    registry: RegistryId,
    kind: str,
    code_hash: bytes | None = None,
) -> list[Verdict]:
    """One verdict for each of the document's node ids, in their order.

    `header_hash` is of a block that the user trusts to be on his chain, `registry` that chain's id
    and the registry's address, `code_hash` what its code has to be, if that is known. They come
    from the user, never from the document: it could be about a registry of its author's own.

    A verdict is true for the block's time (`verdict.block`). It is UNKNOWN if the document is
    about something else (`wrong-block`, `wrong-registry`, `wrong-kind`), does not show the
    provider that lists a server (`incomplete-proof`) or proves nothing (what
    `ProvenContract.words` raises).
    """
    try:
        _require(document.header.hash == header_hash, "wrong-block", "of another block")
        claimed = (document.chain_id, document.registry)
        _require(claimed == registry, "wrong-registry", "about another registry")
        _require(document.kind == kind, "wrong-kind", "about another kind of server")
        verdicts = _judged(document, _shown(document, code_hash), policy)
    except RpcError as error:
        error.__traceback__ = error.__context__ = (
            None  # a verdict must not keep a failure's frames
        )
        verdicts = [_unknown(node_id, error) for node_id in document.node_ids]
    return [
        Verdict(Outcome.TRUSTED, verdict.node_id, source=Source.OWN)
        if verdict.node_id in policy.own_servers
        else verdict
        for verdict in verdicts
    ]


def _require(holds: bool, reason: str, detail: str) -> None:
    if not holds:
        raise RpcError(reason, f"the proof is {detail} than is asked for")


def _shown(document: ProofDocument, code_hash: bytes | None) -> Snapshot:
    contract = ProvenContract(document.registry, document.header.state_root, code_hash)
    words = contract.words(document.slots, document.evidence)
    return snapshot_of(words, len(document.provider_ids))


def _judged(document: ProofDocument, snapshot: Snapshot, policy: TrustPolicy) -> list[Verdict]:
    trusted = policy.providers_of(document.chain_id, document.registry)
    words = zip(document.provider_ids, snapshot.providers, strict=True)
    verdicts = judge_words(
        document.node_ids,
        snapshot.resources,
        document.header.block,
        snapshot.registry,
        {id_: word for id_, word in words if id_ in trusted},
        Source.PROOF,
    )
    return [_completed(verdict, trusted) for verdict in verdicts]


def _completed(verdict: Verdict, trusted: frozenset[int]) -> Verdict:
    """The verdict, unless it is about a provider whom the user does trust but nobody showed."""
    if verdict.reason is not Reason.PROVIDER_NOT_TRUSTED or verdict.provider_id not in trusted:
        return verdict
    error = RpcError("incomplete-proof", f"it does not show provider {verdict.provider_id}")
    return _unknown(verdict.node_id, error)


def _unknown(node_id: bytes, error: RpcError) -> Verdict:
    return Verdict(Outcome.UNKNOWN, node_id, error=error, source=Source.PROOF)
