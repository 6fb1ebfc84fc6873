"""Requests in their four forms, as captured from real peers and at their edges."""

from dataclasses import replace

import pytest

from tests.oracle import mail as oracle
from waypost._ext.bloom import FULL, bloom_of
from waypost.errors import ConfigError, MailError
from waypost.mail.request import Form, MailRequest, decode, decode_plain, encode, plain_id

LOWER, UPPER = 1_546_300_800, 1_546_300_900
TOPICS = (bytes.fromhex("70a4beef"), bytes.fromhex("10111200"))
BLOOM = bloom_of(TOPICS)
CURSOR = LOWER.to_bytes(4, "big") + bytes(range(32))
ID = bytes(range(32))
REQUEST = MailRequest(
    lower_s=LOWER, upper_s=UPPER, bloom=BLOOM, topics=TOPICS, limit=2, cursor=CURSOR
)


def reason(parse, data):
    with pytest.raises(MailError) as refusal:
        parse(data)
    return refusal.value.reason


def test_the_captured_request_of_a_status_client():
    captured = bytes.fromhex(f"f84f84{LOWER:08x}84{UPPER:08x}b840{BLOOM.hex()}028001")
    read = decode(captured)
    assert read == replace(REQUEST, topics=(), cursor=b"", form=Form.RLP6)
    assert encode(read) == captured


def test_the_request_of_a_wnode_client():
    """It has no limit, and its upper time is the last of 32 bits where the user gave none."""
    read = decode(oracle.legacy(LOWER, 2**32 - 1, BLOOM))
    assert (read.lower_s, read.upper_s, read.bloom) == (LOWER, 2**32 - 1, BLOOM)
    assert (read.limit, read.cursor, read.batch, read.form) == (0, b"", False, Form.LEGACY)


def test_eight_bytes_ask_for_everything():
    assert decode(oracle.legacy(LOWER, UPPER)).bloom == FULL


@pytest.mark.parametrize("extra", [b"", b"topi"])
def test_a_legacy_cursor_is_read_with_and_without_a_topic_after_it(extra):
    """status-go from 0.26 on ignores one without: its clients got the first page for ever."""
    assert decode(oracle.legacy(LOWER, UPPER, BLOOM, 7, CURSOR + extra)).cursor == CURSOR


def test_topics_go_where_they_have_room():
    assert decode(encode(REQUEST)) == REQUEST
    six = replace(REQUEST, form=Form.RLP6)
    assert decode(encode(six)) == replace(six, topics=())
    legacy = replace(REQUEST, form=Form.LEGACY)
    assert decode(encode(legacy)) == replace(legacy, topics=(), batch=False)
    plain = replace(REQUEST, form=Form.PLAIN, id=ID)
    assert decode_plain(encode(plain)) == plain
    assert encode(plain) == oracle.plain(ID, LOWER, UPPER, 2, CURSOR, BLOOM, TOPICS)
    alone = replace(plain, topics=())
    assert encode(alone) == oracle.plain(ID, LOWER, UPPER, 2, CURSOR, BLOOM)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "undersized"),
        (bytes(7), "undersized"),
        (bytes(9), "undersized-bloom"),
        (bytes(71), "undersized-bloom"),
        (bytes(73), "bad-size"),
        (bytes(75), "bad-size"),
        (bytes(108), "bad-size"),
        (bytes(117), "bad-size"),
        (b"\xc0", "bad-rlp"),
        (oracle.rlp6(1, 2, BLOOM, 3, b"", True) + b"\0", "bad-rlp"),
        (oracle.rlp6(1, 2, BLOOM, 3, b"", True)[:-1], "bad-rlp"),
        (oracle.rlp6(2**32, 2, BLOOM, 3, b"", True), "bad-number"),
        (oracle.rlp6(b"\0\1", 2, BLOOM, 3, b"", True), "bad-number"),
        (oracle.rlp6([], 2, BLOOM, 3, b"", True), "bad-rlp"),
        (oracle.rlp6(1, 2, BLOOM[1:], 3, b"", True), "bad-bloom"),
        (oracle.rlp6(1, 2, BLOOM, 3, CURSOR + bytes(4), True), "bad-cursor"),
        (oracle.rlp6(1, 2, BLOOM, 3, CURSOR[:35], True), "bad-cursor"),
        (oracle.rlp6(1, 2, BLOOM, 3, b"", 2), "bad-flag"),
        (oracle.rlp7(1, 2, BLOOM, [b"abc"], 3, b"", True), "bad-topic"),
        (oracle.rlp7(1, 2, BLOOM, [[]], 3, b"", True), "bad-rlp"),
        (oracle.rlp7(1, 2, BLOOM, b"abcd", 3, b"", True), "bad-rlp"),
        (oracle.plain(ID, 1, 2, 3, b"", BLOOM), "bad-number"),  # read as RLP6, which it is not
    ],
)
def test_what_is_malformed_is_named(payload, why):
    assert reason(decode, payload) == why


def test_a_plain_request_is_known_by_its_id():
    packet = oracle.plain(ID, 1, 2, 3, bytes(40), BLOOM)
    assert reason(decode_plain, packet) == "bad-cursor"
    assert plain_id(packet) == ID
    short = oracle.plain(ID[1:], 1, 2, 3, b"", BLOOM)
    assert reason(decode_plain, short) == "bad-id"
    assert plain_id(short) is None
    assert reason(decode_plain, b"\xc0") == "bad-rlp"
    assert plain_id(b"\x80") is None


@pytest.mark.parametrize(
    "change",
    [
        {"lower_s": -1},
        {"upper_s": 2**32},
        {"limit": 2**32},
        {"bloom": bytes(63)},
        {"cursor": bytes(40)},
        {"topics": (b"abc",)},
        {"form": Form.PLAIN},
        {"form": Form.LEGACY, "lower_s": 0xC0000000},
        {"form": Form.LEGACY, "bloom": b""},
    ],
)
def test_what_no_server_would_read_is_not_sent(change):
    with pytest.raises(ConfigError):
        encode(replace(REQUEST, **change))
