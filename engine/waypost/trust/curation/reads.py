"""What curations, arbitrators and tokens are asked. All raise RpcError."""

from collections.abc import Callable
from typing import Any, TypeVar

from waypost.errors import RpcError
from waypost.trust.address import parse_address
from waypost.trust.administration.abi import contract_abi
from waypost.trust.administration.contract import Contract, Read, read_at
from waypost.trust.curation.types import (
    Ballot,
    Hearing,
    Overview,
    Phase,
    Request,
    Terms,
    TokenFacts,
    Vote,
    VotePlan,
)
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange

_Made = TypeVar("_Made")

_VOTE_FUNCTIONS = (
    *("commit", "reveal", "execute", "unlock", "claim", "commitPeriod_s", "revealPeriod_s"),
    *("quorum", "disputeCount", "dispute", "ballot", "weightOf", "commitmentOf"),
)
_MULTISIG_FUNCTIONS = ("giveRuling", "disputeCount", "dispute")


def curation_at(address: bytes) -> Contract:
    return Contract(address, contract_abi("StakeCuration"))


def vote_at(address: bytes) -> Contract:
    return Contract(address, contract_abi("TokenVoteArbitrator"))


def multisig_at(address: bytes) -> Contract:
    return Contract(address, contract_abi("MultisigArbitrator"))


def token_at(address: bytes) -> Contract:
    return Contract(address, contract_abi("FixedSupplyToken"))


def vote_interface() -> bytes:
    """The ERC-165 id of an arbitrator by vote."""
    return contract_abi("TokenVoteArbitrator").interface_id(*_VOTE_FUNCTIONS)


def multisig_interface() -> bytes:
    """The ERC-165 id of an arbitrator whose owner rules."""
    return contract_abi("MultisigArbitrator").interface_id(*_MULTISIG_FUNCTIONS)


def read_one(endpoint: Endpoint, read: Read, make: Callable[..., _Made]) -> Exchange[_Made]:
    """What `make` makes of the values that a function returns at the head block."""
    block = yield from endpoint.pin()
    (values,) = yield from read_at(block, [read])
    return made(make, *values)


def made(make: Callable[..., _Made], *values: Any) -> _Made:
    """The same for values at hand."""
    try:
        return make(*values)
    except (ValueError, TypeError) as error:
        raise RpcError("bad-answer", f"a contract returned what does not fit: {error}") from None


def read_overview(endpoint: Endpoint) -> Exchange[Overview]:
    """A curation as a whole."""
    block = yield from endpoint.pin()
    curation = curation_at(endpoint.address)
    addresses = ("registry", "token", "owner", "pendingOwner")
    rest = ("inOffice", "requestCount", "parameters")
    answers = yield from read_at(block, [curation.read(name) for name in (*addresses, *rest)])
    *found, (in_office,), (count,), (terms_id, terms) = answers
    places = [parse_address(address) for (address,) in found]
    return made(Overview, *places, in_office, count, terms_id, terms_of(terms))


def terms_of(fields: Any) -> Terms:
    deposit, challenge_s, ruling_s, exit_s, dispensation_bps, arbitrator = fields
    periods_s = challenge_s, ruling_s, exit_s
    return Terms(deposit, *periods_s, dispensation_bps, parse_address(arbitrator))


def request_of(id_: int, fields: Any) -> Request:
    requester, provider_id, terms_id, phase, challenger, *rest = fields
    parties = parse_address(requester), parse_address(challenger)
    return Request(id_, parties[0], provider_id, terms_id, Phase(phase), parties[1], *rest)


def open_request_of(id_: int, fields: Any) -> Request | None:
    return request_of(id_, fields) if id_ else None


def vote_of(id_: int, fields: Any) -> Vote:
    arbitrable, *rest = fields
    return Vote(id_, parse_address(arbitrable), *rest)


def hearing_of(id_: int, fields: Any) -> Hearing:
    arbitrable, *rest = fields
    return Hearing(id_, parse_address(arbitrable), *rest)


def ballot_of(fields: Any) -> Ballot:
    return Ballot(*fields)


def read_plan(endpoint: Endpoint) -> Exchange[VotePlan]:
    """What is fixed in an arbitrator by vote."""
    block = yield from endpoint.pin()
    vote = vote_at(endpoint.address)
    names = ("token", "commitPeriod_s", "revealPeriod_s", "quorum")
    (token,), *numbers = yield from read_at(block, [vote.read(name) for name in names])
    return VotePlan(parse_address(token), *(number for (number,) in numbers))


def read_token(endpoint: Endpoint) -> Exchange[TokenFacts]:
    """What a token says about itself."""
    block = yield from endpoint.pin()
    token = token_at(endpoint.address)
    names = ("name", "symbol", "decimals", "totalSupply")
    answers = yield from read_at(block, [token.read(name) for name in names])
    return TokenFacts(*(value for (value,) in answers))
