"""waypost registry curate deploy, arbitrator, token: a curation's contracts, one at a time."""

from decimal import Decimal

import click

from waypost.cli.options import SPAN
from waypost.cli.output import Said, columns
from waypost.cli.registry.curate.options import (
    AMOUNT,
    ChainDesk,
    chain_read,
    chain_transaction,
    salt_option,
    tokens,
    units,
)
from waypost.net.trust.curation import Curation, Multisig, Token, TokenVote
from waypost.net.trust.curation.base import Reached
from waypost.spans import DAY_S
from waypost.trust.address import address_text, parse_address
from waypost.trust.curation.types import Terms, TokenFacts

_DECIMALS = 18  # of the token that is deployed here

token_option = click.option(
    "--token", "token_address", required=True, metavar="ADDRESS", help="The token."
)
owner_option = click.option("--owner", metavar="ADDRESS", help="Instead of the account.")


@click.command(short_help="Deploy a curation.")
@chain_transaction
@click.option("--registry", required=True, metavar="ADDRESS", help="The registry to curate.")
@token_option
@click.option("--arbitrator", required=True, metavar="ADDRESS", help="Who rules.")
@click.option("--deposit", required=True, type=AMOUNT, help="What is staked.")
@click.option(
    "--challenge-period",
    type=SPAN,
    default=7 * DAY_S,
    help="How long an application waits.  [default: 7d]",
)
@click.option(
    "--ruling-period",
    type=SPAN,
    default=21 * DAY_S,
    help="How long an arbitrator may take: longer than its vote.  [default: 21d]",
)
@click.option(
    "--exit-delay", type=SPAN, help="How long an exit waits.  [default: the challenge period]"
)
@click.option(
    "--dispensation",
    "dispensation_bps",
    type=click.IntRange(0, 10_000),
    default=0,
    show_default=True,
    metavar="BPS",
    help="The voters' share of a lost stake, of 10,000.",
)
@owner_option
@salt_option
def deploy(
    desk: ChainDesk,
    registry: str,
    token_address: str,
    arbitrator: str,
    deposit: Decimal,
    challenge_period: int,
    ruling_period: int,
    exit_delay: int | None,
    dispensation_bps: int,
    owner: str | None,
    salt: str | None,
) -> None:
    """Deploy a curation of a registry, under its first terms. The account governs it.

    Before it: `curate arbitrator`, and `curate token deploy` if there is no token yet. After it:
    `curate take-office`.
    """
    judge = parse_address(arbitrator)

    async def act(chain: Reached) -> bytes:
        stake = units(deposit, await Token(chain, token_address).facts())
        delay_s = challenge_period if exit_delay is None else exit_delay
        terms = Terms(stake, challenge_period, ruling_period, delay_s, dispensation_bps, judge)
        made = await Curation.deploy(
            chain, registry=registry, token=token_address, terms=terms, owner=owner, salt=salt
        )
        return made.address

    desk.transact(act, lambda address: _made("curation", address))


@click.group(short_help="Deploy who rules disputes.")
def arbitrator() -> None:
    """Deploy who rules disputes: one owner, or the holders of a token."""


@arbitrator.command(short_help="Deploy an arbitrator whose owner rules.")
@chain_transaction
@owner_option
@salt_option
def multisig(desk: ChainDesk, owner: str | None, salt: str | None) -> None:
    """Deploy an arbitrator whose owner rules, typically a multisig wallet."""

    async def act(chain: Reached) -> bytes:
        return (await Multisig.deploy(chain, owner=owner, salt=salt)).address

    desk.transact(act, lambda address: _made("arbitrator", address))


@arbitrator.command(short_help="Deploy an arbitrator by vote.")
@chain_transaction
@token_option
@click.option("--commit-period", type=SPAN, required=True, help="How long commits are taken.")
@click.option("--reveal-period", type=SPAN, required=True, help="How long reveals are taken.")
@click.option("--quorum", type=AMOUNT, required=True, help="Tokens that have to be revealed.")
@salt_option
def vote(
    desk: ChainDesk,
    token_address: str,
    commit_period: int,
    reveal_period: int,
    quorum: Decimal,
    salt: str | None,
) -> None:
    """Deploy an arbitrator whose disputes the holders of a token rule. Nobody owns it."""

    async def act(chain: Reached) -> bytes:
        made = await TokenVote.deploy(
            chain,
            token=token_address,
            commit_period_s=commit_period,
            reveal_period_s=reveal_period,
            quorum=units(quorum, await Token(chain, token_address).facts()),
            salt=salt,
        )
        return made.address

    desk.transact(act, lambda address: _made("arbitrator", address))


@click.group()
def token() -> None:
    """Deploy, show and give tokens that are staked and vote."""


@token.command("deploy", short_help="Deploy a plain token.")
@chain_transaction
@click.argument("name")
@click.argument("symbol")
@click.argument("supply", type=AMOUNT)
@click.option("--holder", metavar="ADDRESS", help="Who has all of it, instead of the account.")
@salt_option
def deploy_token(
    desk: ChainDesk, name: str, symbol: str, supply: Decimal, holder: str | None, salt: str | None
) -> None:
    """Deploy a token of which all SUPPLY exists from the start. For who has no token yet."""
    amount = units(supply, TokenFacts(name, symbol, _DECIMALS, 0))

    async def act(chain: Reached) -> bytes:
        made = await Token.deploy(
            chain, name=name, symbol=symbol, supply=amount, holder=holder, salt=salt
        )
        return made.address

    desk.transact(act, lambda address: _made("token", address))


@token.command(short_help="Give tokens to somebody.")
@chain_transaction
@token_option
@click.argument("to", metavar="ADDRESS")
@click.argument("amount", type=AMOUNT)
def transfer(desk: ChainDesk, token_address: str, to: str, amount: Decimal) -> None:
    """Give AMOUNT tokens to the account at ADDRESS."""
    target = address_text(parse_address(to))

    async def act(chain: Reached) -> tuple[int, TokenFacts]:
        at = Token(chain, token_address)
        facts = await at.facts()
        number = units(amount, facts)
        await at.transfer(target, number)
        return number, facts

    desk.transact(
        act,
        lambda did: Said({"to": target, "amount": did[0]}, f"{target} has {tokens(*did)} more"),
    )


@token.command("show", short_help="Show a token, and who has how much.")
@chain_read
@token_option
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
def show_token(desk: ChainDesk, token_address: str, addresses: tuple[str, ...]) -> None:
    """Show a token, and how much of it is at each ADDRESS."""

    async def ask(chain: Reached) -> list[Said]:
        at = Token(chain, token_address)
        facts = await at.facts()
        shown = facts._asdict() | {"supply": tokens(facts.supply, facts)}
        said = [Said(facts._asdict(), columns(shown.items()))]
        for address in map(parse_address, addresses):
            amount = await at.balance(address)
            data = {"account": address_text(address), "amount": amount}
            said.append(Said(data, f"{data['account']}  {tokens(amount, facts)}"))
        return said

    desk.ask(ask)


def _made(what: str, address: bytes) -> Said:
    text = address_text(address)
    return Said({what: text}, text)
