"""Bytes as the text of JSON-RPC, against Python's own ways, in groups and in what is left over."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from waypost._ext.hex import hex_bytes, hex_text
from waypost.errors import RpcError

DIGITS = "0123456789abcdefABCDEF"
SIZES_B = [0, 1, 31, 32, 33, 100]  # groups have 32


@given(st.binary(max_size=100))
def test_bytes_are_written_and_read_again(data: bytes) -> None:
    text = hex_text(data)
    assert text == f"0x{data.hex()}"
    assert hex_bytes(text) == data
    assert hex_bytes(f"0x{data.hex().upper()}") == data


@given(st.text(max_size=8) | st.text(DIGITS, max_size=100).map("0x".__add__))
@example("0X00")
@example("x")
@example("0x0\ud800")
def test_text_is_bytes_or_refused(text: str) -> None:
    if re.fullmatch("0x([0-9a-fA-F]{2})*", text):
        assert hex_bytes(text) == bytes.fromhex(text[2:])
    else:
        with pytest.raises(RpcError, match="bad-answer"):
            hex_bytes(text)


@pytest.mark.parametrize("size_b", SIZES_B)
def test_every_other_character_is_refused_wherever_it_is(size_b: int) -> None:
    for place in range(2 * size_b):
        for char in map(chr, range(0x101)):
            text = f"0x{'a5' * size_b}"
            text = text[: 2 + place] + char + text[3 + place :]
            try:
                hex_bytes(text)
            except RpcError:
                assert char not in DIGITS, text
            else:
                assert char in DIGITS, text


def test_an_error_in_the_place_of_bytes_is_raised() -> None:
    error = RpcError("timeout")
    with pytest.raises(RpcError) as caught:
        hex_bytes(error)
    assert caught.value is error
