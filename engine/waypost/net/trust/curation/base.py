"""What the contracts of curation have in common: where they are, and how they are reached."""

from collections.abc import Callable, Sequence
from typing import Any, Self, TypeAlias

from waypost.config import RegistryConfig
from waypost.errors import RegistryError
from waypost.net.rpc import RpcEndpoint
from waypost.net.trust.administration import (
    Acts,
    Done,
    OnTransaction,
    Signer,
    Transaction,
    sender_for,
)
from waypost.net.trust.administration.deployment import deploy
from waypost.net.trust.sources import Sources
from waypost.trust.address import parse_address
from waypost.trust.administration.abi import contract_abi

Source: TypeAlias = RpcEndpoint | Sequence[RpcEndpoint] | Acts


class Reached(Acts):
    """A contract at one address of one chain.

    `source` is an endpoint, as for a `Registry`, or another contract (a Registry, a Curation, ...)
    whose connection is then shared, and its account and ways unless others are given; whoever
    opened a connection closes it.
    """

    def __init__(
        self,
        source: Source,
        address: str | bytes,
        *,
        chain_id: int | None = None,
        account: Signer | None = None,
        config: RegistryConfig | None = None,
        dry_run: bool | None = None,
        on_transaction: OnTransaction | None = None,
    ) -> None:
        sender = None
        if isinstance(source, Acts):
            config = config or source._config
            dry_run = source._dry_run if dry_run is None else dry_run
            on_transaction = on_transaction or source._on_transaction
            sender = source._sender
            sources = source._sources.at(parse_address(address), chain_id)
        else:
            config = config or RegistryConfig()
            sources = Sources(source, parse_address(address), chain_id, config)
        if account is not None:
            sender = sender_for(sources.rpc, account, sources.chain_id, config)
        super().__init__(
            sources,
            sender,
            config,
            dry_run=bool(dry_run),
            on_transaction=on_transaction,
        )

    @classmethod
    async def _deployed(
        cls,
        source: Source,
        account: Signer | None,
        arguments: Callable[[bytes], tuple[Any, ...]],
        salt: str | bytes | None,
        **ways: Any,
    ) -> Self:
        """A new contract; `arguments` are those of its constructor, by the account's address."""
        maker = Reached(source, bytes(20), account=account, **ways)
        try:
            made = contract_abi(cls._artifact).deployment
            address = await deploy(maker, lambda own: made(*arguments(own)), salt)
        finally:
            await maker.close()
        return cls(source, address, account=account, **ways)

    @property
    def account(self) -> bytes:
        """The address of the account, 20 bytes. Raises ConfigError where there is none."""
        return self._needed("this").address

    async def now_s(self) -> int:
        """The chain's clock: the timestamp of its head block, in seconds since 1970."""
        return (await self._read(lambda endpoint: endpoint.pin())).timestamp

    async def _transact_once(self, approved: bool, function: str, *args: Any) -> Done | None:
        """Calls a function that takes tokens last of all.

        In a dry run nothing is approved. Then None is returned if that is all that is missing:
        what it costs shows only when the approval is in a block.
        """
        try:
            return await self._transact(function, *args)
        except RegistryError as error:
            if approved or "allowance" not in str(error).lower():
                raise
        if self._on_transaction is not None:
            self._on_transaction(Transaction(function=function, gas=0, fee_wei=0, fee_wei_max=0))
        return None

    async def _settled(self, function: str) -> None:
        """Waits for what the account sent before, so that the chain can be asked what is left."""
        sender = self._needed(function)
        if not self._dry_run:
            await sender.settle()

    async def close(self) -> None:
        """Lets go of connections of its own. Closing twice is fine."""
        await self._sources.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.close()
