"""Every AES tier against every other, against OpenSSL, and against the oracle."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle import aes_gcm as oracle
from waypost._ext import aead

keys = st.binary(min_size=16, max_size=16)
nonces = st.binary(min_size=12, max_size=12)
ivs_about_to_wrap = st.integers(1, 90).map(lambda n: (2**128 - n).to_bytes(16))
ivs = st.binary(min_size=16, max_size=16) | ivs_about_to_wrap


@st.composite
def contents(draw, size_max_b):
    """Bytes of any size: the size is drawn evenly, the content is expanded from a seed."""
    size = draw(st.integers(0, size_max_b))
    return draw(st.randoms(use_true_random=False)).randbytes(size)


@pytest.fixture(autouse=True)
def restore_tier():
    before = aead.tier()
    yield
    aead.use_tier(before)


def in_every_tier(function, *arguments):
    """The one result that all tiers agree on."""
    results = set()
    for name in aead.tiers():
        aead.use_tier(name)
        results.add(function(*arguments))
    assert len(results) == 1
    return results.pop()


@given(keys, nonces, contents(1280), contents(600))
@settings(max_examples=300)
def test_gcm_is_openssl(key, nonce, plaintext, ad):
    sealed = in_every_tier(aead.aes_gcm_seal, key, nonce, plaintext, ad)
    assert sealed == AESGCM(key).encrypt(nonce, plaintext, ad)
    assert in_every_tier(aead.aes_gcm_open, key, nonce, sealed, ad) == plaintext


@given(keys, ivs, contents(1280), st.integers(0, 2**64 - 1) | st.integers(0, 100))
@settings(max_examples=300)
def test_ctr_is_openssl(key, iv, data, block_index):
    counter = (int.from_bytes(iv) + block_index) % 2**128
    encryptor = Cipher(algorithms.AES(key), modes.CTR(counter.to_bytes(16))).encryptor()
    assert in_every_tier(aead.aes_ctr, key, iv, data, block_index) == encryptor.update(data)


@given(keys, nonces, contents(300), contents(200))
@settings(max_examples=20, deadline=None)
def test_gcm_is_the_oracle(key, nonce, plaintext, ad):
    sealed = in_every_tier(aead.aes_gcm_seal, key, nonce, plaintext, ad)
    assert sealed == oracle.seal(key, nonce, plaintext, ad)
    assert oracle.unseal(key, nonce, sealed, ad) == plaintext


@given(keys, ivs, contents(300), st.integers(0, 2**64 - 1))
@settings(max_examples=20, deadline=None)
def test_ctr_is_the_oracle(key, iv, data, block_index):
    result = in_every_tier(aead.aes_ctr, key, iv, data, block_index)
    assert result == oracle.ctr(key, iv, data, block_index)


@given(keys, nonces, contents(1280), contents(600), st.data())
def test_gcm_refuses_every_forgery(key, nonce, plaintext, ad, data):
    forged = bytearray(aead.aes_gcm_seal(key, nonce, plaintext, ad))
    bit = data.draw(st.integers(0, 8 * len(forged) - 1))
    forged[bit // 8] ^= 1 << bit % 8
    assert in_every_tier(aead.aes_gcm_open, key, nonce, bytes(forged), ad) is None
