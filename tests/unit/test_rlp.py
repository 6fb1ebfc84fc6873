import pytest
import rlp

from waypost._ext.rlp import decode_strings, encode, encode_list, raw_items
from waypost.errors import ConfigError


@pytest.mark.parametrize("size", [0, 1, 2, 55, 56, 255, 256, 65535, 65536])
def test_every_size_of_header(size):
    data = b"\x80" * size
    assert encode(data) == rlp.encode(data)
    assert encode_list(b"\x01" * size) == rlp.encode([1] * size)


@pytest.mark.parametrize(
    "value",
    [0, 1, 127, 128, 255, 256, 2**64, b"\x00", b"\x7f", b"\x80", [], [[], [b"", [3]]], (1, 2)],
)
def test_numbers_bytes_and_lists(value):
    assert encode(value) == rlp.encode(value)


@pytest.mark.parametrize("value", [-1, "text", None, 1.0, [None], bytes(2**24)])
def test_refuses_what_has_no_rlp(value):
    with pytest.raises(ConfigError):
        encode(value)


@pytest.mark.parametrize("strings", [[], [b""], [b"\x00", b"\x7f", b"\x80"], [b"1" * 60] * 5])
def test_strings_of_a_list(strings):
    assert decode_strings(rlp.encode(strings)) == strings


@pytest.mark.parametrize(
    "text", ["", "80", "01", "c100c0", "c0c0", "c1c0", "c28100", "c281", "f800"]
)
def test_refuses_what_is_no_list_of_strings(text):
    assert decode_strings(bytes.fromhex(text)) is None


@pytest.mark.parametrize("value", [[], [b""], [b"\x00", [b"\x80", []], b"1" * 60, [b"2"] * 60]])
def test_items_of_a_list_as_they_are(value):
    assert raw_items(rlp.encode(value)) == [rlp.encode(each) for each in value]


@pytest.mark.parametrize("text", ["", "80", "01", "c0c0", "c28100", "c281", "f800", "c2c2c0"])
def test_refuses_what_is_no_list(text):
    assert raw_items(bytes.fromhex(text)) is None


def test_the_inside_of_an_item_is_not_looked_at():
    assert raw_items(bytes.fromhex("c3c28100")) == [bytes.fromhex("c28100")]
