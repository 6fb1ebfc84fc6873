"""Facts at the head, from a shelf where the chain shows that it still holds: which requests are
made, and what becomes of a shelf that does not hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.exchanges import run
from tests.oracle import trust as oracle
from tests.storage_node import ADDRESS, KIND, PROVIDER, SERVER, StorageNode
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Batch, Call
from waypost.trust.kind import kind_word
from waypost.trust.reading.cache import Cache, Shelf
from waypost.trust.reading.known import read_known
from waypost.trust.reading.packed import PackedWords
from waypost.trust.reading.shelved import Known
from waypost.trust.verdict import Block
from waypost.trust.words import KindWord, ResourceWord, Status

IDS = [bytes([number]) * 32 for number in range(1, 31)]
WORD = SERVER.to_bytes(32, "big")
NOTHING = bytes(32)
CONFIG = RegistryConfig(chunk_count_max=20)


class Chain(StorageNode):
    """A node whose head can move, and whose chain can lose blocks."""

    def __init__(self, *lacks: str) -> None:
        super().__init__(*lacks)
        self.provide(1)
        self.blocks: list[Block] = []
        self.skew = 0  # of the block number that the EVM sees
        self.branch = 0  # that new blocks are of: their hashes tell it
        self.mine()

    @property
    def head(self) -> Block:
        return self.blocks[-1]

    def mine(self) -> None:
        number = len(self.blocks)
        hash_ = bytes([number, self.branch]) * 16
        self.blocks.append(Block(number, hash_, 1_800_000_000 + 12 * number + self.branch % 2))

    def change(self, *node_ids: bytes, word: int = SERVER) -> None:
        """One change of the kind, in a new block."""
        self.enlist(*node_ids, word=word)
        version = self.version + 1
        self.mine()
        self.version_kind(KindWord(version, self.head.number).pack())

    @property
    def version(self) -> int:
        return KindWord.unpack(self.kind_word).version

    kind_word = 0

    def version_kind(self, word: int) -> None:
        self.kind_word = word
        super().version_kind(word)

    def eth_getBlockByNumber(self, tag: str, full: bool) -> Any:
        number = self.head.number if tag == "latest" else int(tag, 16)
        if number >= len(self.blocks):
            return None
        number, hash_, timestamp = self.blocks[number]
        return {"number": hex(number), "hash": f"0x{hash_.hex()}", "timestamp": hex(timestamp)}

    def eth_getStorageValues(self, slots: dict[str, list[str]], where: Any) -> Any:
        self.at_head(where)
        ((account, texts),) = slots.items()
        return {account: [f"0x{self._word(text):064x}" for text in texts]}

    def eth_getStorageAt(self, address: str, slot: str, where: Any) -> str:
        self.at_head(where)
        return f"0x{self._word(slot):064x}"

    def eth_call(self, message: dict[str, str], where: Any) -> str:
        self.at_head(where)
        data = bytes.fromhex(message["data"][2:])
        kind, *words = (data[at : at + 32] for at in range(4, len(data), 32))
        count = int.from_bytes(words[2], "big")
        answer = oracle.abi_encode(
            [
                (self.head.number + self.skew) << 64 | self.head.timestamp,
                *self.words_of(kind, words[3 : 3 + count], words[4 + count :]),
            ]
        )
        return f"0x{answer.hex()}"

    def at_head(self, where: Any) -> None:
        wanted = {"blockHash": f"0x{self.head.hash.hex()}", "requireCanonical": True}
        if where not in ("latest", wanted):
            raise RpcError("rpc-error", "header not found", code=-32000)


@dataclass
class Reader:
    """Reads from a chain, and the requests that went out."""

    chain: Chain = field(default_factory=Chain)
    config: RegistryConfig = CONFIG
    batches: bool = True
    now: float = 0.0
    requests: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.endpoint = Endpoint(ADDRESS)
        self.shelf = Shelf(self.config)

    def __call__(self, node_ids: Sequence[bytes]) -> Known:
        self.requests = []
        exchange = read_known(
            self.endpoint,
            self.shelf,
            kind_word(KIND),
            node_ids,
            lambda: [1],
            self.config,
            self.now,
        )
        return run(self.noting(exchange), self.chain.answer, batches=self.batches)

    def noting(self, exchange: Any) -> Any:
        try:
            sent = next(exchange)
            while True:
                for one in sent:
                    calls: Sequence[Call] = one.calls if isinstance(one, Batch) else [one]
                    self.requests.append([call.method for call in calls])
                sent = exchange.send((yield sent))
        except StopIteration as stop:
            return stop.value


AT_ONCE = ["eth_getBlockByNumber", "eth_getBlockByNumber", "eth_call"]


@pytest.fixture
def reader() -> Reader:
    """One that has read half of the servers, of which the first ten are listed."""
    reader = Reader()
    reader.chain.change(*IDS[:10])
    known = reader(IDS[:15])
    assert known.words == dict.fromkeys(IDS[:10], WORD) | dict.fromkeys(IDS[10:15], NOTHING)
    return reader


def test_what_has_not_changed_is_shown_to_hold_in_one_request(reader: Reader) -> None:
    reader.chain.mine()
    known = reader(IDS[:15])
    assert reader.requests == [AT_ONCE]
    assert (known.block, known.kept_count) == (reader.chain.head, 15)
    assert known.words == dict.fromkeys(IDS[:10], WORD) | dict.fromkeys(IDS[10:15], NOTHING)
    assert known.providers == {1: PROVIDER}


def test_what_is_missing_comes_along(reader: Reader) -> None:
    reader.chain.mine()
    known = reader(IDS[5:25])
    assert reader.requests == [AT_ONCE]
    assert (len(known.words), known.kept_count) == (20, 10)
    assert reader(IDS[:25]).kept_count == 25


def test_more_than_one_request_can_carry_is_read_in_chunks_at_one_block(reader: Reader) -> None:
    reader.config = RegistryConfig(chunk_count_max=5)
    reader.endpoint = Endpoint(ADDRESS)
    known = reader(IDS)
    assert known.kept_count == 15
    assert [calls for calls in reader.requests if "eth_call" in calls] == []
    assert set(known.words) == set(IDS)


def test_a_change_of_the_kind_has_every_word_read_again(reader: Reader) -> None:
    removed = ResourceWord(status=Status.REMOVED, nonce=1).pack()
    reader.chain.change(IDS[0], word=removed)
    known = reader(IDS[:15])
    assert reader.requests[0] == AT_ONCE
    assert known.words[IDS[0]] == removed.to_bytes(32, "big")
    assert (known.kept_count, known.block) == (0, reader.chain.head)
    assert reader(IDS[:15]).kept_count == 15


def test_equal_kind_words_on_another_branch_show_nothing(reader: Reader) -> None:
    """Both branches have one change in the same block, but not the same one."""
    chain = reader.chain
    chain.storage.clear()
    fresh = Chain()
    chain.storage.update(fresh.storage)
    del chain.blocks[1:]
    chain.branch = 1
    chain.mine()
    chain.enlist(IDS[20])
    chain.version_kind(chain.kind_word)
    chain.mine()
    known = reader(IDS)
    assert known.kept_count == 0
    assert known.words == dict.fromkeys(IDS, NOTHING) | {IDS[20]: WORD}


def test_a_sibling_of_the_anchor_shows_nothing(reader: Reader) -> None:
    reader.chain.blocks.pop()
    reader.chain.branch = 1
    reader.chain.mine()
    reader.chain.enlist(IDS[0], word=0)
    assert reader(IDS[:1]).words == {IDS[0]: NOTHING}


def test_an_older_head_shows_nothing(reader: Reader) -> None:
    reader.chain.mine()
    reader(IDS[:1])
    reader.chain.blocks.pop()
    reader.chain.enlist(IDS[0], word=0)
    assert reader(IDS[:1]).words == {IDS[0]: NOTHING}


def test_a_head_that_moves_within_the_batch_is_pinned(reader: Reader) -> None:
    chain, answer = reader.chain, reader.chain.answer

    def moving(call: Call) -> Any:
        if call.method == "eth_call" and call.params[1] == "latest":
            chain.change(IDS[0], word=0)
        return answer(call)

    chain.answer = moving  # type: ignore[method-assign]
    known = reader(IDS[:15])
    assert known.words[IDS[0]] == NOTHING
    assert known.block == chain.head


def test_a_rollup_whose_evm_sees_another_number_is_always_pinned(reader: Reader) -> None:
    reader.chain.skew = 1000
    for _ in range(2):
        reader.chain.mine()
        known = reader(IDS[:15])
        assert (known.kept_count, known.block) == (15, reader.chain.head)
    assert AT_ONCE not in reader.requests


def test_a_node_without_batches_takes_two_steps() -> None:
    reader = Reader(batches=False)
    reader.chain.change(*IDS[:10])
    for count in (0, 15, 15):
        known = reader(IDS[:15])
        assert known.kept_count == count
    assert reader.requests == [
        ["eth_getBlockByNumber"],
        ["eth_getBlockByNumber"],
        ["eth_getStorageValues"],
    ]


@pytest.mark.parametrize("batches", [True, False])
def test_what_cannot_be_shown_to_hold_is_not_known(reader: Reader, batches: bool) -> None:
    reader.batches = batches
    for way in ("eth_getStorageValues", "eth_getStorageAt", "eth_call"):
        reader.chain.lacks.add(way)
    known = reader(IDS[:15])
    assert not known.words
    assert set(known.failures) == set(IDS[:15])
    assert {error.reason for error in known.failures.values()} == {"rpc-error"}
    assert reader(IDS[:15]).words == {}


def test_a_node_that_is_down_makes_the_shelf_useless_but_not_empty(reader: Reader) -> None:
    answer = reader.chain.answer

    def down(_call: Call) -> Any:
        raise RpcError("unreachable", "down")

    reader.chain.answer = down  # type: ignore[method-assign]
    with pytest.raises(RpcError):
        reader(IDS[:15])
    reader.chain.answer = answer  # type: ignore[method-assign]
    assert reader(IDS[:15]).kept_count == 15


def test_a_head_that_is_too_old_is_refused(reader: Reader) -> None:
    reader.endpoint.number_min = reader.chain.head.number + 1
    with pytest.raises(RpcError, match="behind"):
        reader(IDS[:1])
    reader.endpoint.number_min = 0
    reader.endpoint.timestamp_min = reader.chain.head.timestamp + 1
    with pytest.raises(RpcError, match="stale: its head is 1 s too old"):
        reader(IDS[:1])


def test_an_unlisted_server_is_known_for_a_shorter_time() -> None:
    config = RegistryConfig(cache_lifetime_s=100.0, cache_lifetime_unlisted_s=10.0)
    reader = Reader(config=config)
    reader.chain.change(*IDS[:10])
    reader(IDS[:15])
    for now, count in ((9.0, 15), (10.0, 10), (11.0, 15), (100.0, 0)):
        reader.now = now
        assert reader(IDS[:15]).kept_count == count, now


def test_a_shelf_is_bounded_and_its_least_used_servers_go_first() -> None:
    reader = Reader(config=RegistryConfig(cache_count_max=4))
    reader.chain.change(*IDS[:10])
    reader(IDS[:4])
    reader(IDS[:2])
    reader(IDS[4:6])
    assert len(reader.shelf) == 4
    assert reader(IDS[:2]).kept_count == 2
    reader(IDS[10:30])
    assert len(reader.shelf) == 8  # those that are listed keep their places
    assert reader(IDS[:2]).kept_count == 2


def test_a_server_that_was_unlisted_is_kept_once() -> None:
    reader = Reader()
    reader(IDS[:1])
    reader.chain.change(IDS[0])
    reader(IDS[:1])
    assert len(reader.shelf) == 1
    shelf = reader.shelf
    shelf.keep(reader.chain.head, 0, PackedWords(IDS[:1], NOTHING), 0.0)
    assert (len(shelf), shelf.words_of(IDS[:1], 0.0)) == (1, {IDS[0]: NOTHING})


def test_shelves_are_bounded_and_the_least_used_kind_goes_first() -> None:
    cache = Cache(RegistryConfig(cache_kind_count_max=2))
    first, second = cache.shelf(b"1"), cache.shelf(b"2")
    for shelf in (first, second):
        shelf.keep(Block(1, bytes(32), 1), 0, PackedWords(IDS[:1], WORD), 0.0)
    assert cache.shelf(b"1") is first
    cache.shelf(b"3")
    assert cache.shelf(b"1") is first
    assert len(cache) == 1
    assert cache.shelf(b"2") is not second
