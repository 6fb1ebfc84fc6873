"""Envelopes as go-ethereum makes them (whisperv6 of v1.9.7 and v1.8.27), and what is refused."""

import copy
import math
import pickle

import pytest
import rlp

from tests.oracle import whisper as oracle
from tests.oracle.enr import keccak256
from waypost._ext import bloom, digest
from waypost._ext.envelope import ADVICE, REASONS, WORKS, Envelope
from waypost._ext.rlp import encode_list
from waypost.errors import ConfigError, EnvelopeError

TOPIC = bytes.fromhex("70a4beef")
DATA = bytes(i % 256 for i in range(300))
FIELDS = {"expiry_s": 1546300850, "ttl_s": 50, "topic": TOPIC, "data": DATA}
START = bytes.fromhex("f9013b845c2aadb2328470a4beefb9012c000102")
GOLDEN = [  # nonce, size of the RLP, hash, work by leading and by trailing zeros
    (
        0,
        318,
        "f5adb244acd29ee6029b45fe261106a51d85b0570d162ea230c702c10ef28ff9",
        6.3091482649842276e-05,
        6.25e-05,
    ),
    (
        12345,
        320,
        "0ade6ac73bbcba856dcfdf1156ce63d54b9775e27af246d3ef27e2ac6c4daa57",
        0.0002523659305993691,
        6.25e-05,
    ),
    (
        2**40,
        324,
        "9ca7456398cc1eb9dd62a6770697948b457e95ce185ce2ff9c2048a1f0d5f85d",
        0.00012618296529968455,
        0.000125,
    ),
]


@pytest.fixture(params=digest.tiers(), autouse=True)
def tier(request):
    before = digest.tier()
    digest.use_tier(request.param)
    yield request.param
    digest.use_tier(before)


def refusal(raw):
    with pytest.raises(EnvelopeError) as raised:
        Envelope.parse(raw)
    assert str(raised.value) == f"{raised.value.reason}: {ADVICE[raised.value.reason]}"
    return raised.value.reason


@pytest.mark.parametrize(("nonce", "size_b", "hash", "leading", "trailing"), GOLDEN)
def test_golden_envelopes(nonce, size_b, hash, leading, trailing):
    for work, pow in zip(WORKS, (leading, trailing), strict=True):
        made = Envelope.create(**FIELDS, nonce=nonce, work=work)
        assert made.raw == oracle.encode(*FIELDS.values(), nonce)
        assert (len(made.raw), made.hash.hex(), made.pow) == (size_b, hash, pow)
        read = Envelope.parse(made.raw, work=work)
        assert read == made
        assert (read.pow, read.hash, read.work) == (made.pow, made.hash, work)
        assert {name: getattr(read, name) for name in FIELDS} == FIELDS
        assert (read.nonce, read.size_b, read.sent_s) == (nonce, 320, 1546300800)


def test_the_golden_start():
    assert Envelope.create(**FIELDS).raw.startswith(START)


@pytest.mark.parametrize(
    ("topic", "places"),
    [
        ("70a4beef", {46: 0x01, 52: 0x10, 55: 0x40}),
        ("10111200", {2: 0x04}),
        ("ffffffff", {63: 0x80}),
        ("00000000", {0: 0x01}),
    ],
)
def test_golden_blooms(topic, places):
    wanted = bytes(places.get(i, 0) for i in range(64))
    topic = bytes.fromhex(topic)
    envelope = Envelope.create(expiry_s=1, ttl_s=1, topic=topic, data=b"")
    assert bloom.bloom_of([topic]) == envelope.bloom == wanted
    assert envelope.matches(wanted)
    assert envelope.matches(bloom.FULL)
    assert bloom.matching(wanted, [topic]) == [topic]
    for place in places:
        missing = bytes(0 if i == place else 0xFF for i in range(64))
        assert not envelope.matches(missing)
        assert not bloom.matches(missing, wanted)


def test_a_filter_of_several_topics_is_all_of_theirs():
    topics = [bytes([i, i, i, i]) for i in range(9)]
    merged = bytes(64)
    for topic in topics:
        merged = bytes(a | b for a, b in zip(merged, oracle.bloom(topic), strict=True))
    assert bloom.bloom_of(iter(topics)) == merged
    assert bloom.bloom_of([]) == bytes(64)


