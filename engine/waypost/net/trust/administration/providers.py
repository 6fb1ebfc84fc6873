"""Providers: what anyone, and then a provider's owner and operators, may do."""

from waypost.net.trust.administration.base import Acts
from waypost.trust.address import parse_address

_NOBODY = bytes(20)


class Providers(Acts):
    """Registering a provider, and what its owner does. Each method is one transaction."""

    async def register_provider(
        self, metadata_uri: str = "", metadata_hash: bytes = bytes(32)
    ) -> int:
        """Registers a provider that the account owns. Returns its id. It waits for a curator.

        `metadata_hash` is keccak256 of the document behind the URI. In a dry run the id is the one
        that it would get now.
        """
        return await self._transact_for(
            "ProviderRegistered", "id", "registerProvider", metadata_hash, metadata_uri
        )

    async def set_provider_metadata(
        self, provider_id: int, metadata_uri: str, metadata_hash: bytes
    ) -> None:
        """Owner: describes the provider anew; the hash is keccak256 of the document."""
        await self._transact("setProviderMetadata", provider_id, metadata_hash, metadata_uri)

    async def transfer_provider(self, provider_id: int, new_owner: str | bytes) -> None:
        """Owner: offers the provider to an account, which has to accept it."""
        await self._transact("transferProvider", provider_id, parse_address(new_owner))

    async def cancel_provider_transfer(self, provider_id: int) -> None:
        """Owner: takes the offer back."""
        await self._transact("transferProvider", provider_id, _NOBODY)

    async def accept_provider(self, provider_id: int) -> None:
        """Takes over a provider that was offered. Operators of the old owner lose their place."""
        await self._transact("acceptProvider", provider_id)

    async def set_operator(self, provider_id: int, operator: str | bytes, allowed: bool) -> None:
        """Owner: lets an account list, renew and remove servers and send heartbeats, or not."""
        await self._transact("setOperator", provider_id, parse_address(operator), allowed)

    async def heartbeat(self, provider_id: int, valid_until: int) -> None:
        """Lets the provider and all its servers lapse then (seconds since 1970; 0 for never)."""
        await self._transact("heartbeat", provider_id, valid_until)

    async def bump_epoch(self, provider_id: int) -> None:
        """Drops every server that the provider has listed. Also the curator may."""
        await self._transact("bumpEpoch", provider_id)

    async def retire_provider(self, provider_id: int) -> None:
        """Ends a provider for ever and drops its servers."""
        await self._transact("retireProvider", provider_id)
