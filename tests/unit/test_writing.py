"""Messages that are written into envelopes."""

import time

import pytest

from waypost._ext.secp256k1 import SecretKey
from waypost.errors import ConfigError, KeyFileError
from waypost.keys import PrivateKey
from waypost.net.writing import write_envelope
from waypost.whisper.message import Message

OWN = PrivateKey(SecretKey(bytes([0x22]) * 32))
SHARED = bytes(range(32))


@pytest.mark.parametrize("signer", [None, OWN])
def test_what_is_written_is_what_its_key_opens(signer):
    for to, key in (
        ({"public_key": OWN.public_key}, OWN.secret_key),
        ({"public_key": b"\x04" + OWN.secret_key.point}, OWN.secret_key),
        ({"shared_key": SHARED}, SHARED),
    ):
        written = [write_envelope(b"hello", topic=b"mail", signer=signer, **to) for _ in range(2)]
        assert written[0].data != written[1].data
        message = Message.open(written[0].data, key)
        assert message.payload == b"hello"
        assert message.signer == (signer and signer.public_key)
        assert abs(written[0].sent_s - time.time()) < 10
        assert written[0].ttl_s == 50
        assert written[0].topic == b"mail"


@pytest.mark.parametrize(
    ("to", "error"),
    [
        ({}, ConfigError),
        ({"public_key": OWN.public_key, "shared_key": SHARED}, ConfigError),
        ({"shared_key": b"short"}, ConfigError),
        ({"public_key": b"\x02" + b"\xff" * 32}, KeyFileError),
    ],
)
def test_a_message_is_for_one_key(to, error):
    with pytest.raises(error):
        write_envelope(b"hello", topic=b"mail", **to)
