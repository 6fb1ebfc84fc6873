"""All about one request at one block, and what can be done next."""

from typing import NamedTuple

from waypost.errors import RpcError
from waypost.trust.address import parse_address
from waypost.trust.administration.abi import contract_abi, registry_abi
from waypost.trust.administration.contract import Contract, read_at
from waypost.trust.administration.facts import provider_of
from waypost.trust.administration.listings import Provider
from waypost.trust.curation.reads import (
    ballot_of,
    curation_at,
    hearing_of,
    made,
    multisig_at,
    multisig_interface,
    request_of,
    terms_of,
    vote_at,
    vote_interface,
    vote_of,
)
from waypost.trust.curation.types import Ballot, Hearing, Phase, Request, Terms, Vote
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange
from waypost.trust.verdict import Block


class Case(NamedTuple):
    """A request, and all that it depends on, at one block."""

    now_s: int  # the block's timestamp
    request: Request
    terms: Terms
    terms_are_current: bool
    provider: Provider
    dispute: Vote | Hearing | None  # under way; None also if its arbitrator is of another kind
    quorum: int  # of the vote; 0 where there is none
    ballot: Ballot | None  # of the account that was asked for, in the vote
    withdrawable: int  # by that account; 0 without one


class Step(NamedTuple):
    """Something that can be done."""

    action: str  # the verb, such as `challenge` or `vote reveal`
    by: str  # who may
    opens_at: int = 0  # seconds since 1970; 0 for now
    until: int = 0  # seconds since 1970; 0 for no end


def read_case(endpoint: Endpoint, request_id: int, account: bytes | None) -> Exchange[Case]:
    """All about a request. Raises RpcError."""
    block = yield from endpoint.pin()
    curation = curation_at(endpoint.address)
    first = [
        curation.read("request", request_id),
        curation.read("parameters"),
        curation.read("registry"),
        curation.read("withdrawable", account or bytes(20)),
    ]
    (fields,), (terms_id, _), (registry,), (credit,) = yield from read_at(block, first)
    request = made(request_of, request_id, fields)
    registry_at = Contract(parse_address(registry), registry_abi())
    second = [
        curation.read("parametersAt", request.terms_id),
        registry_at.read("provider", request.provider_id),
    ]
    (terms_fields,), (provider_fields,) = yield from read_at(block, second)
    terms = terms_of(terms_fields)
    dispute, quorum, ballot = None, 0, None
    if request.phase.challenged:
        dispute, quorum, ballot = yield from _dispute(block, terms, request.dispute_id, account)
    return Case(
        block.timestamp,
        request,
        terms,
        request.terms_id == terms_id,
        provider_of(provider_fields),
        dispute,
        quorum,
        ballot,
        credit if account is not None else 0,
    )


def _dispute(
    block: Block, terms: Terms, dispute_id: int, account: bytes | None
) -> Exchange[tuple[Vote | Hearing | None, int, Ballot | None]]:
    """A dispute as its arbitrator knows it, the quorum, and the ballot of an account."""
    if (yield from _supports(block, terms.arbitrator, vote_interface())):
        vote = vote_at(terms.arbitrator)
        reads = [vote.read("dispute", dispute_id), vote.read("quorum")]
        reads += [vote.read("ballot", dispute_id, account)] if account is not None else []
        (fields,), (quorum,), *ballots = yield from read_at(block, reads)
        ballot = ballot_of(ballots[0][0]) if ballots else None
        return vote_of(dispute_id, fields), quorum, ballot
    if (yield from _supports(block, terms.arbitrator, multisig_interface())):
        read = multisig_at(terms.arbitrator).read("dispute", dispute_id)
        ((fields,),) = yield from read_at(block, [read])
        return hearing_of(dispute_id, fields), 0, None
    return None, 0, None


def _supports(block: Block, address: bytes, interface: bytes) -> Exchange[bool]:
    """Whether a contract says that it has an interface (ERC-165)."""
    asked = Contract(address, contract_abi("MultisigArbitrator"))
    try:
        ((answer,),) = yield from read_at(block, [asked.read("supportsInterface", interface)])
    except RpcError as error:
        if error.reason not in ("rpc-error", "empty-answer", "bad-answer"):
            raise
        return False
    return bool(answer)


def next_steps(case: Case) -> list[Step]:
    """What can be done about a request, now or later, if nobody does anything before."""
    request = case.request
    match request.phase:
        case Phase.APPLIED:
            return [
                Step("challenge", "anyone", until=request.deadline),
                Step("execute", "anyone", opens_at=request.deadline),
            ]
        case Phase.LISTED:
            return _steps_of_listing(case)
        case Phase.APPLIED_CHALLENGED | Phase.LISTED_CHALLENGED:
            return [
                Step("evidence", "anyone"),
                *_steps_of_dispute(case),
                Step("lapse", "anyone", opens_at=request.deadline),
            ]
        case _:
            return [Step("withdraw", "whoever has a credit")] if case.withdrawable else []


def _steps_of_listing(case: Case) -> list[Step]:
    request = case.request
    steps = [Step("challenge", "anyone")]
    if request.exit_at:
        return [*steps, Step("exit finish", "anyone", opens_at=request.exit_at)]
    steps.append(Step("exit start", "its requester, or the provider's owner"))
    if not case.terms_are_current:
        steps.append(Step("adopt-terms", "its requester"))
    return steps


def _steps_of_dispute(case: Case) -> list[Step]:
    match case.dispute:
        case Vote(commit_until=commit_until, reveal_until=reveal_until):
            return [
                Step("vote commit", "holders of the token", until=commit_until),
                Step("vote reveal", "who committed", opens_at=commit_until, until=reveal_until),
                Step("vote execute", "anyone", opens_at=reveal_until),
            ]
        case Hearing():
            return [Step("rule", "the owner of the arbitrator")]
        case _:
            return [Step("(ruling)", "the arbitrator")]
