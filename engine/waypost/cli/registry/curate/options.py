"""What the verbs of curation share: where the contracts are, amounts and periods."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any, Generic, TypeAlias, TypeVar

import click

from waypost.cli.options import chain_options
from waypost.cli.registry.desk import AnyDesk, reading, transacting
from waypost.config import RegistryConfig
from waypost.errors import ConfigError
from waypost.keys import PrivateKey
from waypost.net.trust.administration import OnTransaction
from waypost.net.trust.curation import Curation
from waypost.net.trust.curation.base import Reached
from waypost.trust.curation.types import TokenFacts

_NOWHERE = bytes(20)

ContractT = TypeVar("ContractT", bound=Reached)

REQUEST_ID = click.IntRange(1, (1 << 256) - 1)
DISPUTE_ID = REQUEST_ID


class AmountType(click.ParamType[Decimal]):
    """An amount in tokens, such as 100 or 0.5."""

    name = "amount"

    def convert(self, value: Any, param: Any, ctx: Any) -> Decimal:
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal(-1)
        if not 0 <= amount < Decimal(10) ** 60:
            self.fail("want an amount in tokens, such as 100 or 0.5")
        return amount


AMOUNT = AmountType()

request_argument = click.argument("request_id", type=REQUEST_ID, metavar="REQUEST")
dispute_argument = click.argument("dispute_id", type=DISPUTE_ID, metavar="DISPUTE")
arbitrator_option = click.option(
    "--arbitrator", metavar="ADDRESS", help="Instead of that of the current terms."
)
salt_option = click.option(
    "--salt", metavar="HEX", help="Deploy by CREATE2; where it exists already, nothing is sent."
)


def units(amount: Decimal, facts: TokenFacts) -> int:
    """An amount in the token's smallest unit. Raises ConfigError if it has more digits."""
    number = amount.scaleb(facts.decimals)
    if number != int(number):
        raise ConfigError(f"{amount} has more than the {facts.decimals} decimals of the token")
    return int(number)


def tokens(number: int, facts: TokenFacts) -> str:
    """A number of smallest units in tokens, with the token's symbol."""
    amount = format(Decimal(number).scaleb(-facts.decimals), "f")
    if "." in amount:
        amount = amount.rstrip("0").rstrip(".")
    return f"{amount} {facts.symbol}"


@dataclass(frozen=True, slots=True)
class ContractAt(Generic[ContractT]):
    """A contract as the command line names it; of a chain alone, none."""

    contract: type[ContractT]
    rpc: tuple[str, ...]  # the others stand in for the first
    address: str | bytes
    chain_id: int | None

    def connect(
        self,
        account: PrivateKey | None = None,
        *,
        dry_run: bool = False,
        on_transaction: OnTransaction | None = None,
        config: RegistryConfig | None = None,
    ) -> ContractT:
        """The contract, to be used in `async with`. Raises ConfigError."""
        return self.contract(
            self.rpc,
            self.address,
            chain_id=self.chain_id,
            account=account,
            dry_run=dry_run,
            on_transaction=on_transaction,
            config=config,
        )


CurationDesk: TypeAlias = AnyDesk[Curation]
ChainDesk: TypeAlias = AnyDesk[Reached]


def curation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --rpc, --chain-id and --curation, which arrive together as `at`."""

    @chain_options
    @click.option(
        "--curation", "address", required=True, metavar="ADDRESS", help="The curation contract."
    )
    @wraps(command)
    def bundled(rpc: tuple[str, ...], address: str, chain_id: int | None, **rest: Any) -> Any:
        return command(at=ContractAt(Curation, rpc, address, chain_id), **rest)

    return bundled


def chain_at_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --rpc and --chain-id, which arrive together as `at`."""

    @chain_options
    @wraps(command)
    def bundled(rpc: tuple[str, ...], chain_id: int | None, **rest: Any) -> Any:
        return command(at=ContractAt(Reached, rpc, _NOWHERE, chain_id), **rest)

    return bundled


curation_read = reading(curation_options, CurationDesk)
curation_transaction = transacting(curation_options, CurationDesk)
chain_read = reading(chain_at_options, ChainDesk)
chain_transaction = transacting(chain_at_options, ChainDesk)
