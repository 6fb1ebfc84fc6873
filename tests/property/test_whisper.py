"""Envelopes, work, blooms and messages against their oracles, in every tier of Keccak."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import enr
from tests.oracle import whisper as oracle
from waypost import ecies
from waypost._ext import bloom, digest
from waypost._ext.envelope import WORKS, Envelope
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import EnvelopeError, MessageError
from waypost.whisper import symmetric
from waypost.whisper.message import Message, compose, padding_size_b

SECRET = bytes([0x11]) * 32
KEY = SecretKey(SECRET)
RECIPIENT = SecretKey(bytes([0x22]) * 32)

topics = st.binary(min_size=4, max_size=4)
uint32s = st.integers(0, 2**32 - 1)
envelopes = st.tuples(
    uint32s, st.integers(1, 2**32 - 1), topics, st.binary(max_size=300), st.integers(0, 2**64 - 1)
)
works = st.sampled_from(WORKS)
on_each_tier = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(params=digest.tiers())
def tier(request):
    before = digest.tier()
    digest.use_tier(request.param)
    yield request.param
    digest.use_tier(before)


def verdict(parse, raw):
    try:
        return parse(raw)
    except (enr.Refused, EnvelopeError, MessageError) as refusal:
        return refusal.args[0].partition(":")[0]


def fields(raw):
    read = Envelope.parse(raw)
    return read.expiry_s, read.ttl_s, read.topic, read.data, read.nonce


def create(envelope, work):
    names = ("expiry_s", "ttl_s", "topic", "data", "nonce")
    return Envelope.create(**dict(zip(names, envelope, strict=True)), work=work)


@given(envelopes, works)
@on_each_tier
def test_an_envelope_is_measured_as_written_out(tier, envelope, work):
    made = create(envelope, work)
    raw = oracle.encode(*envelope)
    assert made.raw == raw
    assert fields(raw) == oracle.parse(raw) == envelope
    assert made.hash == enr.keccak256(raw)
    assert made.pow == oracle.pow_of(work, envelope)
    assert made.bloom == oracle.bloom(envelope[2])


@given(envelopes, works, st.integers(0, 2**64 - 100), st.integers(1, 40), st.integers(0, 8))
@on_each_tier
def test_a_search_finds_what_a_loop_finds(tier, envelope, work, first, count, bits):
    made = create(envelope, work)
    assert made.search(first, count, bits) == oracle.search(work, envelope, first, count, bits)


@pytest.mark.parametrize("size_b", range(100, 240))
def test_nonces_at_every_place_of_a_block(tier, size_b):
    """There are 136, and in 8 of them the nonce ends the block."""
    envelope = (2**31, 50, b"abcd", bytes(size_b), 0)
    made = create(envelope, "leading")
    assert made.search(3, 17, 64) == oracle.search("leading", envelope, 3, 17, 64)
    assert made.sealed(5).hash == enr.keccak256(oracle.encode(*envelope[:4], 5))


def accepted(parse, raw):
    """What a parser reads, or None. It tells the fault that it meets first."""
    found = verdict(parse, raw)
    return None if isinstance(found, str) else found


@given(st.binary(max_size=40))
def test_any_bytes_are_what_they_are_to_the_oracle(raw):
    assert accepted(fields, raw) == accepted(oracle.parse, raw)


@given(envelopes, st.data())
def test_a_mutated_envelope_is_what_it_is_to_the_oracle(envelope, data):
    raw = bytearray(oracle.encode(*envelope))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, min(20, len(raw) - 1)))
        part = data.draw(st.binary(max_size=2))
        raw[at : at + data.draw(st.integers(0, 2))] = part
    assert accepted(fields, bytes(raw)) == accepted(oracle.parse, bytes(raw))


@given(st.lists(topics, max_size=5), topics)
def test_blooms_have_the_bits_of_go_ethereum(several, topic):
    merged = bloom.bloom_of(several)
    sample = oracle.bloom(topic)
    assert bloom.bloom_of([topic]) == sample
    assert bloom.matches(merged, sample) == oracle.matches(merged, sample)
    assert (bloom.matching(merged, [topic]) == [topic]) == oracle.matches(merged, sample)
    assert bloom.matching(merged, several) == several


@given(st.binary(max_size=700), st.binary(max_size=70), st.booleans())
def test_messages_are_composed_and_read_as_written_out(payload, padding, signed):
    plain = compose(payload, padding=padding, signer=KEY if signed else None)
    assert plain == oracle.compose(payload, padding, SECRET if signed else None)
    signer = KEY.public_key if signed else None
    assert Message.parse(plain) == Message(payload, padding, signer)
    assert oracle.read(plain) == (payload, padding, signer)
    padded = compose(payload, padding=bytes(padding_size_b(payload, signed=True)), signer=KEY)
    assert len(padded) % 256 == 0


@given(st.integers(0, 255), st.binary(max_size=160))
def test_any_plaintext_gets_the_verdict_of_the_oracle(flags, rest):
    def ours(plain):
        message = Message.parse(plain)
        return message.payload, message.padding, message.signer

    plain = bytes([flags]) + rest
    assert verdict(ours, plain) == verdict(oracle.read, plain)


@given(st.binary(max_size=300), st.binary(min_size=32, max_size=32), st.data())
def test_shared_keys_seal_as_written_out(plain, key, data):
    nonce = data.draw(st.binary(min_size=12, max_size=12))
    sealed = symmetric.seal(plain, key, nonce=nonce)
    assert sealed == oracle.seal_symmetric(plain, key, nonce)
    assert symmetric.unseal(sealed, key) == plain
    changed = bytearray(sealed)
    changed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1
    assert symmetric.unseal(bytes(changed), key) is None


@given(st.binary(max_size=300), st.binary(min_size=16, max_size=16), st.binary(max_size=2))
def test_public_keys_seal_as_written_out(plain, iv, header):
    sealed = ecies.seal(plain, RECIPIENT.public_key, ephemeral=KEY, iv=iv, header=header)
    assert sealed == oracle.seal_ecies(plain, RECIPIENT.public_key, SECRET, iv, header)
    assert ecies.unseal(sealed, RECIPIENT, header=header) == plain
    assert oracle.open_ecies(sealed, bytes([0x22]) * 32, header) == plain


@given(st.binary(max_size=40), st.data())
def test_a_changed_ciphertext_is_nobodys(plain, data):
    sealed = ecies.seal(plain, RECIPIENT.public_key, ephemeral=KEY, iv=bytes(16))
    changed = bytearray(sealed)
    changed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert ecies.unseal(bytes(changed), RECIPIENT) is None
    assert ecies.unseal(sealed[: data.draw(st.integers(0, len(sealed) - 1))], RECIPIENT) is None
