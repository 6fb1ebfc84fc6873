import coincurve
from hypothesis import given
from hypothesis import strategies as st

from waypost._ext.secp256k1 import SecretKey, decompress, recover, verify
from waypost.errors import KeyFileError

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
secrets = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "big"))
hashes = st.binary(min_size=32, max_size=32)


@given(secrets, secrets)
def test_two_keys_agree_on_the_same_point(a, b):
    alice, bob = SecretKey(a), SecretKey(b)
    shared = coincurve.PublicKey(bob.public_key).multiply(a).format()
    assert alice.ecdh(bob.public_key) == bob.ecdh(alice.public_key) == shared


@given(secrets, hashes)
def test_signatures_verify_and_recover(secret, digest):
    key = SecretKey(secret)
    assert key.public_key == coincurve.PrivateKey(secret).public_key.format()
    assert verify(key.sign(digest), digest, key.public_key)
    assert recover(key.sign_recoverable(digest), digest) == key.public_key


@given(st.binary(min_size=64, max_size=64), hashes, secrets)
def test_random_signatures_are_refused(signature, digest, secret):
    assert not verify(signature, digest, SecretKey(secret).public_key)


@given(st.one_of(st.binary(max_size=70), st.binary(min_size=32, max_size=32).map(b"\x02".__add__)))
def test_only_points_are_public_keys(data):
    try:
        expected = coincurve.PublicKey(data).format(compressed=False)[1:]
    except ValueError:
        expected = None
    try:
        assert decompress(data) == expected
    except KeyFileError:
        assert expected is None
