"""What every transaction has in common: an account that signs, and an outcome."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RegistryError
from waypost.net.trust.sources import Sources
from waypost.trust.administration.abi import Abi, contract_abi
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange, T

if TYPE_CHECKING:
    from waypost.net.trust.transactions import Sender


class Signer(Protocol):
    """Who signs: a `SecretKey`, a `PrivateKey`, or whatever else holds a key."""

    @property
    def address(self) -> bytes:
        """The Ethereum address, 20 bytes."""

    def sign_recoverable(self, hash: bytes, /) -> bytes:
        """r || s || v, 65 bytes with v 0 or 1, over a hash of 32 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A transaction that is in a block or, in a dry run, what it would cost."""

    function: str
    gas: int  # used; in a dry run, needed, or 0 if that shows only after the one before it
    fee_wei: int  # paid; in a dry run, at the prices of the head block
    fee_wei_max: int  # more than this it could not cost
    hash: str | None = None  # 0x and 64 digits; None in a dry run
    block_number: int | None = None  # None in a dry run
    contract: bytes | None = None  # the address of the contract that it created, 20 bytes
    node_ids: tuple[bytes, ...] = ()  # of the servers that it is about


class Done(NamedTuple):
    """What came of a transaction."""

    transaction: Transaction
    receipt: Any  # as web3 has it; None in a dry run
    output: bytes  # what the function would return: known in a dry run only


OnTransaction = Callable[[Transaction], None]


class Acts:
    """The transactions and reads of one contract: the ground for those that follow."""

    _artifact: ClassVar[str] = "ServerRegistry"

    def __init__(
        self,
        sources: Sources,
        sender: "Sender | None",
        config: RegistryConfig,
        *,
        dry_run: bool = False,
        on_transaction: OnTransaction | None = None,
    ) -> None:
        self._sources = sources
        self._rpc = sources.rpc
        self._endpoint = sources.first.endpoint
        self._sender = sender
        self._config = config
        self._dry_run = dry_run
        self._on_transaction = on_transaction

    @property
    def address(self) -> bytes:
        """The contract's address, 20 bytes."""
        return self._endpoint.address

    @property
    def unconfirmed(self) -> list[str]:
        """The hashes of the transactions that were sent and are in no block as far as is known."""
        return list(self._sender.unconfirmed) if self._sender else []

    def replace(self, nonce: int) -> None:
        """Has the next transaction take the place of the account's with this nonce.

        For one that gets into no block since it offers too little. It fails if that one is in a
        block by then; once it is sent, all are sent as usual. Raises ConfigError.
        """
        self._needed("replace").replace(nonce)

    @property
    def _abi(self) -> Abi:
        return contract_abi(self._artifact)

    @property
    def _chain_id(self) -> int:
        """The chain's id. Only after a read."""
        assert self._sources.chain_id is not None
        return self._sources.chain_id

    def _needed(self, function: str) -> "Sender":
        """What sends a transaction. Raises ConfigError where there is no account."""
        if self._sender is None:
            raise ConfigError(f"{function} is a transaction: give an account that signs it")
        return self._sender

    async def _transact(
        self,
        function: str,
        *args: Any,
        node_ids: Sequence[bytes] = (),
        settled_nonce: int | None = None,
    ) -> Done:
        """Calls a function in a transaction, or rehearses it."""
        sender = self._needed(function)
        data = self._abi.calldata(function, *args)
        if self._dry_run:
            done = await sender.rehearse(function, self.address, data, node_ids)
        else:
            done = await sender.send(function, self.address, data, node_ids, settled_nonce)
        if done.transaction.block_number is not None:
            self._sources.wrote(done.transaction.block_number)
        if self._on_transaction is not None:
            self._on_transaction(done.transaction)
        return done

    async def _transact_for(self, event: str, field: str, function: str, *args: Any) -> int:
        """The same for what a function returns: a number that its event tells as this field."""
        return self._told(event, field, await self._transact(function, *args))

    def _told(self, event: str, field: str, done: Done) -> int:
        """The number that a function returned, from its event, or in a dry run from its output."""
        function = done.transaction.function
        if done.receipt is None:
            return int(self._abi.returned(function, done.output)[0])
        sender = self._needed(function)
        for fields in sender.events(self._abi, event, done.receipt, self.address):
            return int(fields[field])
        raise RegistryError(f"{function}: the receipt does not tell the {field}")

    async def _read(self, read: Callable[[Endpoint], Exchange[T]]) -> T:
        """Runs a read at the first endpoint that can be asked. Raises RpcError."""
        return await self._sources.read(read)
