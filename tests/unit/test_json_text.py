"""JSON of strangers, with a limit of recursions that is of no help, as some libraries set it."""

import json
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost._ext.nesting import is_deeper
from waypost.config import JSON_DEPTH_MAX
from waypost.errors import RpcError
from waypost.net.rpc.codec import decode
from waypost.trust.json_text import decode_json


@pytest.fixture(autouse=True)
def limit() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    yield
    sys.setrecursionlimit(before)


BOMBS = [
    "[" * 200_000,
    '{"a":' * 200_000,
    '["]]]]",' * 200_000,
    '["\\"]",' * 200_000,
    '["\\\\",' * 200_000,
    '["é]",' * 200_000,
]


@pytest.mark.parametrize("bomb", BOMBS)
def test_depth_is_refused_before_a_parser_sees_it(bomb: str) -> None:
    for text in (bomb, bomb.encode()):
        with pytest.raises(ValueError, match="nested more than 64 deep"):
            decode_json(text)
        with pytest.raises(RpcError, match="not-json"):
            decode(text)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le"])
def test_only_utf8_is_read(encoding: str) -> None:
    with pytest.raises(ValueError, match=r"decode|Expecting|Extra"):
        decode_json("[1]".encode(encoding))


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


TEXTS = st.text(st.sampled_from('[]{}"\\a é\n'), max_size=4)
VALUES = st.recursive(
    st.none() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
)


@given(VALUES, st.booleans())
def test_depth_is_that_of_the_value(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    depth = depth_of(value)
    assert not is_deeper(text.encode(), depth)
    assert depth == 0 or is_deeper(text.encode(), depth - 1)
    assert decode_json(text) == value


def test_the_limit_itself_is_allowed() -> None:
    text = "[" * JSON_DEPTH_MAX + "]" * JSON_DEPTH_MAX
    assert decode_json(text) is not None
    with pytest.raises(ValueError, match="deep"):
        decode_json(f"[{text}]")
