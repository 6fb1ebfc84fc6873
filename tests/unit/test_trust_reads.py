"""Listings page by page, from nodes that count as they please."""

from collections.abc import Iterator
from typing import Any

import pytest
from eth_abi.abi import encode

from tests.oracle import trust as oracle
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.administration.facts import read_consents, read_listings, server_keys
from waypost.trust.administration.listings import list_providers, list_servers
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange
from waypost.trust.words import ResourceWord, Status

ADDRESS = bytes(range(20))
CONFIG = RegistryConfig(page_count_max=2, listing_count_max=10)
HEADER = {"number": "0x11", "hash": "0x" + "ab" * 32, "timestamp": "0x64"}
KIND = "whisper.mailserver"
PROVIDER = "(uint32,address,address,uint8,uint32,uint40,uint16,bytes32)[]"


def run(exchange: Exchange[Any], answers: Iterator[bytes]) -> Any:
    """Runs an exchange against a node whose reads give these answers, one after the other."""
    simple = {"eth_chainId": "0x1", "eth_getCode": "0x60", "eth_getBlockByNumber": HEADER}
    try:
        calls = next(exchange)
        while True:
            calls = exchange.send(
                [
                    simple[call.method] if call.method in simple else "0x" + next(answers).hex()
                    for call in calls
                ]
            )
    except StopIteration as stop:
        return stop.value


def servers_page(ids: list[int], words: list[int], cursor: int) -> bytes:
    node_ids = [number.to_bytes(32, "big") for number in ids]
    return encode(["bytes32[]", "uint256[]", "uint256"], [node_ids, words, cursor])


def servers(*pages: bytes) -> Any:
    return run(list_servers(Endpoint(ADDRESS), KIND, CONFIG), iter(pages))


def test_pages_are_joined_in_their_order() -> None:
    words = [ResourceWord(provider_id=number).pack() for number in range(3)]
    listed = servers(servers_page([5, 6], words[:2], 2), servers_page([7], words[2:], 0))
    assert [int.from_bytes(server.node_id, "big") for server in listed] == [5, 6, 7]
    assert [server.word.provider_id for server in listed] == [0, 1, 2]


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([servers_page([1, 2], [0], 0)], "not as many words"),
        ([servers_page([1], [0], 2), servers_page([1], [0], 2)], "do not get on"),
        ([servers_page([1], [0], 2), servers_page([1], [0], 1)], "do not get on"),
        ([servers_page([1], [0], number) for number in range(1, 20)], "more than 10 entries"),
        ([servers_page([1], [0], 2**255)], "more than 10 entries"),
        ([b""], "empty-answer"),
        ([b"\x01"], "bad-answer"),
        ([b"\xff" * 96], "bad-answer"),
    ],
)
def test_pages_that_cannot_be_are_refused(pages: list[bytes], words: str) -> None:
    with pytest.raises(RpcError, match=words):
        servers(*pages)


def provider(status: int) -> tuple[Any, ...]:
    return (1, "0x" + "11" * 20, "0x" + "00" * 20, status, 3, 4, 5, b"\x06" * 32)


def providers(*entries: tuple[Any, ...]) -> Any:
    page = encode([PROVIDER, "uint32"], [list(entries), 0])
    return run(list_providers(Endpoint(ADDRESS), CONFIG), iter([page]))


def test_a_provider_is_read_whole() -> None:
    (read,) = providers(provider(2))
    assert read == (1, b"\x11" * 20, bytes(20), Status.ACTIVE, 3, 4, 5, b"\x06" * 32)
    assert read.status is Status.ACTIVE


def test_a_provider_of_a_status_that_is_none_is_refused() -> None:
    with pytest.raises(RpcError, match="no such status"):
        providers(provider(2), provider(6))


def test_a_consent_follows_the_servers_nonce_and_the_clock_of_the_chain() -> None:
    word = ResourceWord(status=Status.REMOVED, nonce=5).pack()
    answers = [oracle.abi_encode([[word]]), oracle.abi_encode([[0]])]
    keys = server_keys(KIND, [b"\x07" * 32])
    exchange = read_consents(Endpoint(ADDRESS), keys, 3, 9, 60, RegistryConfig())
    (consent,) = run(exchange, iter(answers))
    assert (consent.chain_id, consent.registry, consent.kind) == (1, ADDRESS, KIND)
    assert (consent.node_id, consent.provider_id) == (b"\x07" * 32, 3)
    assert (consent.nonce, consent.deadline, consent.flags) == (5, 160, 9)


@pytest.mark.parametrize("answers", [[[]], [[0, 0]], [[0], []], [[0], [0, 0]]])
def test_too_few_or_too_many_words_are_refused(answers: list[list[int]]) -> None:
    exchange = read_listings(Endpoint(ADDRESS), server_keys(KIND, [bytes(32)]), RegistryConfig())
    with pytest.raises(RpcError, match="bad-answer"):
        run(exchange, iter([oracle.abi_encode([words]) for words in answers]))
