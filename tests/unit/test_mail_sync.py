"""Mail servers that copy from each other: what they say (123, 124), who may, and who lies."""

from dataclasses import replace

import pytest

from tests.oracle import mail as oracle
from waypost._ext.bloom import FULL, bloom_of
from waypost._ext.envelope import Envelope
from waypost.config import MailServerConfig, WhisperConfig
from waypost.errors import ConfigError, MailError
from waypost.mail.archive import Query, position_of
from waypost.mail.copying import Sync
from waypost.mail.desk import Breach
from waypost.mail.sync import (
    SyncRequest,
    SyncResponse,
    decode_request,
    decode_response,
    encode_bundles,
    encode_end,
    encode_error,
    encode_request,
)
from waypost.mail.sync_desk import SyncDesk, SyncFailed, SyncOrder

LOWER, UPPER = 1_546_300_800, 1_546_300_900
FIELDS = [(LOWER + n + 50, 50, b"abcd", bytes(100), n) for n in range(5)]
ENVELOPES = [Envelope.parse(oracle.encode_envelope(*each)) for each in FIELDS]
RAWS = [each.raw for each in ENVELOPES]
CURSOR = position_of(ENVELOPES[1])
REQUEST = SyncRequest(lower_s=LOWER, upper_s=UPPER, limit=10, cursor=CURSOR)
PEER = bytes(range(32))
LAX = WhisperConfig(pow_min=0.0)


# ---- what they say


def test_a_request_is_written_as_real_servers_do():
    payload = encode_request(REQUEST)
    assert payload == oracle.sync_request(LOWER, UPPER, FULL, 10, CURSOR)
    assert decode_request(payload) == REQUEST


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"limit": 0}, "bad-sync"),
        ({"limit": 1001}, "bad-sync"),
        ({"upper_s": LOWER - 1}, "bad-sync"),
        ({"bloom": bytes(63)}, "bad-bloom"),
        ({"cursor": bytes(40)}, "bad-cursor"),
        ({"lower_s": 2**32}, "bad-number"),
    ],
)
def test_a_request_that_real_servers_hang_up_on(change, why):
    bad = replace(REQUEST, **change)
    fields = bad.lower_s, bad.upper_s, bad.bloom, bad.limit, bad.cursor
    with pytest.raises(MailError, match=why):
        decode_request(oracle.sync_request(*fields))
    with pytest.raises(ConfigError):
        encode_request(bad)


def test_a_request_of_another_shape():
    with pytest.raises(MailError, match="bad-rlp"):
        decode_request(b"\xc0")


def test_an_answer_is_bundles_and_an_end():
    whole = oracle.sync_response(FIELDS, b"", False, b"")
    assert list(encode_bundles(RAWS, len(whole) + 2)) == [whole]
    parts = list(encode_bundles(RAWS, 2 * len(RAWS[0]) + 11))
    assert parts == [
        oracle.sync_response(FIELDS[at : at + 2], b"", False, b"") for at in (0, 2, 4)
    ]
    assert len(list(encode_bundles(RAWS, 2 * len(RAWS[0]) + 10))) == 5
    assert encode_end(CURSOR) == oracle.sync_response([], CURSOR, True, b"")
    assert encode_error("no") == oracle.sync_response([], b"", False, b"no")
    assert decode_response(whole) == SyncResponse(tuple(ENVELOPES))
    assert decode_response(encode_end(CURSOR)) == SyncResponse(cursor=CURSOR, final=True)
    assert decode_response(encode_error("no")) == SyncResponse(error="no")


def test_an_envelope_that_fits_no_packet_is_left_out():
    assert list(encode_bundles(RAWS, len(RAWS[0]) + 10)) == []
    parts = list(encode_bundles(RAWS, len(RAWS[0]) + 11))
    assert [decode_response(part).envelopes for part in parts] == [(each,) for each in ENVELOPES]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "bad-rlp"),
        (b"\xc3\xc0\x80\x80", "bad-rlp"),
        (oracle.sync_response([], b"", True, b"") + b"\0", "bad-rlp"),
        (b"\xc4\x80\x80\x80\x80", "bad-envelope"),
        (b"\xc5\xc1\x80\x80\x80\x80", "bad-envelope"),
        (oracle.sync_response([], bytes(40), True, b""), "bad-cursor"),
        (oracle.sync_response([], b"", 2, b""), "bad-flag"),
        (b"\xc4\xc0\x80\x80\xc0", "bad-rlp"),
    ],
)
def test_answers_that_are_malformed(payload, why):
    with pytest.raises(MailError, match=why):
        decode_response(payload)


# ---- who may ask


def opened(request=REQUEST, known=(PEER,), payload=None, **settings):
    desk = SyncDesk(frozenset(known), MailServerConfig(**settings))
    return desk.open(PEER, payload or encode_request(request), 0.0)


def test_a_server_that_is_known_is_given_everything():
    query = Query(lower_s=LOWER, upper_s=UPPER, limit=10, cursor=CURSOR)
    assert opened() == SyncOrder(query)
    assert opened(replace(REQUEST, bloom=b"")) == SyncOrder(query)
    bloom = bloom_of([b"abcd"])
    assert opened(replace(REQUEST, bloom=bloom)) == SyncOrder(replace(query, bloom=bloom))


def test_strangers_are_refused_unless_the_settings_open_it():
    assert isinstance(opened(known=()), SyncFailed)
    assert isinstance(opened(known=(), sync_open=True), SyncOrder)


