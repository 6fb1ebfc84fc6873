import hashlib

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import enr as oracle
from waypost._ext.digest import keccak256, sha256


@given(st.binary(max_size=1000))
def test_hashes_equal_their_oracles(data):
    assert keccak256(data) == oracle.keccak256(data)
    assert sha256(data) == hashlib.sha256(data).digest()
