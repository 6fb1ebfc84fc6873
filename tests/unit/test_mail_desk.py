"""What a mail server's desk says to each request: an order, a refusal in real words, a breach."""

from dataclasses import replace

import pytest

from tests.oracle import mail as oracle
from waypost import ecies
from waypost._ext.bloom import FULL, bloom_of
from waypost._ext.envelope import Envelope
from waypost._ext.secp256k1 import SecretKey
from waypost.config import MailServerConfig
from waypost.errors import ConfigError
from waypost.mail.archive import Query
from waypost.mail.completion import Failed
from waypost.mail.desk import Breach, Desk, Order
from waypost.mail.request import Form, MailRequest, encode
from waypost.whisper import symmetric
from waypost.whisper.message import compose

SERVER, CLIENT = SecretKey(bytes([0x22]) * 32), SecretKey(bytes([0x11]) * 32)
SHARED = symmetric.key_from_password("status-offline-inbox")
NOW = 1_546_300_900
FIELD = 2**256 - 2**32 - 977  # of secp256k1
TOPIC = bytes.fromhex("70a4beef")
BLOOM = bloom_of([TOPIC])
ID = bytes(range(32))
REQUEST = MailRequest(lower_s=NOW - 3600, upper_s=NOW, bloom=BLOOM)
CURSOR = (NOW - 60).to_bytes(4, "big") + bytes(32)


def sealed(payload, *, key=None, signer=CLIENT, sent_s=NOW, ttl_s=50, number=0):
    """The envelope of a request, to the server's key or under a shared one."""
    plain = compose(payload, padding=bytes([number] * 20), signer=signer)
    return encrypted(plain, key=key, sent_s=sent_s, ttl_s=ttl_s)


def encrypted(plain, *, key=None, sent_s=NOW, ttl_s=50):
    if key is None:
        data = ecies.seal(plain, SERVER.public_key, ephemeral=CLIENT, iv=bytes(16))
    else:
        data = symmetric.seal(plain, key, nonce=bytes(12))
    return Envelope.create(expiry_s=sent_s + ttl_s, ttl_s=ttl_s, topic=bytes(4), data=data)


def desk(**settings):
    return Desk([SERVER, SHARED], MailServerConfig(**{"pow_min": 0.0, **settings}))


def open_at(office, payload, now=NOW, peer=CLIENT.node_id, host="127.0.0.1"):
    return office.open(peer, host, payload, now)


def answer(request, **settings):
    return open_at(desk(**settings), sealed(encode(request)).raw)


def refusal(payload, **settings):
    office = desk(**settings)
    failed = open_at(office, payload)
    assert isinstance(failed, Failed)
    assert office.refusals.total() == 1
    return failed.text


@pytest.mark.parametrize("form", [Form.LEGACY, Form.RLP6, Form.RLP7])
@pytest.mark.parametrize("key", [None, SHARED])
def test_a_sealed_request_is_an_order(form, key):
    envelope = sealed(encode(replace(REQUEST, form=form)), key=key)
    legacy = form == Form.LEGACY
    limit = 1 << 20 if legacy else 1000
    query = Query(lower_s=NOW - 3600, upper_s=NOW, bloom=BLOOM, limit=limit)
    assert open_at(desk(), envelope.raw) == Order(envelope.hash, query, not legacy)


@pytest.mark.parametrize(
    ("rest", "limit"),
    [
        (b"", 5000),
        (FULL, 5000),
        (FULL + bytes(4), 5000),
        (FULL + bytes([0, 0, 0, 9]), 9),
        (FULL + bytes(4) + CURSOR, 1000),
    ],
)
def test_a_binary_request_that_knows_no_pages_is_answered_whole(rest, limit):
    times = (NOW - 3600).to_bytes(4, "big") + NOW.to_bytes(4, "big")
    order = open_at(desk(legacy_limit=5000), sealed(times + rest).raw)
    assert (order.query.limit, order.batch) == (limit, False)


def test_a_plain_request_is_an_order():
    packet = encode(replace(REQUEST, form=Form.PLAIN, id=ID, limit=5))
    query = Query(lower_s=NOW - 3600, upper_s=NOW, bloom=BLOOM, limit=5)
    assert open_at(desk(), packet) == Order(ID, query, True)