HOSTILE = [
    ("too-long", bytes((10 << 20) + 1)),
    ("bad-rlp", b""),
    ("bad-rlp", b"\x80"),
    ("bad-rlp", START),
    ("bad-rlp", rlp.encode([1, 1, TOPIC, b""])),
    ("bad-rlp", rlp.encode([1, 1, TOPIC, b"", 0, 0])),
    ("bad-rlp", rlp.encode([1, 1, TOPIC, [b""], 0])),
    ("bad-rlp", rlp.encode([[], 1, TOPIC, b"", 0])),
    ("bad-rlp", rlp.encode([1, [], TOPIC, b"", 0])),
    ("bad-rlp", rlp.encode([1, 1, [TOPIC], b"", 0])),
    ("bad-rlp", rlp.encode([1, 1, TOPIC, b"", []])),
    ("bad-rlp", bytes.fromhex("c9010184") + TOPIC + bytes.fromhex("8101")),
    ("trailing-bytes", rlp.encode([1, 1, TOPIC, b"", 0]) + b"\0"),
    ("bad-number", rlp.encode([2**32, 1, TOPIC, b"", 0])),
    ("bad-number", rlp.encode([1, 2**32, TOPIC, b"", 0])),
    ("bad-number", rlp.encode([1, 1, TOPIC, b"", 2**64])),
    ("bad-number", rlp.encode([1, b"\0\x01", TOPIC, b"", 0])),
    ("bad-topic", rlp.encode([1, 1, TOPIC[:3], b"", 0])),
    ("bad-topic", rlp.encode([1, 1, TOPIC + b"\0", b"", 0])),
]


@pytest.mark.parametrize(("reason", "raw"), HOSTILE)
def test_what_is_no_envelope_is_refused(reason, raw):
    assert refusal(raw) == reason


@pytest.mark.parametrize("work", WORKS)
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 8, 9, 33])
def test_a_list_is_read_as_its_envelopes(work, count):
    """Of many sizes, so that some end blocks before their neighbours do."""
    raws = [oracle.encode(2**31, 50, TOPIC, bytes(37 * i), i) for i in range(count)]
    found = Envelope.parse_list(encode_list(b"".join(raws)), work)
    assert found == [Envelope.parse(raw, work) for raw in raws]
    for raw, envelope in zip(raws, found, strict=True):
        assert envelope.hash == keccak256(raw)
        assert envelope.pow == oracle.pow_of(work, oracle.parse(raw))


SMALL = oracle.encode(0, 0, TOPIC, b"", 0)
HOSTILE_LISTS = [
    ("too-long", bytes((10 << 20) + 1)),
    ("bad-rlp", b""),
    ("bad-rlp", b"\x80"),
    ("bad-rlp", encode_list(SMALL)[:-1]),
    ("bad-rlp", encode_list(SMALL + b"\x80")),
    ("bad-rlp", encode_list(SMALL + b"\xb8")),
    ("trailing-bytes", encode_list(SMALL) + b"\0"),
    ("bad-topic", encode_list(SMALL + rlp.encode([1, 1, TOPIC[:3], b"", 0]))),
    ("too-many", encode_list(SMALL * ((1 << 16) + 1))),
]


@pytest.mark.parametrize(("reason", "data"), HOSTILE_LISTS)
def test_one_that_is_refused_voids_the_list(reason, data):
    with pytest.raises(EnvelopeError) as raised:
        Envelope.parse_list(data)
    assert raised.value.reason == reason


def test_as_many_as_a_list_may_have():
    assert len(Envelope.parse_list(encode_list(SMALL * (1 << 16)))) == 1 << 16


def test_every_reason_is_tested():
    assert {reason for reason, _ in [*HOSTILE, *HOSTILE_LISTS]} == set(REASONS)


