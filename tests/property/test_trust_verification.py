"""The codec against eth-abi, the judge against the written-out rule, decoders against anything."""

from contextlib import suppress
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import example, given
from hypothesis import strategies as st

from tests.oracle import trust as oracle
from waypost.errors import RpcError
from waypost.trust.exchange import hex_bytes, quantity
from waypost.trust.judge import judge
from waypost.trust.snapshot import SELECTOR, decode_snapshot, encode_snapshot
from waypost.trust.verdict import Block, Outcome
from waypost.trust.words import KindWord, ProviderWord, RegistryWord, ResourceWord, Status

WORDS = st.integers(0, 2**256 - 1)
IDS = st.lists(st.binary(min_size=32, max_size=32), max_size=20)
PROVIDERS = st.lists(st.integers(1, 2**32 - 1), max_size=8)
NOW_S = 1_800_000_000


@given(st.binary(min_size=32, max_size=32), IDS, PROVIDERS)
def test_a_question_is_what_eth_abi_encodes(
    kind: bytes, node_ids: list[bytes], providers: list[int]
) -> None:
    expected = encode(["bytes32", "bytes32[]", "uint32[]"], [kind, node_ids, providers])
    assert encode_snapshot(kind, node_ids, providers) == SELECTOR + expected
    assert oracle.abi_encode([kind, list(node_ids), list(providers)]) == expected


SNAPSHOT = ["uint256", "uint256", "uint256", "uint256[]", "uint256[]"]


@given(WORDS, WORDS, WORDS, st.lists(WORDS, max_size=20), st.lists(WORDS, max_size=8))
def test_an_answer_is_read_as_eth_abi_encodes_it(
    context: int, registry: int, kind: int, resources: list[int], providers: list[int]
) -> None:
    data = encode(SNAPSHOT, [context, registry, kind, resources, providers])
    snapshot = decode_snapshot(data, len(resources), len(providers))
    assert snapshot.block_number == context >> 64
    assert snapshot.timestamp == context % 2**64
    assert snapshot[2:] == (registry, kind, tuple(resources), tuple(providers))


@given(st.integers(0, 6), st.integers(0, 6), st.data())
def test_an_answer_of_any_other_shape_is_refused(
    resources: int, providers: int, data: st.DataObject
) -> None:
    answer = bytearray(encode(SNAPSHOT, [1, 2, 3, [0] * resources, [0] * providers]))
    shape = [3, 4, 5, 6 + resources]  # the words that hold the offsets and the counts
    place = data.draw(st.sampled_from(shape)) * 32
    old = int.from_bytes(answer[place : place + 32], "big")
    new = data.draw(WORDS.filter(lambda word: word != old))
    answer[place : place + 32] = new.to_bytes(32, "big")
    with pytest.raises(RpcError, match="bad-answer"):
        decode_snapshot(bytes(answer), resources, providers)


@given(st.binary(max_size=600), st.integers(0, 5), st.integers(0, 5))
def test_any_bytes_are_a_snapshot_or_refused(data: bytes, resources: int, providers: int) -> None:
    with suppress(RpcError):
        snapshot = decode_snapshot(data, resources, providers)
        assert (len(snapshot.resources), len(snapshot.providers)) == (resources, providers)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON | st.text("0123456789abcdefABCDEFx_ -", max_size=80).map("0x".__add__))
@example("0x")
@example("0x" + "f" * 65)
def test_any_json_is_a_value_or_refused(answer: Any) -> None:
    with suppress(RpcError):
        assert hex(quantity(answer)) == "0x" + (answer[2:].lower().lstrip("0") or "0")
    with suppress(RpcError):
        assert "0x" + hex_bytes(answer).hex() == answer.lower()


@pytest.mark.parametrize(
    ("layout", "fields"),
    [
        (ResourceWord, oracle.RESOURCE),
        (ProviderWord, oracle.PROVIDER),
        (RegistryWord, oracle.REGISTRY),
        (KindWord, oracle.KIND),
    ],
)
@given(word=WORDS)
def test_words_are_unpacked_as_written_out(layout: Any, fields: dict[str, int], word: int) -> None:
    unpacked = layout.unpack(word)
    assert unpacked._asdict() == oracle.fields(word, fields)
    assert unpacked.pack() == oracle.word(unpacked._asdict(), fields)
    assert layout.unpack(unpacked.pack()) == unpacked


TIMES = st.sampled_from([0, 1, NOW_S - 1, NOW_S, NOW_S + 1, 2**40 - 1])
EPOCHS = st.integers(0, 2)
RESOURCES = st.builds(
    ResourceWord,
    provider_id=st.integers(0, 3),
    epoch=EPOCHS,
    status=st.sampled_from([status for status in Status if status != Status.CHALLENGED]),
    flags=st.integers(0, 2**24 - 1),
    expires_at=TIMES,
    registered_at=TIMES,
    nonce=st.integers(0, 2**48 - 1),
    list_index=st.integers(0, 2**32 - 1),
)
PROVIDER_WORDS = st.builds(
    ProviderWord,
    owner=st.integers(0, 2**160 - 1),
    status=st.sampled_from(Status),
    epoch=EPOCHS,
    valid_until=TIMES,
    flags=st.just(0),
)


@given(
    RESOURCES,
    st.dictionaries(st.integers(1, 3), PROVIDER_WORDS),
    st.sets(st.integers(1, 3)),
    st.sampled_from([RegistryWord(1), RegistryWord(1), RegistryWord(1, halted=1)]),
)
def test_trusted_means_what_the_contract_means(
    resource: ResourceWord,
    providers: dict[int, ProviderWord],
    trusted: set[int],
    registry: RegistryWord,
) -> None:
    words = {id_: providers.get(id_, ProviderWord()) for id_ in trusted}
    verdict = judge(bytes(32), resource.pack(), Block(1, bytes(32), NOW_S), registry, words)
    packed = {id_: word.pack() for id_, word in providers.items()}
    assert verdict.trusted == oracle.is_trusted(
        resource.pack(), packed, registry.pack(), NOW_S, trusted
    )
    assert verdict.outcome is not Outcome.UNKNOWN