def test_topics_are_asked_for_instead_of_their_bloom():
    order = answer(replace(REQUEST, topics=(TOPIC, TOPIC), cursor=CURSOR))
    assert (order.query.topics, order.query.bloom) == (frozenset([TOPIC]), None)
    assert order.query.cursor == CURSOR


def test_a_full_bloom_asks_for_everything():
    order = answer(replace(REQUEST, bloom=FULL))
    assert (order.query.topics, order.query.bloom) == (None, None)


@pytest.mark.parametrize("upper_s", [0, NOW + 61, 2**32 - 1])
def test_no_upper_time_is_a_minute_from_now(upper_s):
    """go-ethereum's numbers wrap at the last of 32 bits, and it finds nothing."""
    assert answer(replace(REQUEST, upper_s=upper_s)).query.upper_s == NOW + 60


def test_the_limits_are_settings():
    assert answer(REQUEST, limit_default=7).query.limit == 7
    assert answer(REQUEST, newest_first=True).query.newest_first
    assert isinstance(answer(replace(REQUEST, lower_s=0), range_s_max=0), Order)


@pytest.mark.parametrize(
    "change",
    [
        {"lower_s": NOW},
        {"lower_s": NOW - 366 * 86_400},
        {"limit": 1000},
        {"topics": tuple(number.to_bytes(4, "big") for number in range(1000))},
        {"cursor": (NOW - 3600).to_bytes(4, "big") + bytes(32)},
        {"cursor": NOW.to_bytes(4, "big") + bytes(32)},
    ],
)
def test_the_most_that_is_served(change):
    assert isinstance(answer(replace(REQUEST, **change)), Order)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"upper_s": NOW - 7200}, "query range is invalid: lower > upper"),
        ({"lower_s": NOW + 61, "upper_s": 0}, "query range is invalid: lower > upper"),
        (
            {"lower_s": NOW + 61, "upper_s": NOW + 99},
            "query range is invalid: it lies in the future",
        ),
        ({"lower_s": 0}, "query range too big"),
        ({"limit": 1001}, "request is invalid: limit exceeds the maximum allowed value"),
        ({"bloom": b""}, "request is invalid: bloom filter is empty"),
        ({"topics": (TOPIC,) * 1001}, "request is invalid: too many topics"),
        ({"cursor": bytes(36)}, "request is invalid: bad-cursor: a cursor has 36 bytes, or none"),
    ],
)
@pytest.mark.parametrize("form", [Form.RLP7, Form.PLAIN])
def test_what_is_not_served(form, change, text):
    request = replace(REQUEST, **{**change, "form": form, "id": ID})
    plain = form == Form.PLAIN
    assert refusal(encode(request) if plain else sealed(encode(request)).raw) == text


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (bytes(7), "Undersized p2p request"),
        (bytes(9), "Undersized bloom filter in p2p request"),
    ],
)
def test_malformed_requests_are_refused_in_real_words(payload, text):
    assert refusal(sealed(payload).raw) == text
    assert refusal(sealed(b"\xc0").raw).startswith("request is invalid: bad-rlp")


def test_a_malformed_plain_request_is_refused_by_its_id():
    packet = oracle.plain(ID, NOW - 60, NOW, 1, bytes(40), BLOOM)
    assert open_at(desk(), packet).request_id == ID


@pytest.mark.parametrize("payload", [b"", b"\x80", b"\xc0", bytes(200), b"\xc6" + bytes(6)])
def test_what_is_neither_envelope_nor_list_is_a_breach(payload):
    office = desk()
    assert open_at(office, payload) == Breach("neither-envelope-nor-list")
    assert office.refusals == {"neither-envelope-nor-list": 1}


def test_too_little_work():
    envelope = sealed(encode(REQUEST))
    assert refusal(envelope.raw, pow_min=envelope.pow * 1.01) == "PoW() is too low"
    assert isinstance(open_at(desk(pow_min=envelope.pow), envelope.raw), Order)
    assert refusal(sealed(encode(REQUEST), ttl_s=0).raw, pow_min=9.0) == "PoW() is too low"


