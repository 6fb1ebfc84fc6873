"""From facts to verdicts: a server is trusted if the registry, its provider and its own word all
say so, now.

"Now" is the timestamp of the block at which the facts were read, never a local clock.
"""

from collections.abc import Mapping

from waypost.errors import RpcError
from waypost.trust.verdict import Block, Outcome, Reason, Verdict
from waypost.trust.words import ProviderWord, RegistryWord, ResourceWord, Status

_SERVER_REASONS: dict[int, Reason | None] = {
    Status.NONE: Reason.NOT_LISTED,
    Status.PENDING: Reason.SERVER_PENDING,
    Status.ACTIVE: None,
    Status.SUSPENDED: Reason.SERVER_SUSPENDED,
    Status.REMOVED: Reason.REMOVED,
}
_PROVIDER_REASONS: dict[int, Reason | None] = {
    Status.NONE: Reason.PROVIDER_UNKNOWN,
    Status.PENDING: Reason.PROVIDER_PENDING,
    Status.ACTIVE: None,
    Status.SUSPENDED: Reason.PROVIDER_SUSPENDED,
    Status.REMOVED: Reason.PROVIDER_RETIRED,
    Status.CHALLENGED: None,  # a question, not an answer: trust holds until the ruling
}


def judge(
    node_id: bytes,
    word: int,
    block: Block,
    registry: RegistryWord,
    providers: Mapping[int, ProviderWord],
) -> Verdict:
    """The verdict on the server whose packed word this is.

    `providers` holds the providers that the user trusts, each with its word at the same block.
    """
    resource = ResourceWord.unpack(word)
    try:
        reason = (
            Reason.HALTED if registry.halted else _reason(resource, block.timestamp, providers)
        )
    except KeyError as status:
        fault = RpcError("bad-answer", f"no registry of this version has a status {status}")
        return Verdict(Outcome.UNKNOWN, node_id, error=fault, block=block, word=word)
    return Verdict(
        Outcome.UNTRUSTED if reason else Outcome.TRUSTED,
        node_id,
        reason,
        provider_id=resource.provider_id or None,
        block=block,
        word=word,
    )


def _reason(
    resource: ResourceWord, now_s: int, providers: Mapping[int, ProviderWord]
) -> Reason | None:
    server_reason = _SERVER_REASONS[resource.status]
    if server_reason in (Reason.NOT_LISTED, Reason.REMOVED):
        return server_reason
    provider = providers.get(resource.provider_id)
    if provider is None:
        return Reason.PROVIDER_NOT_TRUSTED
    if reason := server_reason or _PROVIDER_REASONS[provider.status]:
        return reason
    if resource.epoch != provider.epoch:
        return Reason.EPOCH_PASSED
    if 0 < resource.expires_at <= now_s:
        return Reason.EXPIRED
    if 0 < provider.valid_until <= now_s:
        return Reason.PROVIDER_EXPIRED
    return None
