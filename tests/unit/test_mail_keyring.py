"""Which envelopes a user's keys open, and what servers have beside each other."""

import pytest

from tests.mailboxes import envelope, window
from waypost import ecies
from waypost._ext.envelope import Envelope
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import ConfigError
from waypost.keys import PrivateKey
from waypost.mail.client.comparison import Ledger
from waypost.mail.client.keyring import Keyring
from waypost.whisper import symmetric
from waypost.whisper.message import compose

OWN = SecretKey(bytes([0x22]) * 32)
SHARED = bytes(range(32))
PASSWORD = "open sesame"


def sealed(data: bytes, topic: bytes = b"mail") -> Envelope:
    return Envelope.create(expiry_s=1_000, ttl_s=50, topic=topic, data=data)


def shared(payload: bytes, key: bytes = SHARED, topic: bytes = b"mail") -> Envelope:
    return sealed(symmetric.seal(compose(payload, padding=b"p"), key, nonce=bytes(12)), topic)


def to_own(payload: bytes) -> Envelope:
    ephemeral = SecretKey(bytes([0x33]) * 32)
    plain = compose(payload, padding=b"p")
    return sealed(ecies.seal(plain, OWN.public_key, ephemeral=ephemeral, iv=bytes(16)))


def test_each_kind_of_key_opens_what_it_is_for():
    by_password = shared(b"c", symmetric.key_from_password(PASSWORD))
    given = [shared(b"a"), to_own(b"b"), by_password, envelope(100)]
    keyring = Keyring([SHARED, PrivateKey(OWN), PASSWORD])
    opened = [keyring.open(one) for one in given]
    assert [message and message.payload for message in opened] == [b"a", b"b", b"c", None]
    assert Keyring(OWN).open(to_own(b"b")).payload == b"b"
    assert Keyring(SHARED).open(to_own(b"b")) is None


def test_keys_of_topics_open_nothing_else():
    keyring = Keyring({b"mail": SHARED, b"post": [bytes(32), SHARED]})
    assert sorted(keyring.topics) == [b"mail", b"post"]
    assert keyring.open(shared(b"a")).payload == b"a"
    assert keyring.open(shared(b"a", topic=b"post")).payload == b"a"
    assert keyring.open(shared(b"a", topic=b"else")) is None


@pytest.mark.parametrize("plain", [b"", b"\x04", b"\x01\xff", b"\x05\x01a" + bytes(65)])
def test_what_is_malformed_once_decrypted_is_no_message(plain):
    assert Keyring(SHARED).open(sealed(symmetric.seal(plain, SHARED, nonce=bytes(12)))) is None


@pytest.mark.parametrize(
    ("keys", "says"), [([], "at least one"), ({}, "at least one"), (b"short", "32"), ([1], "is a")]
)
def test_what_is_no_key(keys, says):
    with pytest.raises(ConfigError, match=says):
        Keyring(keys)


def test_what_each_server_lacks():
    servers = [b"a" * 32, b"b" * 32, b"c" * 32]
    ledger = Ledger(servers, 3)
    for server, name in [(0, b"1"), (0, b"2"), (1, b"2"), (1, b"3"), (2, b"3"), (1, b"4")]:
        ledger.has(server, name * 32)
    ledger.failed(2, "slow")
    comparison = ledger.compare(window())
    assert [one.server for one in comparison.holdings] == servers
    assert [one.count for one in comparison.holdings] == [2, 2, 1]
    assert [one.lacks for one in comparison.holdings] == [(b"3" * 32,), (b"1" * 32,), ()]
    assert [one.failure for one in comparison.holdings] == [None, None, "slow"]
    assert comparison.count == 3
    assert not comparison.whole, "the fourth was one too many"
    assert not comparison.agree


def test_servers_that_have_the_same_agree():
    ledger = Ledger([b"a" * 32, b"b" * 32], 10)
    for server in (0, 1, 0):
        ledger.has(server, bytes(32))
    assert ledger.compare(window()).agree
