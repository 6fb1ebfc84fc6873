import copy
import ctypes
import pickle

import coincurve
import pytest
from Crypto.Hash import keccak

from waypost._ext.secp256k1 import SecretKey, decompress, recover, verify
from waypost.errors import ConfigError, KeyFileError

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
SECRET = bytes.fromhex("b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291")
HASH = bytes(range(32))


@pytest.fixture
def key():
    with SecretKey(SECRET) as key:
        yield key


def test_identity_of_the_enr_specification(key):
    assert key.public_key.hex() == (
        "03ca634cae0d49acb401d8a4c6b6fe8c55b70d115bf400769cc1400f3258cd3138"
    )
    assert key.node_id.hex() == "a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7"
    assert key.address == key.node_id[12:]
    assert key.point == decompress(key.public_key)
    assert keccak.new(digest_bits=256, data=key.point).digest() == key.node_id


def test_ecdh_vector_of_the_discv5_specification():
    # discv5-wire-test-vectors.md, "ECDH"
    key = SecretKey(
        bytes.fromhex("fb757dc581730490a1d7a00deea65e9b1936924caaea8f44d476014856b68736")
    )
    peer = bytes.fromhex("039961e4c2356d61bedb83052c115d311acb3a96f5777296dcf297351130266231")
    assert key.ecdh(peer).hex() == (
        "033b11a2a1f214567e1537ce5e509ffd9b21373247f2a3ff6841f4976f53165e7e"
    )


def test_ecdh_is_the_product_of_point_and_secret(key):
    for number in range(1, 20):
        other = coincurve.PrivateKey.from_int(number * 0x1234567)
        point = other.public_key
        shared = point.multiply(SECRET)
        assert key.ecdh(point.format()) == shared.format()
        assert key.ecdh(point.format(compressed=False)) == shared.format()


def test_sign_is_verified_here_and_by_coincurve(key):
    signature = key.sign(HASH)
    assert len(signature) == 64
    assert verify(signature, HASH, key.public_key)
    assert verify(signature, HASH, b"\x04" + key.point)
    assert signature == key.sign_recoverable(HASH)[:64]
    theirs = coincurve.PrivateKey(SECRET).sign_recoverable(HASH, hasher=None)
    assert key.sign_recoverable(HASH) == theirs


def test_verify_refuses_what_was_not_signed(key):
    signature = key.sign(HASH)
    other = SecretKey(b"\x01" * 32)
    assert not verify(signature, HASH, other.public_key)
    assert not verify(signature, bytes(32), key.public_key)
    for at in range(64):
        mutated = bytearray(signature)
        mutated[at] ^= 1
        assert not verify(bytes(mutated), HASH, key.public_key)


def test_verify_refuses_the_other_s(key):
    signature = key.sign(HASH)
    high = ORDER - int.from_bytes(signature[32:], "big")
    assert not verify(signature[:32] + high.to_bytes(32, "big"), HASH, key.public_key)


@pytest.mark.parametrize("half", [bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32])
def test_verify_refuses_numbers_out_of_range(key, half):
    signature = key.sign(HASH)
    assert not verify(half + signature[32:], HASH, key.public_key)
    assert not verify(signature[:32] + half, HASH, key.public_key)


def test_recover(key):
    signature = key.sign_recoverable(HASH)
    assert recover(signature, HASH) == key.public_key
    assert recover(signature, bytes(32)) != key.public_key
    assert recover(signature[:64] + b"\x04", HASH) is None
    assert recover(bytes(65), HASH) is None


@pytest.mark.parametrize("secret", [0, ORDER, ORDER + 1, 2**256 - 1])
def test_refuses_numbers_that_are_no_key(secret):
    with pytest.raises(KeyFileError) as raised:
        SecretKey(secret.to_bytes(32, "big"))
    assert f"{secret:x}"[:8] not in str(raised.value) or secret == 0


@pytest.mark.parametrize("size", [0, 31, 33])
def test_refuses_secrets_of_another_size(size):
    with pytest.raises(KeyFileError, match="32 bytes"):
        SecretKey(b"\x01" * size)


@pytest.mark.parametrize(
    "public_key",
    [b"", bytes(33), b"\x02" + b"\xff" * 32, b"\x05" + b"\x01" * 32, b"\x04" + bytes(64), b"\x02"],
)
def test_refuses_what_is_no_point(key, public_key):
    for use in (decompress, key.ecdh, lambda point: verify(bytes(64), HASH, point)):
        with pytest.raises(KeyFileError, match="public key"):
            use(public_key)


def test_refuses_wrong_sizes(key):
    for call in (
        lambda: key.sign(b"short"),
        lambda: key.sign_recoverable(bytes(33)),
        lambda: verify(bytes(65), HASH, key.public_key),
        lambda: verify(bytes(64), b"", key.public_key),
        lambda: recover(bytes(64), HASH),
    ):
        with pytest.raises(ConfigError):
            call()


def test_a_closed_key_keeps_only_its_public_half():
    key = SecretKey(SECRET)
    assert key.reveal() == SECRET
    public_key = key.public_key
    key.close()
    key.close()
    assert key.closed
    assert key.public_key == public_key
    for call in (
        key.reveal,
        lambda: key.sign(HASH),
        lambda: key.sign_recoverable(HASH),
        lambda: key.ecdh(public_key),
    ):
        with pytest.raises(KeyFileError, match="closed"):
            call()


def test_close_wipes_the_secret(key):
    def memory():
        return ctypes.string_at(id(key), SecretKey.__basicsize__)

    assert SECRET in memory()
    key.close()
    assert SECRET not in memory()
    assert SECRET[:8] not in memory()


def test_the_secret_is_never_shown_copied_or_pickled(key):
    for text in (repr(key), str(key), f"{key}"):
        assert SECRET.hex()[:6] not in text
        assert key.node_id.hex()[:8] in text
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            duplicate(key)


def test_equality_is_of_identity(key):
    assert key == SecretKey(SECRET)
    assert hash(key) == hash(SecretKey(SECRET))
    assert key != SecretKey(b"\x01" * 32)
    assert key != SECRET
