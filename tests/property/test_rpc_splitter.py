"""Messages come whole out of a stream, wherever it is cut."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost.errors import RpcError
from waypost.net.rpc.splitter import Splitter

VALUES = st.recursive(
    st.none() | st.integers() | st.text(alphabet='ab"\\{}[]\n\u00fc\U0001f40e'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
MESSAGES = st.lists(VALUES) | st.dictionaries(st.text(max_size=3), VALUES)
SPACES = st.sampled_from(["", "\n", " \r\n\t"])


def messages_of(splitter: Splitter) -> list[object]:
    return [json.loads(message) for message in iter(splitter.next, None)]


@given(
    st.lists(st.tuples(MESSAGES, SPACES, st.booleans()), max_size=6),
    st.lists(st.integers(0, 400), max_size=20),
)
def test_however_a_stream_is_cut(parts: list[tuple[object, str, bool]], cuts: list[int]) -> None:
    told = [json.dumps(value, ensure_ascii=ascii_) + space for value, space, ascii_ in parts]
    stream = "".join(told).encode()
    splitter, heard = Splitter(1 << 20), []
    edges = [0, *sorted(cuts), len(stream)]
    for start, end in pairwise(edges):
        splitter.feed(stream[start:end])
        heard += messages_of(splitter)
    assert heard == [value for value, _, _ in parts]
    assert splitter.is_between


@given(st.binary(max_size=200), st.integers(1, 50))
def test_whatever_comes_it_ends(stream: bytes, step: int) -> None:
    splitter = Splitter(100)
    try:
        for at in range(0, len(stream), step):
            splitter.feed(stream[at : at + step])
            while (message := splitter.next()) is not None:
                assert message[:1] in (b"{", b"[")
                assert len(message) <= 100
    except RpcError as error:
        assert error.reason in ("not-json", "too-large")  # noqa: PT017 - either may come


def test_a_message_begun_shows() -> None:
    splitter = Splitter(100)
    splitter.feed(b' {"a": "\\')
    assert splitter.next() is None
    assert not splitter.is_between
    splitter.feed(b'"}"}[')
    assert splitter.next() == b'{"a": "\\"}"}'
    assert splitter.next() is None
    assert not splitter.is_between


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"x", "not-json"),
        (b'"text"', "not-json"),
        (b"{}]", "not-json"),
        (b"[" * 101, "too-large"),
        (b'{"' + b"a" * 100, "too-large"),
        (b'{"' + b"a" * 100 + b'"}', "too-large"),
    ],
)
def test_what_is_no_message(stream: bytes, reason: str) -> None:
    splitter = Splitter(100)
    splitter.feed(stream)
    with pytest.raises(RpcError) as raised:
        messages_of(splitter)
    assert raised.value.reason == reason
