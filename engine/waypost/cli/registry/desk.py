"""How every verb of the registry works: connect, do, and tell what came of it.

A verb of one or more transactions gets a `Desk` from `transaction_options`; one that only asks
gets it from `read_options`.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, cast

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from waypost.cli.options import RegistryAt, account_options, registry_options
from waypost.cli.output import Said, emit, json_option, note, progress_console
from waypost.cli.passwords import load_key
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, WaypostError
from waypost.keys import PrivateKey
from waypost.net.run import Interrupted, run
from waypost.net.trust.administration import Acts, OnTransaction, Transaction
from waypost.net.trust.registry import Registry

_WEI = 10**18  # in one unit of the chain's own currency

Command = Callable[..., Any]
PerServer = Callable[[bytes], Said]
T = TypeVar("T")
Connected = TypeVar("Connected", bound=Acts)
Connected_co = TypeVar("Connected_co", bound=Acts, covariant=True)


def amount_text(wei: int) -> str:
    """An amount in the chain's own currency, with six digits that count."""
    return f"{wei / _WEI:.6g}"


class At(Protocol[Connected_co]):
    """A contract as the command line names it."""

    def connect(
        self,
        account: PrivateKey | None = None,
        *,
        dry_run: bool = False,
        on_transaction: OnTransaction | None = None,
        config: RegistryConfig | None = None,
    ) -> AbstractAsyncContextManager[Connected_co]: ...


@dataclass
class AnyDesk(Generic[Connected]):
    """One contract, and how the user wants to hear of it."""

    at: At[Connected]
    as_json: bool
    account_path: Path | None = None
    password_path: Path | None = None
    dry_run: bool = False
    replaced_nonce: int | None = None
    config: RegistryConfig | None = None
    done: list[Transaction] = field(default_factory=list)

    def ask(self, read: Callable[[Connected], Awaitable[list[Said]]]) -> None:
        """Says what a read finds."""

        async def connected() -> list[Said]:
            async with self.at.connect() as contract:
                with progress_console.status("reading the contract ..."):
                    return await read(contract)

        for said in run(connected()):
            emit(self.as_json, said.data, said.text)

    def send(self, act: Callable[[Connected], Awaitable[T]]) -> T:
        """Sends one transaction, and what has to go before it. Returns what `act` gives."""

        async def connected() -> T:
            async with self._connected(account) as contract:
                with progress_console.status(self._progress):
                    return await act(contract)

        with load_key(self._account_path, self.password_path) as account:
            try:
                return run(connected())
            except WaypostError:
                if not self.dry_run:
                    self._tell_paid()
                raise

    def transact(
        self,
        act: Callable[[Connected], Awaitable[Any]],
        said: Callable[[Any], Said] | Said,
    ) -> None:
        """The same, and says what it did: `said`, which is given what `act` gave. Where all was
        done before, none is sent.
        """
        result = self.send(act)
        if self.dry_run and self.done:
            tell_costs(self.as_json, self.done)
            return
        told = said if isinstance(said, Said) else said(result)
        self._tell(told, self.done[-1] if self.done else None)
        self._tell_paid()

    def transact_all(
        self,
        act: Callable[[Connected], Awaitable[list[bytes]]],
        node_ids: Iterable[bytes],
        said: PerServer,
        unchanged: str,
    ) -> None:
        """Sends as many transactions as many servers take, with a bar, and says what each did.

        `act` gives the node ids that it changed. What was done is told even if the rest fails.
        """
        wanted = list(dict.fromkeys(node_ids))
        changed: set[bytes] = set()

        async def connected() -> None:
            with self._bar() as bar:
                task = bar.add_task(self._progress, total=len(wanted))

                def advance(transaction: Transaction) -> None:
                    self.done.append(transaction)
                    bar.advance(task, len(transaction.node_ids))

                async with self._connected(account, advance) as contract:
                    changed.update(await act(contract))

        with load_key(self._account_path, self.password_path) as account:
            try:
                run(connected())
            finally:
                if self.dry_run:
                    tell_costs(self.as_json, self.done)
                else:
                    for transaction in self.done:
                        for node_id in transaction.node_ids:
                            self._tell(said(node_id), transaction)
                    self._tell_paid()
        for node_id in wanted:
            if node_id not in changed:
                self._tell(said(node_id)._replace(text=f"{unchanged}: {node_id.hex()}"), None)

    def confirm(self, question: str, yes: bool) -> None:
        """Asks whether what cannot be undone is meant, unless that was said. Raises Abort."""
        if yes or self.dry_run:
            return
        if not sys.stdin.isatty():
            raise ConfigError(f"{question} Say --yes: there is no terminal to ask")
        click.confirm(question, abort=True, err=True)

    @property
    def _account_path(self) -> Path:
        assert self.account_path is not None
        return self.account_path

    @property
    def _progress(self) -> str:
        return "rehearsing ..." if self.dry_run else "waiting for the transaction ..."

    @asynccontextmanager
    async def _connected(
        self, account: Any, on_transaction: Callable[[Transaction], None] | None = None
    ) -> AsyncIterator[Connected]:
        on_transaction = on_transaction or self.done.append
        way = self.at.connect(
            account, dry_run=self.dry_run, on_transaction=on_transaction, config=self.config
        )
        async with way as contract:
            if self.replaced_nonce is not None:
                contract.replace(self.replaced_nonce)
            try:
                yield contract
            except Interrupted:  # the user does not want to wait: what was sent stays sent
                for hash_ in contract.unconfirmed:
                    note(f"{hash_} was sent, and may get into a block still")
                raise

    def _bar(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=progress_console,
            transient=True,
            disable=not progress_console.is_terminal,
        )

    def _tell(self, said: Said, transaction: Transaction | None) -> None:
        """Says what was done, and in which transaction, if it took one."""
        hash_ = transaction.hash if transaction else None
        block = transaction.block_number if transaction else None
        emit(self.as_json, {**said.data, "transaction": hash_, "block": block}, said.text)

    def _tell_paid(self) -> None:
        """Says to a person where the transactions are and what they cost."""
        for done in self.done if not self.as_json else ():
            fee = amount_text(done.fee_wei)
            note(f"{done.hash} is in block {done.block_number}: {done.gas:,} gas, {fee} paid")


