"""waypost registry curate show: where requests stand, and what can be done about them."""

import click

from waypost.cli.options import PROVIDER_ID
from waypost.cli.output import Said, columns, printable
from waypost.cli.registry.curate.options import (
    REQUEST_ID,
    CurationDesk,
    curation_read,
    tokens,
)
from waypost.errors import RegistryError
from waypost.net.trust.curation import Curation
from waypost.trust.address import address_text
from waypost.trust.curation.case import Case, Step, next_steps
from waypost.trust.curation.types import Hearing, Overview, Phase, Ruling, Terms, TokenFacts, Vote
from waypost.trust.times import time_text

_NOBODY = bytes(20)
_AMOUNTS = {"quorum", "revealed_weight", "leading_weight", "locked", "withdrawable"}
_PHASES = {
    Phase.APPLIED: "applied: waits out its challenge period",
    Phase.APPLIED_CHALLENGED: "applied, and challenged",
    Phase.LISTED: "listed",
    Phase.LISTED_CHALLENGED: "listed, and challenged",
    Phase.CLOSED: "closed",
}


@click.command(short_help="Show where a request stands, and what can be done.")
@curation_read
@click.argument("request_id", type=REQUEST_ID, required=False, metavar="[REQUEST]")
@click.option(
    "--provider",
    "provider_id",
    type=PROVIDER_ID,
    metavar="ID",
    help="The open request of this one.",
)
@click.option("--for", "account", metavar="ADDRESS", help="Also what this account has in it.")
def show(
    desk: CurationDesk, request_id: int | None, provider_id: int | None, account: str | None
) -> None:
    """Show where REQUEST stands, under which terms, its dispute, and what can be done until when.

    Without a request: the curation as a whole, with the terms for who applies now.
    """

    async def ask(curation: Curation) -> list[Said]:
        facts = await (await curation.token()).facts()
        facts = facts._replace(symbol=printable(facts.symbol))
        wanted = request_id
        if provider_id is not None and request_id is None:
            found = await curation.listing(provider_id)
            if found is None:
                raise RegistryError(f"provider {provider_id} has no open request: it may apply")
            wanted = found.id
        if wanted is not None:
            case = await curation.case(wanted, account)
            if case.request.phase is Phase.NONE:
                raise RegistryError(f"there is no request {wanted}")
            return [_case(case, facts, account)]
        credit = await curation.withdrawable(account) if account else None
        return [_overview(curation.address, await curation.overview(), facts, credit)]

    desk.ask(ask)


def _overview(address: bytes, found: Overview, facts: TokenFacts, credit: int | None) -> Said:
    places = {
        name: address_text(value) if value != _NOBODY else None
        for name, value in found._asdict().items()
        if isinstance(value, bytes)
    }
    whole = {"curation": address_text(address), **places}
    rest = {
        "in_office": found.in_office,
        "requests": found.request_count,
        "terms": found.terms_id,
    }
    data = {**whole, **rest, **_terms(found.terms), "withdrawable": credit}
    shown = {**whole, **rest, **_terms_text(found.terms, facts)}
    shown["withdrawable"] = None if credit is None else tokens(credit, facts)
    return Said(data, columns(shown.items()))


def _terms(terms: Terms) -> dict[str, object]:
    return {**terms._asdict(), "arbitrator": address_text(terms.arbitrator)}


def _terms_text(terms: Terms, facts: TokenFacts) -> dict[str, object]:
    return {**_terms(terms), "deposit": tokens(terms.deposit, facts)}


def _case(case: Case, facts: TokenFacts, account: str | None) -> Said:
    request, steps = case.request, next_steps(case)
    challenged = request.phase.challenged
    times = {"deadline": request.deadline or None, "exit_at": request.exit_at or None}
    whole = {
        "request": request.id,
        "provider": request.provider_id,
        "provider_status": case.provider.status.name.lower(),
        "phase": request.phase.name.lower(),
        "requester": address_text(request.requester),
        "challenger": address_text(request.challenger) if challenged else None,
        "terms": request.terms_id,
        **_terms(case.terms),
        **times,
        "now": case.now_s,
    }
    dispute = {"dispute": request.dispute_id, **_dispute(case)} if challenged else {}
    mine = _mine(case, account)
    data = {**whole, **dispute, **mine, "next": [step._asdict() for step in steps]}
    shown = {
        **whole,
        **_terms_text(case.terms, facts),
        **{name: time_text(time_s) if time_s else None for name, time_s in times.items()},
        "phase": _PHASES[request.phase],
        "now": time_text(case.now_s),
        **{name: _shown(name, value, facts) for name, value in {**dispute, **mine}.items()},
    }
    return Said(data, "\n".join([columns(shown.items()), *_steps_text(steps, case.now_s)]))


def _dispute(case: Case) -> dict[str, object]:
    match case.dispute:
        case Vote() as vote:
            return {
                "commit_until": vote.commit_until,
                "reveal_until": vote.reveal_until,
                "quorum": case.quorum,
                "revealed_weight": vote.revealed_weight,
                "leading_weight": vote.leading_weight,
                "ruling_now": Ruling(vote.ruling(case.quorum)).name.lower(),
            }
        case Hearing() as hearing:
            return {"ruled": hearing.ruled}
        case _:
            return {}


def _mine(case: Case, account: str | None) -> dict[str, int]:
    if account is None:
        return {}
    mine = {"withdrawable": case.withdrawable}
    if case.ballot is not None:
        mine |= {"locked": case.ballot.weight, "revealed": int(case.ballot.revealed)}
    return mine


def _shown(name: str, value: object, facts: TokenFacts) -> object:
    """A value as people read it, by its name."""
    if not isinstance(value, int):
        return value
    if name in _AMOUNTS:
        return tokens(value, facts)
    return time_text(value) if name.endswith("_until") else value


def _steps_text(steps: list[Step], now_s: int) -> list[str]:
    """What can be done, one step a line."""
    lines = []
    for step in steps:
        when = "now"
        if step.opens_at > now_s:
            when = f"from {time_text(step.opens_at)}"
        elif step.until and step.until <= now_s:
            when = "no longer"
        if step.until > now_s:
            when = f"{when} until {time_text(step.until)}"
        lines.append(f"  {step.action:<12}  {when}, by {step.by}")
    return ["what can be done:", *lines] if lines else []
