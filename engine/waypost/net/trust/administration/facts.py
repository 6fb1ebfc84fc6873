"""Everything that the registry can be asked beside verdicts and listings."""

from collections.abc import Iterable
from typing import Any

from waypost.net.trust.administration.base import Acts
from waypost.trust.address import parse_address
from waypost.trust.administration.facts import (
    Overview,
    read_function,
    read_kind,
    read_overview,
    read_provider,
)
from waypost.trust.administration.history import metadata_uri_of, role_holders
from waypost.trust.administration.listings import Provider
from waypost.trust.administration.roles import Holder, role_word
from waypost.trust.kind import kind_word
from waypost.trust.words import KindWord


class Facts(Acts):
    """Reads of single facts, each from the head block. All raise RpcError."""

    async def overview(self) -> Overview:
        """The registry as a whole: its state, its successor, its admin."""
        return await self._read(lambda endpoint: read_overview(endpoint))

    async def now_s(self) -> int:
        """The chain's clock: the timestamp of its head block, in seconds since 1970."""
        return (await self._read(lambda endpoint: endpoint.pin())).timestamp

    async def provider(self, provider_id: int) -> Provider:
        """One provider; its status is NONE where there is none with this id."""
        return await self._read(lambda endpoint: read_provider(endpoint, provider_id))

    async def provider_metadata_uri(self, provider_id: int) -> str:
        """Where the provider says that it is described: from the log, so it may take a while."""
        return await self._read(
            lambda endpoint: metadata_uri_of(endpoint, provider_id, self._config)
        )

    async def is_operator(self, provider_id: int, account: str | bytes) -> bool:
        """Whether an account may list servers for a provider beside its owner."""
        return bool(await self.read("isOperator", provider_id, parse_address(account)))

    async def kind(self, kind: str) -> KindWord:
        """How often listings of a kind were changed, and the limits of their lifetimes."""
        return await self._read(lambda endpoint: read_kind(endpoint, kind))

    async def server_count(self, kind: str) -> int:
        """How many servers of a kind are listed, trusted or not."""
        return int(await self.read("resourceCount", kind_word(kind)))

    async def is_trusted(self, kind: str, node_id: bytes, provider_ids: Iterable[int]) -> bool:
        """The contract's own answer. `verify` tells also why, and from which block."""
        ids = list(provider_ids)
        return bool(await self.read("isTrusted", kind_word(kind), node_id, ids))

    async def role_holders(self) -> list[Holder]:
        """Who holds which role now. Takes the registry's log, so it may take a while."""
        return await self._read(lambda endpoint: role_holders(endpoint, self._config))

    async def has_role(self, role: str, account: str | bytes) -> bool:
        """Whether an account holds a role (`admin`, `curator` or `guardian`)."""
        return bool(await self.read("hasRole", role_word(role), parse_address(account)))

    async def read(self, function: str, *args: Any) -> Any:
        """The result of any read of the contract: one value, or a tuple where there are several.

        Raises ConfigError for arguments that do not fit.
        """
        values = await self._read(lambda endpoint: read_function(endpoint, function, *args))
        return values[0] if len(values) == 1 else values
