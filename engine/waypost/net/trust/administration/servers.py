"""Servers: listing them with the consent of their keys, and what their provider does with them.

Everything here can be repeated: what is as it should be is left alone, so that after an
interruption the same call does the rest.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from waypost.errors import Overtaken, TooMuchGas
from waypost.net.trust.administration.base import Acts
from waypost.trust.administration.binding import Binding, Consent, Release, SignedRelease
from waypost.trust.administration.facts import (
    Listing,
    ServerKey,
    read_consents,
    read_listings,
    read_releases,
    server_keys,
)
from waypost.trust.kind import kind_word
from waypost.trust.words import Status

CONSENT_LIFETIME_S = 24 * 3600


class _OfServer(Protocol):
    @property
    def kind(self) -> bytes: ...
    @property
    def node_id(self) -> bytes: ...


T = TypeVar("T", bound=_OfServer)


class Servers(Acts):
    """Many servers at once, in as many transactions as their gas takes (EIP-7825), each of them
    whole or not at all.

    Before anything is sent, the account's earlier transactions are waited for and the registry is
    asked what is still to do. The methods return the node ids of the servers that they changed.
    """

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
        (consent,) = await self.consents(
            kind, [node_id], provider_id, flags=flags, lifetime_s=lifetime_s
        )
        return consent

    async def consents(
        self,
        kind: str,
        node_ids: Iterable[bytes],
        provider_id: int,
        *,
        flags: int = 0,
        lifetime_s: int = CONSENT_LIFETIME_S,
    ) -> list[Consent]:
        """The same for many servers, from one block."""
        keys = server_keys(kind, node_ids)
        return await self._read(
            lambda endpoint: read_consents(
                endpoint, keys, provider_id, flags, lifetime_s, self._config
            )
        )

    async def releases(
        self, kind: str, node_ids: Iterable[bytes], *, lifetime_s: int = CONSENT_LIFETIME_S
    ) -> list[Release]:
        """What the keys of listed servers have to sign to leave their provider."""
        keys = server_keys(kind, node_ids)
        return await self._read(
            lambda endpoint: read_releases(endpoint, keys, lifetime_s, self._config)
        )

    async def listings(self, kind: str, node_ids: Iterable[bytes]) -> list[Listing]:
        """What the registry holds on servers, listed or not, in their order, from one block."""
        keys = server_keys(kind, node_ids)
        return await self._read(lambda endpoint: read_listings(endpoint, keys, self._config))

    async def add_servers(self, provider_id: int, bindings: Iterable[Binding]) -> list[bytes]:
        """Lists servers under a provider, except for those that it lists already."""
        return await self._in_batches(
            "addResources",
            bindings,
            lambda listing: not listing.is_of(provider_id),
            lambda batch: (provider_id, batch),
        )

    async def move_servers(self, provider_id: int, bindings: Iterable[Binding]) -> list[bytes]:
        """Takes over listed servers, whose keys signed for this provider. One transaction each."""
        return await self._in_batches(
            "moveResource",
            bindings,
            lambda listing: not listing.is_of(provider_id),
            lambda one: (provider_id, *one),
            count_max=1,
        )

    async def release_servers(self, releases: Iterable[SignedRelease]) -> list[bytes]:
        """Lets servers leave their providers, as their keys signed. One transaction each.

        Any account may send it.
        """
        return await self._in_batches(
            "releaseBySig",
            releases,
            lambda listing: listing.word.status != Status.REMOVED,
            lambda one: tuple(*one),
            count_max=1,
        )

    async def remove_servers(self, kind: str, node_ids: Iterable[bytes]) -> list[bytes]:
        """Takes servers off the list."""
        return await self._change(
            "removeResources",
            kind,
            node_ids,
            lambda listing: listing.word.status != Status.REMOVED,
        )

    async def renew_servers(
        self, kind: str, node_ids: Iterable[bytes], expires_at: int
    ) -> list[bytes]:
        """Sets when listings expire (seconds since 1970; 0 for never)."""
        return await self._change(
            "renew",
            kind,
            node_ids,
            lambda listing: not listing.exists or listing.word.expires_at != expires_at,
            expires_at,
        )

    async def set_server_flags(
        self, kind: str, node_ids: Iterable[bytes], flags: int
    ) -> list[bytes]:
        """Sets the flags of listings: 24 bits whose meaning is the kind's."""
        return await self._change(
            "setResourceFlags",
            kind,
            node_ids,
            lambda listing: not listing.exists or listing.word.flags != flags,
            flags,
        )

    async def _change(
        self,
        function: str,
        kind: str,
        node_ids: Iterable[bytes],
        is_due: Callable[[Listing], bool],
        *args: Any,
    ) -> list[bytes]:
        """What a function does to servers of one kind, given by their node ids alone."""
        return await self._in_batches(
            function,
            server_keys(kind, node_ids),
            is_due,
            lambda batch: (kind_word(kind), [key.node_id for key in batch], *args),
        )

    async def _in_batches(
        self,
        function: str,
        entries: Iterable[T],
        is_due: Callable[[Listing], bool],
        args_of: Callable[[list[T]], tuple[Any, ...]],
        count_max: int | None = None,
    ) -> list[bytes]:
        """Calls a function for those entries whose server is due, each server once.

        The account's nonce is taken before the registry is asked. So a transaction of an earlier
        run, even one that nobody shows us, either is in the answer or has the nonce of ours: then
        the chain takes one of the two, and what is left to do is looked for once more.
        """
        nonce, due = await self._due(function, entries, is_due)
        size, overtaken = count_max or self._config.batch_count_max, False
        done: list[bytes] = []
        while due:
            batch = due[:size]
            node_ids = [entry.node_id for entry in batch]
            try:
                args = args_of(batch)
                await self._transact(function, *args, node_ids=node_ids, settled_nonce=nonce)
            except TooMuchGas:
                if len(batch) == 1:
                    raise
                size = len(batch) // 2
            except Overtaken:
                if overtaken:
                    raise
                overtaken = True
                nonce, due = await self._due(function, due, is_due)
            else:
                done += node_ids
                due = due[size:]
        return done

    async def _due(
        self, function: str, entries: Iterable[T], is_due: Callable[[Listing], bool]
    ) -> tuple[int | None, list[T]]:
        """The account's nonce, then those entries whose server is due, each server once."""
        nonce = None if self._dry_run else await self._needed(function).settle()
        wanted = {ServerKey(entry.kind, entry.node_id): entry for entry in entries}
        listings = await self._read(
            lambda endpoint: read_listings(endpoint, list(wanted), self._config)
        )
        known = zip(wanted.values(), listings, strict=True)
        return nonce, [entry for entry, listing in known if is_due(listing)]
