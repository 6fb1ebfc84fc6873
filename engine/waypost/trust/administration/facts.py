"""Reads of single facts and of listings, without I/O: what administration asks before it acts.

All calls of one read are pinned to one block. For the cold paths: a verification reads words.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.address import parse_address
from waypost.trust.administration.abi import registry_abi
from waypost.trust.administration.binding import Consent, Release
from waypost.trust.administration.contract import Contract, read_at
from waypost.trust.administration.listings import Provider
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange, hex_bytes
from waypost.trust.kind import kind_text, kind_word
from waypost.trust.verdict import Block
from waypost.trust.words import KindWord, ProviderWord, RegistryWord, ResourceWord, Status


class ServerKey(NamedTuple):
    """What a server is listed by."""

    kind: bytes  # its form on chain, 32 bytes
    node_id: bytes


class Listing(NamedTuple):
    """What the registry holds on a server. The word is zero for one that it never saw."""

    word: ResourceWord
    epoch: int  # of its provider now: a listing with another one was dropped

    @property
    def exists(self) -> bool:
        """Whether it is in the list of its kind, dropped or not."""
        return self.word.status == Status.ACTIVE

    def is_of(self, provider_id: int) -> bool:
        """Whether this provider lists it now."""
        return (
            self.exists and self.word.provider_id == provider_id and self.word.epoch == self.epoch
        )


class Overview(NamedTuple):
    """The registry as a whole. Addresses are 20 bytes, zeros for nobody."""

    chain_id: int
    block_number: int  # at which all this holds
    version: int
    halted: bool
    provider_count: int
    deploy_block: int
    successor: bytes
    admin: bytes
    admin_delay_s: int
    pending_admin: bytes
    pending_admin_from: int  # when it may accept, in seconds since 1970
    pending_admin_delay_s: int
    pending_admin_delay_from: int  # when that one holds; 0 for no change


def server_keys(kind: str, node_ids: Iterable[bytes]) -> list[ServerKey]:
    """The keys of servers of one kind. Raises ConfigError."""
    word = kind_word(kind)
    return [ServerKey(word, node_id) for node_id in node_ids]


def read_function(endpoint: Endpoint, function: str, *args: Any) -> Exchange[tuple[Any, ...]]:
    """What a read of the contract returns at the head block. Raises RpcError, ConfigError."""
    block = yield from endpoint.pin()
    (values,) = yield from _calls_at(endpoint, block, [(function, *args)])
    return values


def read_overview(endpoint: Endpoint) -> Exchange[Overview]:
    """The registry as a whole. Raises RpcError."""
    block = yield from endpoint.pin()
    facts, *rest = yield from _calls_at(
        endpoint,
        block,
        [
            ("snapshot", bytes(32), [], []),
            ("successor",),
            ("defaultAdmin",),
            ("defaultAdminDelay",),
            ("pendingDefaultAdmin",),
            ("pendingDefaultAdminDelay",),
        ],
    )
    (successor,), (admin,), (delay_s,), (pending, pending_from), (next_s, next_from) = rest
    word = RegistryWord.unpack(facts[1])
    return Overview(
        endpoint.chain_id,
        block.number,
        word.version,
        bool(word.halted),
        word.provider_count,
        word.deploy_block,
        parse_address(successor),
        parse_address(admin),
        delay_s,
        parse_address(pending),
        pending_from,
        next_s,
        next_from,
    )


def read_provider(endpoint: Endpoint, provider_id: int) -> Exchange[Provider]:
    """One provider; its status is NONE where there is none with this id. Raises RpcError."""
    (fields,) = yield from read_function(endpoint, "provider", provider_id)
    return provider_of(fields)


def provider_of(fields: Sequence[Any]) -> Provider:
    """The provider that the contract returned. Raises RpcError."""
    id_, owner, pending, status, *rest = fields
    try:
        return Provider(id_, hex_bytes(owner), hex_bytes(pending), Status(status), *rest)
    except ValueError as error:
        raise RpcError("bad-answer", f"a provider has no such status: {error}") from None


def read_kind(endpoint: Endpoint, kind: str) -> Exchange[KindWord]:
    """The word of a kind. Raises RpcError."""
    (word,) = yield from read_function(endpoint, "kindWord", kind_word(kind))
    return KindWord.unpack(word)


def read_listings(
    endpoint: Endpoint, keys: Sequence[ServerKey], config: RegistryConfig
) -> Exchange[list[Listing]]:
    """What the registry holds on servers, in their order. Raises RpcError."""
    block = yield from endpoint.pin()
    return (yield from _listings_at(endpoint, block, keys, config))


def read_consents(
    endpoint: Endpoint,
    keys: Sequence[ServerKey],
    provider_id: int,
    flags: int,
    lifetime_s: int,
    config: RegistryConfig,
) -> Exchange[list[Consent]]:
    """What node keys have to sign to be listed, for so many seconds from the head block on."""
    block = yield from endpoint.pin()
    listings = yield from _listings_at(endpoint, block, keys, config)
    return [
        Consent(
            endpoint.chain_id,
            endpoint.address,
            kind_text(key.kind),
            key.node_id,
            provider_id,
            listing.word.nonce,
            block.timestamp + lifetime_s,
            flags,
        )
        for key, listing in zip(keys, listings, strict=True)
    ]


def read_releases(
    endpoint: Endpoint, keys: Sequence[ServerKey], lifetime_s: int, config: RegistryConfig
) -> Exchange[list[Release]]:
    """What node keys have to sign to leave the providers that list them. Raises RpcError."""
    block = yield from endpoint.pin()
    listings = yield from _listings_at(endpoint, block, keys, config)
    return [
        Release(
            endpoint.chain_id,
            endpoint.address,
            kind_text(key.kind),
            key.node_id,
            listing.word.provider_id,
            listing.word.nonce,
            block.timestamp + lifetime_s,
        )
        for key, listing in zip(keys, listings, strict=True)
    ]


def _listings_at(
    endpoint: Endpoint, block: Block, keys: Sequence[ServerKey], config: RegistryConfig
) -> Exchange[list[Listing]]:
    size = config.chunk_count_max
    chunks = [keys[at : at + size] for at in range(0, len(keys), size)]
    answers = yield from _calls_at(
        endpoint,
        block,
        [
            ("resourceWordsMulti", [key.kind for key in chunk], [key.node_id for key in chunk])
            for chunk in chunks
        ],
    )
    words = [ResourceWord.unpack(word) for (chunk,) in answers for word in chunk]
    if len(words) != len(keys):
        raise RpcError("bad-answer", f"{len(words)} words where {len(keys)} were asked for")
    ids = sorted({word.provider_id for word in words})
    ((provider_words,),) = yield from _calls_at(endpoint, block, [("providerWords", ids)])
    if len(provider_words) != len(ids):
        raise RpcError("bad-answer", "not as many words as providers were asked for")
    epochs = {
        id_: ProviderWord.unpack(word).epoch for id_, word in zip(ids, provider_words, strict=True)
    }
    return [Listing(word, epochs[word.provider_id]) for word in words]


def _calls_at(
    endpoint: Endpoint, block: Block, calls: Sequence[tuple[Any, ...]]
) -> Exchange[list[tuple[Any, ...]]]:
    """What functions return at a block, each given with its arguments; all in one round."""
    registry = Contract(endpoint.address, registry_abi())
    return (yield from read_at(block, [registry.read(*call) for call in calls]))
