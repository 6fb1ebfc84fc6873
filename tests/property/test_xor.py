"""The XOR metric against plain integers."""

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import table as oracle
from waypost._ext import xor

ids = st.binary(min_size=32, max_size=32)


@st.composite
def neighbours(draw):
    """Two ids that agree on a prefix of any length."""
    a = draw(ids)
    kept = draw(st.integers(0, 256))
    tail = int.from_bytes(draw(ids)) >> kept
    return a, (int.from_bytes(a) ^ tail).to_bytes(32)


@given(neighbours())
def test_logdistance(pair):
    assert xor.logdistance(*pair) == oracle.logdistance(*pair)


@given(neighbours(), ids)
def test_closer(pair, target):
    a, b = pair
    assert xor.closer(target, a, b) == (oracle.distance(target, a) < oracle.distance(target, b))