def test_a_request_to_somebody_else():
    envelope = sealed(encode(REQUEST), key=bytes(32))
    assert refusal(envelope.raw) == "failed to decrypt p2p request"


@pytest.mark.parametrize("plain", [b"", b"\x04", b"\x01\xff", b"\x05\x01a" + bytes(65)])
@pytest.mark.parametrize("key", [None, SHARED])
def test_what_is_malformed_once_decrypted_is_refused(plain, key):
    """Nothing in it, a signature without room, a size beyond the end, a signature that is none."""
    assert refusal(encrypted(plain, key=key).raw) == "failed to decrypt p2p request"


def test_a_signature_must_be_there():
    text = "Wrong signature of p2p request"
    assert refusal(sealed(encode(REQUEST), signer=None).raw) == text
    foreign = sealed(encode(REQUEST), signer=SERVER).raw
    assert isinstance(open_at(desk(), foreign), Order)
    assert refusal(foreign, signer_is_peer=True) == text
    own = sealed(encode(REQUEST)).raw
    assert isinstance(open_at(desk(signer_is_peer=True), own), Order)


@pytest.mark.parametrize("late_s", [-121, 121])
def test_a_request_of_another_time(late_s):
    envelope = sealed(encode(REQUEST), sent_s=NOW - late_s)
    assert "check your clock" in refusal(envelope.raw)
    assert isinstance(open_at(desk(request_skew_s_max=121), envelope.raw), Order)


def mirrored(envelope):
    """The same to who opens it: of its ephemeral point, only x counts."""
    data = bytearray(envelope.data)
    data[33:65] = (FIELD - int.from_bytes(data[33:65], "big")).to_bytes(32, "big")
    return Envelope.create(
        expiry_s=envelope.expiry_s, ttl_s=envelope.ttl_s, topic=b"else", data=bytes(data), nonce=1
    )


def test_a_request_is_served_once_whatever_is_around_it():
    office, envelope = desk(), sealed(encode(REQUEST))
    assert isinstance(open_at(office, envelope.raw), Order)
    for again in (
        envelope,
        mirrored(envelope),
        sealed(encode(REQUEST), sent_s=NOW + 100, ttl_s=9),
        sealed(encode(REQUEST), key=SHARED),
    ):
        assert "served before" in open_at(office, again.raw, NOW + 100, bytes(32), "::1").text
    assert isinstance(open_at(office, sealed(encode(REQUEST), number=1).raw), Order)


def test_requests_are_counted_by_peer_and_by_host():
    office = desk(peer_request_count_max=2, host_request_count_max=3)
    raws = [sealed(encode(REQUEST), number=number).raw for number in range(6)]
    first, second = bytes(32), bytes([1] * 32)
    assert isinstance(open_at(office, raws[0], peer=first), Order)
    assert isinstance(open_at(office, raws[1], peer=first), Order)
    assert open_at(office, raws[2], peer=first).text == "rate limit exceeded"
    assert open_at(office, raws[3], peer=second).text == "rate limit exceeded"
    assert isinstance(open_at(office, raws[4], peer=second, host="::1"), Order)
    assert isinstance(open_at(office, raws[5], NOW + 10, peer=first), Order)
    assert office.refusals == {"rate": 2}


def test_a_network_of_ipv6_is_one_host():
    office = desk(host_request_count_max=1)
    raws = [sealed(encode(REQUEST), number=number).raw for number in range(2)]
    assert isinstance(open_at(office, raws[0], host="2001:db8::1"), Order)
    assert open_at(office, raws[1], host="2001:db8::2").text == "rate limit exceeded"


def test_settings_that_cannot_be_used():
    for settings in (
        {"pow_min": -1.0},
        {"limit_default": 0},
        {"legacy_limit": 0},
        {"limit_default": 9, "limit_max": 8},
        {"retention_days": -1},
        {"bundle_size_max_b": 11 << 20},
        {"sync_ages_s": ()},
        {"sync_ages_s": (30, -1)},
    ):
        with pytest.raises(ConfigError):
            MailServerConfig(**settings)
