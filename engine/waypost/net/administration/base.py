"""What every transaction of a registry has in common: an account that signs, and an outcome."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from waypost.config import RegistryConfig
from waypost.errors import ConfigError
from waypost.net.rpc import Rpc, drive
from waypost.trust.abi import registry_abi
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange, T

if TYPE_CHECKING:
    from waypost.net.transactions import Sender


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
    gas: int  # used; in a dry run, needed
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
    """The transactions and reads of one registry: the ground for those that follow."""

    def __init__(
        self,
        rpc: Rpc,
        endpoint: Endpoint,
        sender: "Sender | None",
        config: RegistryConfig,
        *,
        dry_run: bool = False,
        on_transaction: OnTransaction | None = None,
    ) -> None:
        self._rpc = rpc
        self._endpoint = endpoint
        self._sender = sender
        self._config = config
        self._dry_run = dry_run
        self._on_transaction = on_transaction

    @property
    def address(self) -> bytes:
        """The registry's address, 20 bytes."""
        return self._endpoint.address

    def _needed(self, function: str) -> "Sender":
        """What sends a transaction. Raises ConfigError where there is no account."""
        if self._sender is None:
            raise ConfigError(f"{function} is a transaction: give the registry an account")
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
        data = registry_abi().calldata(function, *args)
        if self._dry_run:
            done = await sender.rehearse(function, self.address, data, node_ids)
        else:
            done = await sender.send(function, self.address, data, node_ids, settled_nonce)
        if self._on_transaction is not None:
            self._on_transaction(done.transaction)
        return done

    async def _read(self, exchange: Exchange[T]) -> T:
        """Runs a read. Raises RpcError."""
        return await drive(self._rpc, exchange, self._config.verify_timeout_s)
