"""A contract's refusal in its own words and, where it is a common one, with what to do."""

from collections.abc import Callable, Mapping
from typing import Any

from waypost.trust.administration.abi import contract_abi
from waypost.trust.administration.roles import role_name
from waypost.trust.curation.refusals import CURATION_ADVICE
from waypost.trust.words import Status

_FOREVER = (1 << 40) - 1  # how the contract says "no limit" of a lifetime

# One contract's call may end in another's refusal, so that all are asked.
_CONTRACTS = (
    *("ServerRegistry", "StakeCuration"),
    *("TokenVoteArbitrator", "MultisigArbitrator", "FixedSupplyToken"),
)

Fields = Mapping[str, Any]


def _bad_status(fields: Fields) -> str:
    match fields["status"]:
        case Status.REMOVED:
            return "the provider is retired for ever: register a new one"
        case Status.CHALLENGED:
            return "only an active provider can be challenged: activate it first"
        case _:
            return "a curator makes providers pending, active, suspended or challenged"


def _lifetime(fields: Fields) -> str:
    if not fields["given"]:
        return "that time is not ahead of the chain's clock: choose a later one, or never"
    longest = "any" if fields["max"] == _FOREVER else fields["max"]
    return f"this kind's listings last {fields['min']} to {longest} s: choose another expiry"


def _role(fields: Fields) -> str:
    return f"the account is not {role_name(fields['neededRole'])}: sign with one that is"


_ADVICE: dict[str, Callable[[Fields], str]] = {
    "NotAuthorized": lambda f: (
        f"only the owner of provider {f['id']}, or for servers and heartbeats an operator, may: "
        "sign with that account"
    ),
    "UnknownProvider": lambda _: "`waypost registry provider list` shows which there are",
    "BadStatus": _bad_status,
    "ProviderNotActive": lambda _: "a curator has to activate it before it lists servers",
    "NotPendingOwner": lambda _: "its owner has to offer it to this account first",
    "BadNodeSignature": lambda _: (
        "the node key signed something else (another provider, registry, chain or flags), or this "
        "consent was used before: sign a new one with `waypost registry sign`"
    ),
    "SignatureExpired": lambda _: "sign a new consent with `waypost registry sign`",
    "AlreadyListed": lambda _: "another provider lists it: move it, or let that one remove it",
    "NotListed": lambda _: "`waypost registry server list` shows what is",
    "TtlOutOfRange": _lifetime,
    "Deprecated_": lambda _: "a successor is named once, and it was",
    "ZeroAddress": lambda _: "give an address that is not zero",
    "AccessControlUnauthorizedAccount": _role,
    "AccessControlInvalidDefaultAdmin": lambda _: "the role was not offered to this account",
    "AccessControlEnforcedDefaultAdminDelay": lambda f: (
        f"the delay is not over: accept after {f['schedule']} (seconds since 1970)"
        if f["schedule"]
        else "nothing is on offer: the admin has to begin the transfer first"
    ),
    "AccessControlEnforcedDefaultAdminRules": lambda _: (
        "the admin changes hands only by `waypost registry admin`"
    ),
    **CURATION_ADVICE,
}


def explain_refusal(revert: bytes) -> str:
    """The bytes of a revert in words, on one line, with what to do where that is known."""
    abis = [contract_abi(name) for name in _CONTRACTS]
    for abi in abis:
        if own := abi.error(revert):
            name, fields = own
            advice = _ADVICE.get(name)
            words = abi.explain(revert)
            return f"{words}: {advice(fields)}" if advice else words
    return abis[0].explain(revert)