def test_the_largest_numbers_are_read():
    raw = oracle.encode(2**32 - 1, 2**32 - 1, TOPIC, b"", 2**64 - 1)
    envelope = Envelope.parse(raw)
    assert (envelope.expiry_s, envelope.ttl_s) == (2**32 - 1, 2**32 - 1)
    assert (envelope.nonce, envelope.sent_s) == (2**64 - 1, 0)


def test_nonsense_is_measured_without_wrapping():
    envelope = Envelope.create(expiry_s=1, ttl_s=0, topic=TOPIC, data=b"")
    assert envelope.pow == math.inf
    assert Envelope.create(expiry_s=1, ttl_s=2**32 - 1, topic=TOPIC, data=b"").sent_s == 2 - 2**32


def test_work_from_the_future_counts_from_now():
    envelope = Envelope.create(**FIELDS)
    assert envelope.pow_at(envelope.sent_s) == envelope.pow == envelope.pow_at(2**33)
    assert envelope.pow_at(envelope.sent_s - 9) == 2.0**envelope.bits / 317 / 60


@pytest.mark.parametrize("work", WORKS)
def test_bits_for_are_the_fewest_that_are_enough(work):
    envelope = Envelope.create(**FIELDS, work=work)
    size = oracle.divisor(work, (*FIELDS.values(), 0))
    for bits in (0, 1, 20, 64):
        pow = 2.0**bits / size / 50
        assert envelope.bits_for(pow) == bits
        assert envelope.bits_for(math.nextafter(pow, 0)) == bits
    assert envelope.bits_for(0) == 0
    for pow in (-1, math.nan, math.inf, 1e30):
        with pytest.raises(ConfigError):
            envelope.bits_for(pow)


@pytest.mark.parametrize("work", WORKS)
def test_what_is_found_is_sealed(work):
    envelope = Envelope.create(**FIELDS, work=work)
    bits, nonce = envelope.search(0, 1 << 16, 10)
    sealed = envelope.sealed(nonce)
    assert bits == sealed.bits >= 10
    assert sealed.pow == oracle.pow_of(work, (*FIELDS.values(), nonce))
    assert envelope.search(0, nonce, 10)[0] < 10 or nonce == 0
    assert (sealed.data, sealed.expiry_s, sealed.work) == (DATA, envelope.expiry_s, work)


def test_a_search_stays_among_its_nonces():
    envelope = Envelope.create(**FIELDS)
    assert envelope.search(7, 1, 64) == oracle.search("leading", (*FIELDS.values(), 0), 7, 1, 64)
    assert envelope.search(2**64 - 1, 1, 0)[1] == 2**64 - 1
    for first, count in ((0, 0), (2**64 - 1, 2), (2**64 - 2**32 + 2, 2**32 - 1)):
        with pytest.raises(ConfigError, match="nonce"):
            envelope.search(first, count, 64)


@pytest.mark.parametrize(
    "change",
    [{"topic": b"abc"}, {"data": bytes(10 << 20)}, {"data": bytes(1 << 24)}, {"work": "lucky"}],
)
def test_what_cannot_be_made_is_refused(change):
    with pytest.raises(ConfigError):
        Envelope.create(**(FIELDS | change))


@pytest.mark.parametrize(
    "call",
    [
        lambda: bloom.bloom_of([b"abc"]),
        lambda: bloom.matching(bloom.FULL, [b"abcde"]),
        lambda: bloom.matching(bytes(63), []),
        lambda: bloom.matches(bytes(64), bytes(65)),
        lambda: Envelope.create(**FIELDS).matches(b""),
        lambda: Envelope.parse(b"\xc0", work=""),
    ],
)
def test_sizes_and_names_are_checked(call):
    with pytest.raises(ConfigError):
        call()


def test_an_envelope_is_a_value():
    envelope = Envelope.create(**FIELDS)
    same, other = Envelope.parse(envelope.raw), Envelope.create(**FIELDS, work="trailing")
    assert len({envelope, same, other, envelope.sealed(1)}) == 3
    assert envelope != envelope.raw
    assert copy.deepcopy(other) == pickle.loads(pickle.dumps(other)) == other
    assert repr(envelope) == "<Envelope f5adb244… to 70a4beef, 318 bytes>"
    with pytest.raises(AttributeError):
        envelope.nonce = 1