def test_a_malformed_request_is_a_breach():
    assert opened(payload=b"\xc0") == Breach("bad-rlp")


def test_requests_of_servers_are_counted():
    desk = SyncDesk({PEER}, MailServerConfig(peer_request_count_max=1))
    payload = encode_request(REQUEST)
    assert isinstance(desk.open(PEER, payload, 0.0), SyncOrder)
    assert desk.open(PEER, payload, 1.0) == SyncFailed("requests per seconds limit exceeded")
    assert desk.refusals == {"rate": 1}


# ---- copying


def bundle(*envelopes):
    return next(encode_bundles([each.raw for each in envelopes], 1 << 20))


def page(sync, *envelopes, end=None):
    """Feeds a page; the end's cursor is that of the last envelope where none is given."""
    sync.request()
    found = sync.receive(bundle(*envelopes)) if envelopes else []
    sync.receive(encode_end(position_of(envelopes[-1]) if end is None else end))
    return found


def sync_of(**kwargs):
    return Sync(LOWER, UPPER, **{"whisper": LAX, **kwargs})


@pytest.mark.parametrize("turn", [1, -1])
def test_a_copy_goes_page_by_page_in_either_order(turn):
    sync, given = sync_of(), ENVELOPES[::turn]
    assert page(sync, *given[:2]) == given[:2]
    assert (sync.done, sync.asked, sync.cursor) == (False, False, position_of(given[1]))
    assert decode_request(sync.request()).cursor == sync.cursor
    assert page(sync, *given[2:4]) == given[2:4]
    assert page(sync, given[4], end=b"") == [given[4]]
    assert sync.done


@pytest.mark.parametrize("turn", [1, -1])
def test_a_copy_goes_on_in_another_life(turn):
    given = ENVELOPES[::turn]
    sync = sync_of(cursor=position_of(given[1]))
    assert page(sync, *given[2:4]) == given[2:4]
    assert sync.cursor == position_of(given[3])


def test_what_the_other_server_is_less_strict_about_is_left_out():
    short = Envelope.create(expiry_s=LOWER, ttl_s=0, topic=b"abcd", data=b"")
    large = Envelope.create(expiry_s=LOWER + 9, ttl_s=9, topic=b"abcd", data=bytes(200))
    work = ENVELOPES[0].pow
    some = [each for each in ENVELOPES if each.pow < work]
    sync = sync_of(whisper=WhisperConfig(pow_min=work, envelope_size_max_b=120))
    sync.request()
    taken = sync.receive(bundle(short, large.sealed(large.search(0, 4096, 12)[1]), *ENVELOPES))
    assert taken == [each for each in ENVELOPES if each.pow >= work]
    assert sync.refusals == {"low-work": len(some) + 1, "too-large": 1}


def test_an_error_ends_it():
    sync = sync_of()
    sync.request()
    with pytest.raises(MailError, match="refused: no") as refusal:
        sync.receive(encode_error("no"))
    assert refusal.value.reason == "refused"
    with pytest.raises(MailError, match="unasked"):
        sync.receive(encode_end(b""))


def test_what_was_not_asked_for_is_refused():
    with pytest.raises(MailError, match="unasked"):
        sync_of().receive(bundle(ENVELOPES[0]))
    early = Sync(LOWER + 1, UPPER, whisper=LAX)
    early.request()
    with pytest.raises(MailError, match="out-of-range"):
        early.receive(bundle(ENVELOPES[0]))
    few = sync_of(config=MailServerConfig(sync_limit=4))
    few.request()
    few.receive(bundle(*ENVELOPES[:4]))
    with pytest.raises(MailError, match="too-many"):
        few.receive(bundle(ENVELOPES[4]))


def test_packets_with_nothing_are_refused():
    sync = sync_of()
    sync.request()
    with pytest.raises(MailError, match="empty"):
        sync.receive(oracle.sync_response([], b"", False, b""))


@pytest.mark.parametrize(
    "pages",
    [
        [([0, 1], 1), ([0, 1], 1)],  # the same page again
        [([0, 1], 1), ([2, 1], 2)],  # some of it again
        [([0, 1], 1), ([2, 3], 2)],  # a cursor that leaves out what came
        [([4, 3], 3), ([2, 1], 1), ([3], 3)],  # back again
        [([4, 3], 3), ([2, 3], 2)],
        [([0, 2], 1)],  # neither in front of what came nor behind
    ],
)
def test_pages_in_circles_are_refused(pages):
    sync = sync_of()
    for numbers, end in pages[:-1]:
        page(sync, *[ENVELOPES[n] for n in numbers], end=position_of(ENVELOPES[end]))
    numbers, end = pages[-1]
    with pytest.raises(MailError, match="stuck"):
        page(sync, *[ENVELOPES[n] for n in numbers], end=position_of(ENVELOPES[end]))


def test_pages_with_nothing_for_us_come_to_an_end():
    sync = sync_of(config=MailServerConfig(sync_fruitless_page_count_max=2))
    for number in range(2):
        page(sync, end=(LOWER + number).to_bytes(4, "big") + bytes(32))
    page(sync, ENVELOPES[3])
    for number in range(4, 6):
        page(sync, end=(LOWER + number).to_bytes(4, "big") + bytes(32))
    with pytest.raises(MailError, match="fruitless"):
        page(sync, end=(LOWER + 6).to_bytes(4, "big") + bytes(32))
