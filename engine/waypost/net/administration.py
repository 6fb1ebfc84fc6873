"""What providers, curators and guardians do with the registry: one transaction, or a few, each.

Who may do what is the contract's to decide: a call that is not allowed raises RegistryError with
its reason.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RegistryError
from waypost.net.rpc import Rpc, drive
from waypost.trust.abi import registry_abi
from waypost.trust.binding import Binding, Consent
from waypost.trust.endpoint import Endpoint
from waypost.trust.kind import kind_word
from waypost.trust.reads import read_consent
from waypost.trust.words import Status

CONSENT_LIFETIME_S = 24 * 3600

T = TypeVar("T")

if TYPE_CHECKING:
    from web3.types import TxReceipt

    from waypost.net.transactions import Sender


class Signer(Protocol):
    """Who signs: a `SecretKey`, a `PrivateKey`, or whatever else holds a key."""

    @property
    def address(self) -> bytes:
        """The Ethereum address, 20 bytes."""

    def sign_recoverable(self, hash: bytes, /) -> bytes:
        """r || s || v, 65 bytes with v 0 or 1, over a hash of 32 bytes."""


class Administration:
    """The transactions of the registry. Every method but `consent` needs an account."""

    def __init__(
        self, rpc: Rpc, endpoint: Endpoint, sender: "Sender | None", config: RegistryConfig
    ) -> None:
        self._rpc = rpc
        self._endpoint = endpoint
        self._sender = sender
        self._config = config

    @property
    def address(self) -> bytes:
        """The registry's address, 20 bytes."""
        return self._endpoint.address

    # -------------------------------------------------------------------------------- providers

    async def register_provider(
        self, metadata_uri: str = "", metadata_hash: bytes = bytes(32)
    ) -> int:
        """Registers a provider that the account owns. Returns its id. It waits for a curator."""
        sender, receipt = await self._transact("registerProvider", metadata_hash, metadata_uri)
        for fields in sender.events("ProviderRegistered", receipt, self.address):
            return int(fields["id"])
        raise RegistryError("registerProvider: the receipt does not tell the new provider's id")

    async def bump_epoch(self, provider_id: int) -> None:
        """Drops every server that the provider has listed."""
        await self._transact("bumpEpoch", provider_id)

    async def heartbeat(self, provider_id: int, valid_until: int) -> None:
        """Lets the provider and all its servers lapse then (seconds since 1970; 0 for never)."""
        await self._transact("heartbeat", provider_id, valid_until)

    async def retire_provider(self, provider_id: int) -> None:
        """Ends a provider for ever."""
        await self._transact("retireProvider", provider_id)

    # --------------------------------------------------------------------------------- curation

    async def activate_provider(self, provider_id: int, reason: str = "") -> None:
        """Curator: vouches for a provider. `reason` is at most 32 ASCII characters."""
        await self.set_provider_status(provider_id, Status.ACTIVE, reason)

    async def set_provider_status(
        self, provider_id: int, status: Status, reason: str = ""
    ) -> None:
        """Curator: makes a provider pending, active, suspended or challenged."""
        await self._transact("setProviderStatus", provider_id, status, _reason_word(reason))

    async def suspend_provider(self, provider_id: int, reason: str = "") -> None:
        """Guardian: suspends a provider. Only the curator restores it."""
        await self._transact("suspendProvider", provider_id, _reason_word(reason))

    async def set_halted(self, halted: bool) -> None:
        """Guardian: nothing in the registry is trusted, until the admin clears it."""
        await self._transact("setHalted", halted)

    # ---------------------------------------------------------------------------------- servers

    async def consent(
        self,
        kind: str,
        node_id: bytes,
        provider_id: int,
        *,
        flags: int = 0,
        lifetime_s: int = CONSENT_LIFETIME_S,
    ) -> Consent:
        """What the key of a server has to sign so that the provider may list it.

        `consent.signed_by(key)` makes a binding of it, wherever the key is, to be handed in before
        the lifetime is over. Raises RpcError.
        """
        exchange = read_consent(self._endpoint, kind, node_id, provider_id, flags, lifetime_s)
        return await drive(self._rpc, exchange, self._config.verify_timeout_s)

    async def add_servers(self, provider_id: int, bindings: Iterable[Binding]) -> None:
        """Lists servers, in as many transactions as it takes, each of them whole or not at all."""
        for batch in _batches(list(bindings), self._config.batch_count_max):
            await self._transact("addResources", provider_id, batch)

    async def remove_servers(self, kind: str, node_ids: Iterable[bytes]) -> None:
        """Takes servers off the list, in as many transactions as it takes."""
        for batch in _batches(list(node_ids), self._config.batch_count_max):
            await self._transact("removeResources", kind_word(kind), batch)

    async def renew_servers(self, kind: str, node_ids: Iterable[bytes], expires_at: int) -> None:
        """Sets when listings expire (seconds since 1970; 0 for never)."""
        for batch in _batches(list(node_ids), self._config.batch_count_max):
            await self._transact("renew", kind_word(kind), batch, expires_at)

    async def _transact(self, function: str, *args: Any) -> "tuple[Sender, TxReceipt]":
        """Calls a function in a transaction. Returns its receipt, and who sent it."""
        if self._sender is None:
            raise ConfigError(f"{function} is a transaction: give the registry an account")
        data = registry_abi().calldata(function, *args)
        return self._sender, await self._sender.send(function, self.address, data)


def sender_for(
    rpc: Rpc, account: Signer, chain_id: int | None, config: RegistryConfig
) -> "Sender":
    """What sends an account's transactions."""
    from waypost.net.transactions import Sender  # noqa: PLC0415 - half a second for web3

    return Sender(rpc, account, chain_id, config)


def _batches(entries: list[T], count_max: int) -> Iterator[list[T]]:
    for at in range(0, len(entries), count_max):
        yield entries[at : at + count_max]


def _reason_word(reason: str) -> bytes:
    if len(reason) > 32 or not reason.isascii():
        raise ConfigError(f"a reason is at most 32 ASCII characters: {reason!r} is not")
    return reason.encode("ascii").ljust(32, b"\0")
