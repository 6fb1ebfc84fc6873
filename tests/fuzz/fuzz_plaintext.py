"""Mutated plaintexts of Whisper messages, and their ciphertexts, through Message."""

from collections import Counter

from tests.fuzz.build import mutate
from tests.oracle import whisper as oracle
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import MessageError
from waypost.whisper.message import ADVICE, Message

COUNT = 1_000_000
SECRET = bytes([7] * 32)
KEY = SecretKey(SECRET)
SHARED = bytes(32)


def corpus():
    """Payloads of each width, signed and not, and nothing at all."""
    plains = [b"", b"\x00", b"\x04" + bytes(66)]
    for size_b in (0, 1, 10, 256, 1000):
        for secret in (None, SECRET):
            plains.append(oracle.compose(bytes(size_b), b"padding", secret))
    return plains


def sealed():
    """The same under both kinds of key, and what is too short for either."""
    plain = oracle.compose(b"payload", b"", SECRET)
    return [
        bytes(27),
        oracle.seal_symmetric(plain, SHARED, bytes(12)),
        oracle.seal_ecies(plain, KEY.public_key, SECRET, bytes(16)),
    ]


def parsed(plain):
    """The outcome. What is read is in the plaintext, in its order."""
    try:
        message = Message.parse(plain)
    except MessageError as refusal:
        return refusal.reason
    start = 1 + (plain[0] & 3)
    assert plain[start:].startswith(message.payload + message.padding), plain
    assert (message.signer is not None) == bool(plain[0] & 4), plain
    return "accepted"


def opened(data):
    """The outcome by both keys: a change is noticed, whatever it is."""
    for key in (SHARED, KEY):
        try:
            Message.open(data, key)
        except MessageError as refusal:
            reason = refusal.reason
        else:
            assert data in sealed(), data
            return "opened"
    return reason


def run(count, seed):
    """{outcome: how often}, over `count` mutants: of each hundred, one is of a ciphertext."""
    outcomes = Counter(dict.fromkeys(("accepted", "opened", *ADVICE), 0))
    ciphertexts = count // 100
    outcomes.update(mutate().plaintexts(corpus(), parsed, count - ciphertexts, seed))
    outcomes.update(mutate().plaintexts(sealed(), opened, ciphertexts, seed))
    return outcomes