class Desk(AnyDesk[Registry]):
    """The desk of a registry."""

    at: RegistryAt


def tell_costs(as_json: bool, transactions: Iterable[Transaction]) -> None:
    """Says what transactions would cost."""
    for transaction in transactions:
        count = len(transaction.node_ids)
        data = {
            "dry_run": True,
            "function": transaction.function,
            "servers": count or None,
            "gas": transaction.gas or None,
            "fee_wei": transaction.fee_wei,
            "fee_wei_max": transaction.fee_wei_max,
        }
        what = f"{transaction.function} of {count}" if count else transaction.function
        fee, fee_max = amount_text(transaction.fee_wei), amount_text(transaction.fee_wei_max)
        text = (
            f"{what} would take {transaction.gas:,} gas: a fee of about {fee}, at most {fee_max}, "
            "in the chain's currency; nothing was sent"
        )
        if not transaction.gas:
            text = (
                f"{what} lacks nothing but the approval: what it costs shows when that is in a "
                "block; nothing was sent"
            )
        emit(as_json, {k: v for k, v in data.items() if v is not None}, text)


def reading(at_options: Command, make: Command) -> Callable[[Command], Command]:
    """What adds the options of a read to a command, and hands them over as `desk`."""

    def options(command: Command) -> Command:
        @at_options
        @json_option
        @wraps(command)
        def bundled(at: Any, as_json: bool, **rest: Any) -> Any:
            return command(desk=make(at, as_json), **rest)

        return cast(Command, bundled)

    return options


def transacting(at_options: Command, make: Command) -> Callable[[Command], Command]:
    """What adds the options of a transaction to a command, and hands them over as `desk`."""

    def options(command: Command) -> Command:
        @at_options
        @account_options
        @json_option
        @wraps(command)
        def bundled(
            at: Any,
            account_path: Path,
            password_path: Path | None,
            dry_run: bool,
            replaced_nonce: int | None,
            fee_wei_max: int,
            as_json: bool,
            **rest: Any,
        ) -> Any:
            config = RegistryConfig(fee_wei_max=fee_wei_max)
            desk = make(
                *(at, as_json, account_path, password_path, dry_run, replaced_nonce, config)
            )
            return command(desk=desk, **rest)

        return cast(Command, bundled)

    return options


read_options = reading(registry_options, Desk)
transaction_options = transacting(registry_options, Desk)
