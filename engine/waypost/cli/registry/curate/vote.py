"""waypost registry curate vote, rule: how disputes are decided."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import click

from waypost.cli.options import FILE
from waypost.cli.output import Said
from waypost.cli.registry.curate.options import (
    AMOUNT,
    CurationDesk,
    arbitrator_option,
    curation_transaction,
    dispute_argument,
    tokens,
    units,
)
from waypost.net.trust.curation import Curation, Token, TokenVote
from waypost.trust.curation.types import Ruling, TokenFacts

votes_option = click.option(
    "--votes",
    "votes_path",
    type=FILE,
    help="The file that keeps your votes until they are revealed, instead of your own.",
)
choice_argument = click.argument(
    "choice", type=click.Choice([choice.name.lower() for choice in Ruling])
)


@click.group(short_help="Rule a dispute by a vote of the token's holders.")
def vote() -> None:
    """Rule a dispute with the token: commit, reveal, execute, unlock, claim."""


@vote.command(short_help="Lock tokens behind a choice that nobody sees.")
@curation_transaction
@dispute_argument
@choice_argument
@click.argument("amount", type=AMOUNT)
@arbitrator_option
@votes_option
def commit(
    desk: CurationDesk,
    dispute_id: int,
    choice: str,
    amount: Decimal,
    arbitrator: str | None,
    votes_path: Path | None,
) -> None:
    """Lock AMOUNT tokens, in all, behind a choice in DISPUTE: for the requester, for the
    challenger, or refused for no ruling.

    The choice and its salt are written to a file first: keep it, for without it nothing can be
    revealed. Repeat the command to change the choice or to add tokens, until commits are over.
    """
    ruling = Ruling[choice.upper()]

    async def act(curation: Curation) -> None:
        court = await curation.token_vote(arbitrator, votes=votes_path)
        facts = await _facts(court)
        await court.commit(dispute_id, ruling, units(amount, facts))

    desk.transact(
        act,
        Said(
            {"dispute": dispute_id, "choice": choice, "amount": str(amount)},
            f"{amount} tokens are locked behind your choice in dispute {dispute_id}: reveal it "
            "when the commits are over",
        ),
    )


@vote.command(short_help="Tell the choice that was committed to.")
@curation_transaction
@dispute_argument
@arbitrator_option
@votes_option
def reveal(
    desk: CurationDesk, dispute_id: int, arbitrator: str | None, votes_path: Path | None
) -> None:
    """Tell the choice in DISPUTE, from the file of your votes. Only what is revealed counts."""

    async def act(curation: Curation) -> Ruling:
        court = await curation.token_vote(arbitrator, votes=votes_path)
        return await court.reveal(dispute_id)

    desk.transact(
        act,
        lambda ruling: Said(
            {"dispute": dispute_id, "choice": ruling.name.lower()},
            f"revealed in dispute {dispute_id}: {ruling.name.lower()}",
        ),
    )


@vote.command(short_help="Give the ruling when the vote is over.")
@curation_transaction
@dispute_argument
@arbitrator_option
def execute(desk: CurationDesk, dispute_id: int, arbitrator: str | None) -> None:
    """Give the ruling of DISPUTE when the vote is over. Anyone may."""

    async def act(curation: Curation) -> Ruling:
        court = await curation.token_vote(arbitrator)
        await court.execute(dispute_id)
        found = await court.dispute(dispute_id)
        return Ruling(found.ruling((await court.plan()).quorum))

    desk.transact(
        act,
        lambda ruling: Said(
            {"dispute": dispute_id, "ruling": ruling.name.lower()},
            f"dispute {dispute_id} is ruled: {ruling.name.lower()}",
        ),
    )


@vote.command(short_help="Take locked tokens back.")
@curation_transaction
@dispute_argument
@arbitrator_option
def unlock(desk: CurationDesk, dispute_id: int, arbitrator: str | None) -> None:
    """Take the tokens back that were locked in DISPUTE, when its vote is over."""
    _take_out(desk, dispute_id, arbitrator, TokenVote.unlock, "unlocked")


@vote.command(short_help="Take the share of those who voted for the ruling.")
@curation_transaction
@dispute_argument
@arbitrator_option
def claim(desk: CurationDesk, dispute_id: int, arbitrator: str | None) -> None:
    """Take the share of the loser's stake that goes to those who voted for the ruling."""
    _take_out(desk, dispute_id, arbitrator, TokenVote.claim, "claimed")


@click.command(short_help="Rule a dispute, as the arbitrator's owner.")
@curation_transaction
@dispute_argument
@choice_argument
@click.option("--reason", metavar="TEXT", default="", help="A sentence or a URI, for the log.")
@arbitrator_option
def rule(
    desk: CurationDesk, dispute_id: int, choice: str, reason: str, arbitrator: str | None
) -> None:
    """Rule DISPUTE for the requester or the challenger, or refuse to. The account owns the
    arbitrator (see `curate arbitrator multisig`).
    """

    async def act(curation: Curation) -> None:
        court = await curation.multisig(arbitrator)
        await court.rule(dispute_id, Ruling[choice.upper()], reason)

    desk.transact(
        act,
        Said(
            {"dispute": dispute_id, "ruling": choice}, f"dispute {dispute_id} is ruled: {choice}"
        ),
    )


def _take_out(
    desk: CurationDesk,
    dispute_id: int,
    arbitrator: str | None,
    take: Callable[[TokenVote, int], Awaitable[int]],
    done: str,
) -> None:
    """Takes tokens out of a dispute that is over, and says how many."""

    async def act(curation: Curation) -> tuple[int, TokenFacts]:
        court = await curation.token_vote(arbitrator)
        return await take(court, dispute_id), await _facts(court)

    desk.transact(
        act,
        lambda did: Said({"dispute": dispute_id, "amount": did[0]}, f"{tokens(*did)} {done}"),
    )


async def _facts(court: TokenVote) -> TokenFacts:
    return await Token(court, (await court.plan()).token).facts()
