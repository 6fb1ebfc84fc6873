"""waypost registry curate take-office, set-parameters, decide, ...: who governs."""

from decimal import Decimal
from typing import Any

import click

from waypost.cli.options import PROVIDER_ID, SPAN
from waypost.cli.output import Said
from waypost.cli.registry.curate.options import (
    AMOUNT,
    CurationDesk,
    curation_transaction,
    units,
)
from waypost.cli.registry.kind import SECONDS, kind_argument
from waypost.cli.registry.provider import reason_option
from waypost.net.trust.curation import Curation
from waypost.trust.address import address_text, parse_address
from waypost.trust.words import Status


@click.command("take-office", short_help="Appoint the curation, as the registry's admin.")
@curation_transaction
@click.option(
    "--leaving",
    multiple=True,
    metavar="ADDRESS",
    help="Who is curator now; repeat for more. Without, the node's log is asked.",
)
def take_office(desk: CurationDesk, leaving: tuple[str, ...]) -> None:
    """Give the curator's role to the curation, and take it from whoever else has it.

    The account is the registry's admin. Repeat it after an interruption.
    """
    desk.transact(
        lambda curation: curation.take_office(leaving or None),
        Said({"in_office": True}, "the curation is the registry's only curator"),
    )


@click.command("set-parameters", short_help="Set the terms for who applies, as the owner.")
@curation_transaction
@click.option("--deposit", type=AMOUNT, help="What an applicant and a challenger stake.")
@click.option("--challenge-period", type=SPAN, help="How long an application waits.")
@click.option("--ruling-period", type=SPAN, help="How long an arbitrator may take.")
@click.option("--exit-delay", type=SPAN, help="How long an exit waits.")
@click.option(
    "--dispensation",
    "dispensation_bps",
    type=click.IntRange(0, 10_000),
    metavar="BPS",
    help="The voters' share of a lost stake, of 10,000.",
)
@click.option("--arbitrator", metavar="ADDRESS", help="Who rules.")
def set_parameters(
    desk: CurationDesk,
    deposit: Decimal | None,
    challenge_period: int | None,
    ruling_period: int | None,
    exit_delay: int | None,
    dispensation_bps: int | None,
    arbitrator: str | None,
) -> None:
    """Set the terms of the requests to come: what is not given stays as it is now.

    Requests that were made keep the terms that they were made under.
    """
    given = {
        "challenge_period_s": challenge_period,
        "ruling_period_s": ruling_period,
        "exit_delay_s": exit_delay,
        "dispensation_bps": dispensation_bps,
        "arbitrator": parse_address(arbitrator) if arbitrator else None,
    }

    async def act(curation: Curation) -> int:
        changes: dict[str, Any] = {
            name: value for name, value in given.items() if value is not None
        }
        if deposit is not None:
            changes["deposit"] = units(deposit, await (await curation.token()).facts())
        terms = (await curation.overview()).terms
        return await curation.set_parameters(terms._replace(**changes))

    desk.transact(
        act,
        lambda id_: Said({"terms": id_}, f"terms {id_} hold for who applies from now on"),
    )


@click.command(short_help="Decide on a provider, as the owner.")
@curation_transaction
@click.argument("provider_id", type=PROVIDER_ID, metavar="PROVIDER")
@click.argument("status", type=click.Choice(["pending", "active", "suspended"]))
@reason_option
def decide(desk: CurationDesk, provider_id: int, status: str, reason: str) -> None:
    """Make PROVIDER pending, active or suspended. No deposit moves."""
    desk.transact(
        lambda curation: curation.decide(provider_id, Status[status.upper()], reason),
        Said({"provider": provider_id, "status": status}, f"provider {provider_id} is {status}"),
    )


@click.command("set-kind", short_help="Limit the lifetimes of a kind, as the owner.")
@curation_transaction
@kind_argument
@click.option("--ttl-min", type=SECONDS, default=0, metavar="SECONDS", help="At least so long.")
@click.option(
    "--ttl-max", type=SECONDS, default=0, metavar="SECONDS", help="At most so long; 0: no limit."
)
def set_kind(desk: CurationDesk, name: str, ttl_min: int, ttl_max: int) -> None:
    """Limit how long listings of KIND last, as `waypost registry kind set` does for a curator."""
    data = {"kind": name, "ttl_s_min": ttl_min, "ttl_s_max": ttl_max}
    longest = f"{ttl_max} s" if ttl_max else "any time"
    desk.transact(
        lambda curation: curation.set_kind(name, ttl_min, ttl_max),
        Said(data, f"listings of {name} last {ttl_min} s to {longest}"),
    )


@click.group()
def owner() -> None:
    """Hand governance on, in two steps."""


@owner.command(short_help="Offer governance to an account, as the owner.")
@curation_transaction
@click.argument("to", metavar="ADDRESS")
def offer(desk: CurationDesk, to: str) -> None:
    """Offer governance to the account at ADDRESS, which has to accept it."""
    holder = address_text(parse_address(to))
    desk.transact(
        lambda curation: curation.transfer_ownership(holder),
        Said({"offered_to": holder}, f"governance is offered to {holder}"),
    )


@owner.command(short_help="Accept governance that was offered.")
@curation_transaction
def accept(desk: CurationDesk) -> None:
    """Accept governance that was offered to the account."""
    desk.transact(
        lambda curation: curation.accept_ownership(),
        Said({"accepted": True}, "the account governs the curation now"),
    )
