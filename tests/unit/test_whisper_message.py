"""Messages that go-ethereum made, opened and made again byte for byte; and malformed ones."""

import pytest

from tests.oracle import vectors
from tests.oracle import whisper as oracle
from waypost import ecies
from waypost._ext.envelope import Envelope
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import ConfigError, KeyFileError, MessageError
from waypost.whisper import symmetric
from waypost.whisper.message import ADVICE, Message, compose, padding_size_b

KEY = SecretKey(bytes([0x11]) * 32)
RECIPIENT = SecretKey(bytes([0x22]) * 32)
SHARED = bytes(range(32))


def test_the_symmetric_vector_both_ways():
    vector, raw = vectors.load("whisper/symmetric.txt")
    key, signer = symmetric.key_from_password(vector["password"]), SecretKey(vector["signer"])
    assert key == vector["key"]
    envelope = Envelope.parse(raw)
    message = Message.open(envelope.data, key)
    assert (message.payload, message.signer) == (vector["payload"], signer.public_key)
    assert len(message.padding) == vector["padding_size_b"]
    assert padding_size_b(message.payload, signed=True) == vector["padding_size_b"]

    plain = compose(message.payload, padding=message.padding, signer=signer)
    assert (len(plain), plain[0], plain[-1]) == (256, 5, vector["v"])
    data = symmetric.seal(plain, key, nonce=envelope.data[-symmetric.NONCE_SIZE_B :])
    assert sent_again(envelope, data) == raw


def test_the_asymmetric_vector_both_ways():
    vector, raw = vectors.load("whisper/asymmetric.txt")
    recipient, signer = SecretKey(vector["recipient"]), SecretKey(vector["signer"])
    envelope = Envelope.parse(raw)
    message = Message.open(envelope.data, recipient)
    assert message == Message(vector["payload"], vector["padding"], signer.public_key)

    plain = compose(message.payload, padding=message.padding, signer=signer)
    assert (plain[0], plain[-1]) == (5, vector["v"])
    point, iv = envelope.data[:65], envelope.data[65:81]
    shared_x = recipient.ecdh(point)[1:]  # of both sides: the sender's own key is not known
    assert sent_again(envelope, ecies.box(plain, shared_x, point[1:], iv)) == raw


def sent_again(envelope, data):
    vector = {"expiry_s": envelope.expiry_s, "ttl_s": envelope.ttl_s, "topic": envelope.topic}
    return Envelope.create(**vector, data=data, nonce=envelope.nonce).raw


MALFORMED = [
    ("empty", b""),
    ("bad-size", b"\x01"),
    ("bad-size", b"\x03\x00\x00"),
    ("bad-size", b"\x01\x02a"),
    ("bad-size", b"\x03\xff\xff\xffa"),
    ("bad-size", b"\x05\x02a" + bytes(65)),  # what follows is the signature
    ("too-short", b"\x04"),
    ("too-short", b"\x04" + bytes(64)),
    ("too-short", b"\x04" + bytes(65)),
    ("bad-signature", b"\x05\x01a" + bytes(65)),
    ("bad-signature", b"\x05\x01a" + bytes([1]) * 64 + b"\x1b"),  # v as in EIP-627
]


@pytest.mark.parametrize(("reason", "plain"), MALFORMED)
def test_what_is_malformed_once_decrypted_is_refused(reason, plain):
    sealed = symmetric.seal(plain, SHARED, nonce=bytes(12))
    with pytest.raises(MessageError) as raised:
        Message.open(sealed, SHARED)
    assert raised.value.reason == reason
    assert str(raised.value) == f"{reason}: {ADVICE[reason]}"


@pytest.mark.parametrize("size_b", [0, 27, 28, 112, 113, 200])
@pytest.mark.parametrize("key", [SHARED, RECIPIENT])
def test_what_is_encrypted_to_others_is_refused(size_b, key):
    for data in (bytes(size_b), b"\x04" + bytes(size_b), KEY.point.rjust(65, b"\x04") * 3):
        with pytest.raises(MessageError, match="wrong-key"):
            Message.open(data, key)


def test_every_reason_is_tested():
    assert {reason for reason, _ in MALFORMED} | {"wrong-key"} == set(ADVICE)


def test_a_message_without_a_payload_is_read():
    assert Message.parse(b"\x00") == Message(b"")
    assert Message.parse(b"\x00pad") == Message(b"", b"pad")
    assert Message.parse(compose(b"", padding=b"")) == Message(b"")


@pytest.mark.parametrize("size_b", [0, 1, 255, 256, 65_535, 65_536])
def test_the_size_takes_as_few_bytes_as_it_can(size_b):
    payload = bytes(size_b)
    for signed in (False, True):
        padding = bytes(padding_size_b(payload, signed=signed))
        plain = compose(payload, padding=padding, signer=KEY if signed else None)
        assert plain == oracle.compose(payload, padding, KEY.reveal() if signed else None)
        assert len(plain) % 256 == 0
        assert 0 < len(padding) <= 256


def test_what_is_aligned_gets_one_block_more():
    assert padding_size_b(bytes(254), signed=False) == 256


def test_a_closed_key_opens_nothing():
    key = SecretKey(bytes([0x33]) * 32)
    sealed = ecies.seal(b"a", key.public_key, ephemeral=KEY, iv=bytes(16))
    key.close()
    with pytest.raises(KeyFileError, match="closed"):
        ecies.unseal(sealed, key)


@pytest.mark.parametrize(
    "call",
    [
        lambda: compose(bytes(1 << 24), padding=b""),
        lambda: padding_size_b(bytes(1 << 24), signed=False),
        lambda: symmetric.seal(b"", SHARED, nonce=bytes(13)),
        lambda: symmetric.seal(b"", bytes(16), nonce=bytes(12)),
        lambda: symmetric.unseal(bytes(40), bytes(16)),
        lambda: ecies.seal(b"", RECIPIENT.public_key, ephemeral=KEY, iv=bytes(12)),
    ],
)
def test_sizes_are_checked(call):
    with pytest.raises(ConfigError):
        call()


def test_what_is_no_point_gets_nothing():
    with pytest.raises(KeyFileError):
        ecies.seal(b"", bytes(33), ephemeral=KEY, iv=bytes(16))
