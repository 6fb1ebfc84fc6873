"""The codec of `aggregate3` against eth-abi, and its decoder against anything."""

from contextlib import suppress

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from waypost.errors import RpcError
from waypost.trust.multicall.codec import (
    SELECTOR,
    CallResult,
    ContractCall,
    decode_results,
    encode_calls,
    results_of,
)
from waypost.trust.multicall.foreign import ListingView

ADDRESSES = st.binary(min_size=20, max_size=20)
CALLS = st.lists(st.builds(ContractCall, ADDRESSES, st.binary(max_size=100)), max_size=12)
RESULTS = st.lists(st.tuples(st.booleans(), st.binary(max_size=100)), max_size=12)


def test_the_selector_is_multicall3s() -> None:
    assert SELECTOR.hex() == "82ad56cb"


@given(CALLS)
def test_calls_are_what_eth_abi_encodes(calls: list[ContractCall]) -> None:
    plain = [(f"0x{to.hex()}", True, data) for to, data in calls]
    assert encode_calls(calls) == encode(["(address,bool,bytes)[]"], [plain])


@given(RESULTS)
def test_results_are_read_as_eth_abi_encodes_them(results: list[tuple[bool, bytes]]) -> None:
    answer = encode(["(bool,bytes)[]"], [results])
    assert decode_results(answer, len(results)) == [CallResult(*result) for result in results]
    with pytest.raises(RpcError, match="bad-answer"):
        decode_results(answer, len(results) + 1)
    with pytest.raises(RpcError, match="bad-answer"):
        decode_results(answer + bytes(32), len(results))


@given(RESULTS.filter(bool), st.data())
def test_results_that_were_changed_or_cut_are_refused_or_of_the_same_number(
    results: list[tuple[bool, bytes]], data: st.DataObject
) -> None:
    answer = bytearray(encode(["(bool,bytes)[]"], [results]))
    place = data.draw(st.integers(0, len(answer) - 1))
    answer[place] ^= data.draw(st.integers(1, 255))
    stop = data.draw(st.integers(0, len(answer)))
    with suppress(RpcError):
        assert len(decode_results(bytes(answer), len(results))) == len(results)
    if stop < len(answer):
        with pytest.raises(RpcError, match="bad-answer"):
            decode_results(bytes(answer[:stop]), len(results))


@given(st.binary(max_size=600), st.integers(0, 5))
def test_any_bytes_are_results_or_refused(answer: bytes, count: int) -> None:
    with suppress(RpcError):
        assert len(results_of(f"0x{answer.hex()}", count)) == count


@given(st.binary(min_size=32, max_size=32))
def test_a_question_to_a_foreign_registry_is_what_eth_abi_encodes(node_id: bytes) -> None:
    expected = {
        "bytes32": node_id,
        "bytes": node_id,
        "uint256": int.from_bytes(node_id, "big"),
        "address": f"0x{node_id[12:].hex()}",
    }
    for type_, value in expected.items():
        assert ListingView(f"f({type_})").calldata(node_id)[4:] == encode([type_], [value])
