"""The listings of the registry: its providers and servers page by page.

All pages of a listing come from one block.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.administration.abi import registry_abi
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange, hex_bytes
from waypost.trust.kind import kind_word
from waypost.trust.words import ResourceWord, Status


class Provider(NamedTuple):
    """A provider as the registry knows it. Times are in seconds since 1970; 0 means never."""

    id: int
    owner: bytes  # Ethereum addresses, 20 bytes
    pending_owner: bytes  # who was offered the provider; zeros for nobody
    status: Status
    epoch: int
    valid_until: int
    flags: int
    metadata_hash: bytes


class Server(NamedTuple):
    """A listed server, trusted or not."""

    node_id: bytes
    word: ResourceWord


def list_providers(endpoint: Endpoint, config: RegistryConfig) -> Exchange[list[Provider]]:
    """All providers of the registry, in the order of their ids. Raises RpcError."""
    pages = yield from _pages(endpoint, config, "providers")
    try:
        return [
            Provider(id_, hex_bytes(owner), hex_bytes(pending), Status(status), *rest)
            for (page,) in pages
            for id_, owner, pending, status, *rest in page
        ]
    except ValueError as error:
        raise RpcError("bad-answer", f"a provider has no such status: {error}") from None


def list_servers(endpoint: Endpoint, kind: str, config: RegistryConfig) -> Exchange[list[Server]]:
    """All listed servers of a kind, whoever listed them, trusted or not. Raises RpcError."""
    pages = yield from _pages(endpoint, config, "resources", kind_word(kind))
    return [
        Server(node_id, ResourceWord.unpack(word))
        for node_ids, words in pages
        for node_id, word in _pairs(node_ids, words)
    ]


def _pages(
    endpoint: Endpoint, config: RegistryConfig, function: str, *args: Any
) -> Exchange[list[tuple[Any, ...]]]:
    """What a paged read returned, page by page, without the cursors."""
    block = yield from endpoint.pin()
    pages: list[tuple[Any, ...]] = []
    cursor = 0
    while cursor < config.listing_count_max:
        calldata = registry_abi().calldata(function, *args, cursor, config.page_count_max)
        (answer,) = yield [endpoint.call_at(block, calldata)]
        *page, next_cursor = registry_abi().returned(function, hex_bytes(answer))
        pages.append(tuple(page))
        if next_cursor == 0:
            return pages
        if next_cursor <= cursor:
            raise RpcError("bad-answer", f"the pages of {function} do not get on")
        cursor = next_cursor
    raise RpcError("too-large", f"{function} has more than {config.listing_count_max} entries")


def _pairs(node_ids: tuple[bytes, ...], words: tuple[int, ...]) -> Iterator[tuple[bytes, int]]:
    if len(node_ids) != len(words):
        raise RpcError("bad-answer", "a page has not as many words as node ids")
    return zip(node_ids, words, strict=True)
