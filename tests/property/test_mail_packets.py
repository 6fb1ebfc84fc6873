"""What clients and mail servers say to each other, against the oracle, both ways."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import mail as oracle
from tests.oracle.enr import Refused
from tests.oracle.whisper import encode as encode_envelope
from waypost._ext.secp256k1 import SecretKey
from waypost.config import MailServerConfig
from waypost.errors import MailError
from waypost.mail import completion, delivery, request, sync
from waypost.mail.completion import Completed, Failed
from waypost.mail.desk import Breach, Desk, Order
from waypost.mail.request import Form, MailRequest
from waypost.mail.sync_desk import SyncDesk, SyncFailed, SyncOrder

NOW = 2**31
uint32s = st.integers(0, 2**32 - 1)
blooms = st.one_of(st.just(b""), st.binary(min_size=64, max_size=64))
topics = st.lists(st.binary(min_size=4, max_size=4), max_size=4).map(tuple)
cursors = st.one_of(st.just(b""), st.binary(min_size=36, max_size=36))
ids = st.binary(min_size=32, max_size=32)
envelopes = st.tuples(
    uint32s, uint32s, st.binary(min_size=4, max_size=4), st.binary(max_size=80), uint32s
)
requests = st.builds(
    MailRequest,
    lower_s=uint32s,
    upper_s=uint32s,
    bloom=blooms,
    topics=topics,
    limit=uint32s,
    cursor=cursors,
    batch=st.booleans(),
)


def fields(asked):
    return asked.lower_s, asked.upper_s, asked.bloom, asked.topics, asked.limit, asked.cursor


def read_request(payload):
    asked = request.decode(payload)
    return (asked.form, *fields(asked), asked.batch)


def read_plain(packet):
    asked = request.decode_plain(packet)
    assert asked.batch
    assert request.plain_id(packet) == asked.id
    return (asked.id, *fields(asked))


def read_completion(payload):
    match completion.decode(payload):
        case Failed(request_id, text):
            return request_id, text
        case Completed(request_id, last_hash, cursor):
            return request_id, last_hash, cursor


def oracle_completion(payload):
    end = oracle.read_completion(payload)
    return (end[0], end[1][:256].decode("utf-8", "replace")) if len(end) == 2 else end


def read_sync_request(payload):
    asked = sync.decode_request(payload)
    return asked.lower_s, asked.upper_s, asked.bloom, asked.limit, asked.cursor


def read_sync_response(payload):
    answer = sync.decode_response(payload)
    raws = [each.raw for each in answer.envelopes]
    return raws, answer.cursor, answer.final, answer.error


def oracle_sync_response(payload):
    given, cursor, final, error = oracle.read_sync_response(payload)
    raws = [encode_envelope(*each) for each in given]
    return raws, cursor, final, error[:256].decode("utf-8", "replace")


READERS = {
    read_request: oracle.read_request,
    read_plain: oracle.read_plain,
    read_completion: oracle_completion,
    read_sync_request: oracle.read_sync_request,
    read_sync_response: oracle_sync_response,
}


def accepted(read, payload):
    """What is read, or None. Each reader tells the fault that it meets first."""
    try:
        return read(payload)
    except (MailError, Refused):
        return None


@given(requests, ids)
def test_requests_are_written_and_read_as_written_out(asked, request_id):
    lower_s, upper_s, bloom, listed, limit, cursor = fields(asked)
    seven = oracle.rlp7(lower_s, upper_s, bloom, listed, limit, cursor, asked.batch)
    assert request.encode(asked) == seven
    assert request.decode(seven) == asked
    assert oracle.read_request(seven) == read_request(seven)
    old = replace(asked, form=Form.RLP6)
    six = oracle.rlp6(lower_s, upper_s, bloom, limit, cursor, asked.batch)
    assert request.encode(old) == six
    assert request.decode(six) == replace(old, topics=())
    assert oracle.read_request(six) == read_request(six)
    bare = replace(asked, form=Form.PLAIN, id=request_id)
    plain = oracle.plain(request_id, lower_s, upper_s, limit, cursor, bloom, listed or None)
    assert request.encode(bare) == plain
    assert request.decode_plain(plain) == replace(bare, batch=True)
    assert oracle.read_plain(plain) == read_plain(plain)


@given(requests, st.binary(min_size=64, max_size=64), st.integers(0, 0xBFFFFFFF))
def test_binary_requests_are_written_and_read_as_written_out(asked, bloom, lower_s):
    written = oracle.legacy(lower_s, asked.upper_s, bloom, asked.limit, asked.cursor)
    read = request.decode(written)
    assert request.encode(read) == written
    assert oracle.read_request(written) == read_request(written)
    for size_b in (8, 72, 76):
        assert oracle.read_request(written[:size_b]) == read_request(written[:size_b])


@given(ids, ids, cursors, st.text(max_size=60))
def test_ends_are_written_and_read_as_written_out(request_id, last_hash, cursor, text):
    for end, payload in (
        (
            Completed(request_id, last_hash, cursor),
            oracle.completed(request_id, last_hash, cursor),
        ),
        (Failed(request_id, text), oracle.failed(request_id, text.encode())),
    ):
        assert completion.encode(end) == payload
        assert completion.decode(payload) == end


@given(st.lists(envelopes, max_size=4), cursors, st.booleans(), st.text(max_size=60))
def test_answers_between_servers_are_read_as_written_out(given_, cursor, final, text):
    written = oracle.sync_response(given_, cursor, final, text.encode())
    assert read_sync_response(written) == oracle_sync_response(written)
    assert read_sync_response(written)[3] == text
    raws = [encode_envelope(*each) for each in given_]
    for payload in sync.encode_bundles(raws, 1 << 20):
        assert payload == oracle.sync_response(given_, b"", False, b"")


def samples():
    bloom, cursor, request_id = bytes(range(64)), bytes(range(36)), bytes(range(32))
    return st.sampled_from(
        [
            oracle.legacy(1, 2, bloom, 3, cursor),
            oracle.rlp6(1, 2, bloom, 3, cursor, True),
            oracle.rlp7(1, 2, bloom, [b"abcd", b"efgh"], 300, cursor, False),
            oracle.plain(request_id, 1, 2, 3, cursor, bloom),
            oracle.plain(request_id, 1, 2, 3, b"", b"", [b"abcd"]),
            oracle.completed(request_id, request_id, cursor),
            oracle.failed(request_id, b"text"),
            oracle.sync_request(1, 2, bloom, 3, cursor),
            oracle.sync_response([(9, 1, b"abcd", b"data", 5)], cursor, True, b"text"),
        ]
    )


@given(samples(), st.data())
def test_mutants_get_the_verdict_of_the_oracle(payload, data):
    mutant = bytearray(payload)
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(mutant)))
        part = data.draw(st.binary(max_size=2))
        mutant[at : at + data.draw(st.integers(0, 2))] = part
    for read, twin in READERS.items():
        assert accepted(read, bytes(mutant)) == accepted(twin, bytes(mutant))


@given(st.one_of(st.binary(max_size=60), samples()), envelopes, st.data())
def test_desks_never_raise(payload, envelope, data):
    desk = Desk([SecretKey(bytes([1]) * 32), bytes(32)], MailServerConfig(pow_min=0.0))
    for packet in (payload, encode_envelope(*envelope)):
        assert isinstance(desk.open(bytes(32), "::1", packet, NOW), Order | Failed | Breach)
    known = {bytes(32)} if data.draw(st.booleans()) else set()
    found = SyncDesk(known).open(bytes(32), payload, NOW)
    assert isinstance(found, SyncOrder | SyncFailed | Breach)


@given(st.lists(st.integers(1, 400), max_size=30), st.integers(1, 900))
def test_bundles_hold_everything_and_are_as_large_as_they_may(sizes_b, size_max_b):
    raws = [encode_envelope(NOW, 1, b"abcd", bytes(size_b), 0) for size_b in sizes_b]
    parts = list(delivery.bundles(raws, size_max_b))
    assert [raw for part in parts for raw in part] == raws
    assert all(len(part) == 1 or len(oracle.bundled(part)) <= size_max_b for part in parts)
    for part, after in pairwise(parts):
        assert len(b"".join(part)) + len(after[0]) > size_max_b - 4
