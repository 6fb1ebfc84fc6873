"""waypost registry curate apply, challenge, ...: what providers and challengers do."""

from pathlib import Path

import click

from waypost._ext.digest import keccak256
from waypost.cli.options import FILE, PROVIDER_ID
from waypost.cli.output import Said
from waypost.cli.registry.curate.options import (
    CurationDesk,
    curation_transaction,
    request_argument,
    tokens,
)
from waypost.cli.registry.description import read_document
from waypost.net.trust.curation import Curation
from waypost.trust.curation.types import TokenFacts

terms_option = click.option(
    "--terms",
    "terms_id",
    type=click.IntRange(0, (1 << 32) - 1),
    metavar="N",
    help="Agree to the terms with this number only.",
)


@click.command("apply", short_help="Apply with a deposit, as a provider's owner.")
@curation_transaction
@click.argument("provider_id", type=PROVIDER_ID, metavar="PROVIDER")
@click.option("--evidence-uri", metavar="URI", default="", help="Where the case for it is.")
@click.option(
    "--evidence", "document_path", type=FILE, help="The document behind the URI: hashed on chain."
)
@terms_option
def apply(
    desk: CurationDesk,
    provider_id: int,
    evidence_uri: str,
    document_path: Path | None,
    terms_id: int | None,
) -> None:
    """Apply for PROVIDER with the deposit of the current terms. The account owns the provider.

    The deposit is approved first. Repeat it after an interruption: what was done is left alone.
    """
    hash_ = keccak256(read_document(document_path)) if document_path else bytes(32)
    desk.transact(
        lambda curation: curation.apply(
            provider_id, evidence_uri=evidence_uri, evidence_hash=hash_, terms_id=terms_id
        ),
        lambda id_: Said(
            {"request": id_, "provider": provider_id},
            f"provider {provider_id} has applied: request {id_}",
        ),
    )


@click.command(short_help="Challenge a request with a stake.")
@curation_transaction
@request_argument
@click.option("--reason", metavar="TEXT", default="", help="A sentence or a URI, for the log.")
@terms_option
def challenge(desk: CurationDesk, request_id: int, reason: str, terms_id: int | None) -> None:
    """Stake as much as its deposit against REQUEST. The loser's stake goes to the winner.

    The stake is approved first. Repeat it after an interruption: what was done is left alone.
    """
    desk.transact(
        lambda curation: curation.challenge(request_id, reason, terms_id=terms_id),
        lambda id_: Said(
            {"request": request_id, "dispute": id_},
            f"request {request_id} is challenged: dispute {id_}",
        ),
    )


@click.command(short_help="Put evidence on the log.")
@curation_transaction
@request_argument
@click.argument("text", metavar="TEXT")
def evidence(desk: CurationDesk, request_id: int, text: str) -> None:
    """Put TEXT, a sentence or a URI, on the log of REQUEST, for whoever rules."""
    desk.transact(
        lambda curation: curation.submit_evidence(request_id, text),
        Said({"request": request_id, "evidence": text}, f"request {request_id} has new evidence"),
    )


@click.command(short_help="List an application that nobody challenged.")
@curation_transaction
@request_argument
def execute(desk: CurationDesk, request_id: int) -> None:
    """List the provider of REQUEST, which nobody challenged in time. Anyone may."""

    async def act(curation: Curation) -> str:
        await curation.execute(request_id)
        return (await curation.request(request_id)).phase.name.lower()

    desk.transact(
        act,
        lambda phase: Said(
            {"request": request_id, "phase": phase}, f"request {request_id} is {phase}"
        ),
    )


@click.command(short_help="End a challenge that nobody ruled in time.")
@curation_transaction
@request_argument
def lapse(desk: CurationDesk, request_id: int) -> None:
    """End the challenge of REQUEST, which was not ruled in time; stakes go back. Anyone may."""
    desk.transact(
        lambda curation: curation.lapse(request_id),
        Said({"request": request_id, "lapsed": True}, f"the challenge of {request_id} is over"),
    )


@click.group("exit")
def exit_() -> None:
    """Leave the list: start, wait, finish."""


@exit_.command(short_help="Start to leave the list.")
@curation_transaction
@request_argument
def start(desk: CurationDesk, request_id: int) -> None:
    """Start to leave the list. The account paid the deposit, or owns the provider."""
    desk.transact(
        lambda curation: curation.start_exit(request_id),
        Said(
            {"request": request_id, "exit": "started"},
            f"request {request_id} leaves: `show` tells when the exit can be finished",
        ),
    )


@exit_.command(short_help="Finish leaving the list.")
@curation_transaction
@request_argument
def finish(desk: CurationDesk, request_id: int) -> None:
    """Finish an exit when its delay is over: the deposit can be withdrawn. Anyone may."""
    desk.transact(
        lambda curation: curation.finalize_exit(request_id),
        Said({"request": request_id, "exit": "finished"}, f"request {request_id} is closed"),
    )


@click.command("adopt-terms", short_help="Put a listing under the current terms.")
@curation_transaction
@request_argument
@terms_option
def adopt_terms(desk: CurationDesk, request_id: int, terms_id: int | None) -> None:
    """Put the listing REQUEST under the current terms, and pay or get back the difference."""
    desk.transact(
        lambda curation: curation.adopt_terms(request_id, terms_id=terms_id),
        Said(
            {"request": request_id, "adopted": True},
            f"request {request_id} is under the current terms",
        ),
    )


@click.command(short_help="Take out what is credited to the account.")
@curation_transaction
@click.option("--to", metavar="ADDRESS", help="Where it goes, instead of the account.")
def withdraw(desk: CurationDesk, to: str | None) -> None:
    """Take out all that is credited to the account: deposits given back, stakes won."""

    async def act(curation: Curation) -> tuple[int, TokenFacts]:
        facts = await (await curation.token()).facts()
        return await curation.withdraw(to), facts

    desk.transact(
        act,
        lambda did: Said({"amount": did[0]}, f"{tokens(*did)} withdrawn"),
    )
