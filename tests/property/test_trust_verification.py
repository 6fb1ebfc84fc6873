"""The codec against eth-abi, the judge against the written-out rule, decoders against anything."""

from contextlib import suppress
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import example, given
from hypothesis import strategies as st

from tests.oracle import trust as oracle
from waypost._ext.hex import words_of
from waypost.errors import RpcError
from waypost.trust.exchange import hex_bytes, quantity
from waypost.trust.reading.snapshot import SELECTOR, decode_snapshot, encode_snapshot
from waypost.trust.verdict import Block, Outcome, Verdict, judge_words
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
    found, snapshot = decode_snapshot(data, len(resources), len(providers))
    assert found == context
    words = b"".join(word.to_bytes(32, "big") for word in resources)
    assert snapshot == (registry, kind, words, tuple(providers))


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
        _, snapshot = decode_snapshot(data, resources, providers)
        assert len(snapshot.resources) == 32 * resources
        assert len(snapshot.providers) == providers


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


def judged(resources: list[int], registry: int, providers: dict[int, int]) -> list[Verdict]:
    node_ids = [number.to_bytes(32, "big") for number in range(len(resources))]
    words = b"".join(word.to_bytes(32, "big") for word in resources)
    verdicts = judge_words(node_ids, words, Block(1, bytes(32), NOW_S), registry, providers)
    assert [verdict.node_id for verdict in verdicts] == node_ids
    assert [verdict.word for verdict in verdicts] == resources
    return verdicts


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
    words = {id_: providers.get(id_, ProviderWord()).pack() for id_ in trusted}
    (verdict,) = judged([resource.pack()], registry.pack(), words)
    packed = {id_: word.pack() for id_, word in providers.items()}
    assert verdict.trusted == oracle.is_trusted(
        resource.pack(), packed, registry.pack(), NOW_S, trusted
    )
    assert verdict.outcome is not Outcome.UNKNOWN


def edges(width: int, *values: int) -> st.SearchStrategy[int]:
    """A field of so many bits: likely values, its ends, and anything."""
    top = (1 << width) - 1
    return st.sampled_from([*values, 0, 1, 2, top - 1, top]) | st.integers(0, top)


def packed(layout: dict[str, int], **fields: st.SearchStrategy[int]) -> st.SearchStrategy[int]:
    rest = {name: edges(width) for name, width in layout.items() if name not in fields}
    return st.fixed_dictionaries(fields | rest).map(lambda values: oracle.word(values, layout))


STATUS = st.sampled_from([2, 2, 2, 2, *range(7), 255])
NOW = (NOW_S - 1, NOW_S, NOW_S + 1, 0, 0)
ANY_RESOURCE = packed(
    oracle.RESOURCE,
    provider_id=edges(32, 1, 1, 2, 3),
    epoch=edges(32, 5, 5, 5, 5, 5),
    status=STATUS,
    expires_at=edges(40, *NOW),
)
ANY_PROVIDER = packed(
    oracle.PROVIDER, status=STATUS, epoch=edges(32, 5, 5, 5, 5, 5), valid_until=edges(40, *NOW)
)
ANY_REGISTRY = packed(oracle.REGISTRY, halted=st.sampled_from([0, 0, 0, 0, 0, 1, 128, 255]))


@given(
    st.lists(ANY_RESOURCE | WORDS, max_size=12),
    ANY_REGISTRY | WORDS,
    st.dictionaries(edges(32, 1, 2, 3), ANY_PROVIDER | WORDS, max_size=6),
)
def test_any_words_are_judged_as_written_out(
    resources: list[int], registry: int, providers: dict[int, int]
) -> None:
    for verdict, word in zip(judged(resources, registry, providers), resources, strict=True):
        finding = oracle.finding(word, NOW_S, registry, providers)
        if finding == "?":
            assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, None)
            assert verdict.error is not None
            assert verdict.error.reason == "bad-answer"
            assert verdict.provider_id is None
        else:
            outcome = Outcome.UNTRUSTED if finding else Outcome.TRUSTED
            assert (verdict.outcome, verdict.reason, verdict.error) == (
                outcome,
                finding or None,
                None,
            )
            assert verdict.provider_id == (word % 2**32 or None)


@given(st.lists(WORDS), st.data())
def test_words_are_read_from_text(words: list[int], data: st.DataObject) -> None:
    digits = st.sampled_from(["{:x}", "{:X}", "{:064x}", "{:040X}"])
    values = ["0x" + data.draw(digits).format(word) for word in words]
    assert words_of(values) == b"".join(word.to_bytes(32, "big") for word in words)


@given(
    JSON | st.lists(JSON | st.text("0123456789abcdefABCDEFx_ -", max_size=80).map("0x".__add__))
)
@example(["0x"])
@example(["0x" + "0" * 65])
@example(["0x\ud800"])
@example(["0x1", "0x1\u0661"])
def test_any_json_is_words_or_refused(values: Any) -> None:
    try:
        assert isinstance(values, list)
        expected = b"".join(quantity(value).to_bytes(32, "big") for value in values)
    except (AssertionError, RpcError):
        with pytest.raises(RpcError, match="bad-answer"):
            words_of(values)
    else:
        assert words_of(values) == expected


def test_an_error_in_the_place_of_a_word_is_raised() -> None:
    error = RpcError("timeout")
    with pytest.raises(RpcError) as caught:
        words_of(["0x1", error, "0x2"])
    assert caught.value is error
