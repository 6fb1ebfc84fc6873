"""What to do when a curation, an arbitrator or a token refuses, by the name of its error."""

from collections.abc import Callable, Mapping
from typing import Any

from waypost.trust.curation.types import Phase
from waypost.trust.times import time_text
from waypost.trust.words import Status

Fields = Mapping[str, Any]

_SHOW = "`waypost registry curate show` tells what can be done, and until when"
_PHASES = {
    Phase.NONE: "there is no such request",
    Phase.APPLIED: "it is an application that waits out its challenge period",
    Phase.APPLIED_CHALLENGED: "it is an application in dispute",
    Phase.LISTED: "it is listed and not in dispute",
    Phase.LISTED_CHALLENGED: "it is a listing in dispute",
    Phase.CLOSED: "it is closed",
}


def _not_eligible(fields: Fields) -> str:
    match fields["status"]:
        case Status.SUSPENDED:
            return "it is suspended: governance has to lift that before it can apply"
        case Status.CHALLENGED:
            return "it was marked as challenged by an earlier curator: the curator clears that"
        case _:
            return "only a pending or an active provider may apply: register a new one"


def _unknown_dispute(fields: Fields) -> str:
    return f"dispute {fields['disputeID']} was never opened there, or is over: {_SHOW}"


def _reveal_not_open(fields: Fields) -> str:
    return f"reveal from {time_text(fields['from'])} until {time_text(fields['until'])}"


CURATION_ADVICE: dict[str, Callable[[Fields], str]] = {
    "NotProviderOwner": lambda f: (
        f"the owner of provider {f['providerId']} applies: sign with that account"
    ),
    "NotRequester": lambda _: (
        "only who paid the deposit may, and start an exit also the provider's owner"
    ),
    "NotEligible": _not_eligible,
    "AlreadyOpen": lambda f: (
        f"somebody applied for it already: `waypost registry curate show {f['requestId']}`"
    ),
    "WrongPhase": lambda f: f"{_PHASES.get(f['phase'], 'it is in another phase')}: {_SHOW}",
    "TooEarly": lambda f: f"wait until {time_text(f['from'])}",
    "TooLate": lambda f: (
        f"the challenge period ended at {time_text(f['until'])}: challenge it once it is listed"
    ),
    "ExitNotStarted": lambda _: "start the exit first",
    "ExitStartedAlready": lambda f: (
        f"its exit has begun, and can be finished at {time_text(f['exitAt'])}"
    ),
    "TermsChanged": lambda f: (
        f"the terms are number {f['current']}: read them, and agree to those"
    ),
    "UnknownTerms": lambda _: "`waypost registry curate show` tells the current terms",
    "UnknownDispute": _unknown_dispute,
    "NotCurator": lambda _: (
        "the curation is not the registry's curator: the registry's admin can appoint it with "
        "`waypost registry curate take-office`"
    ),
    "NothingToWithdraw": lambda _: "nothing is credited to this account",
    "NotAContract": lambda _: "there is no contract at that address: is it another chain's?",
    "DispensationNotTaken": lambda _: (
        "only an arbitrator by vote with the same token takes a share: set it to 0"
    ),
    "CommitOver": lambda f: f"commits ended at {time_text(f['until'])}",
    "RevealNotOpen": _reveal_not_open,
    "VoteNotOver": lambda f: f"the vote is over at {time_text(f['until'])}",
    "NoCommitment": lambda _: "this account has committed to nothing in that dispute",
    "AlreadyRevealed": lambda _: "there is nothing more to do before the vote is over",
    "AlreadyExecuted": lambda _: "its ruling was given already",
    "NotExecuted": lambda _: "execute the vote first: anyone may",
    "AlreadyRuled": lambda _: "a dispute is ruled once",
    "NothingLocked": lambda _: "this account has no tokens locked there, or took them back",
    "NothingToClaim": lambda _: (
        "only who voted for the ruling has a share, and takes it once; if nothing was ruled, "
        "there is none"
    ),
    "OwnableUnauthorizedAccount": lambda _: "sign with the account of the contract's owner",
    "ERC20InsufficientAllowance": lambda f: f"approve {f['needed']} units for {f['spender']}",
    "ERC20InsufficientBalance": lambda f: f"it has {f['balance']} units and needs {f['needed']}",
}
