"""Mutated mail packets through what reads them: requests, ends of answers, what servers say.

What is read is written to the same bytes again, but for what no writer of ours writes.
"""

from collections import Counter

from tests.fuzz.build import mutate
from tests.oracle import mail as oracle
from waypost.config import MailServerConfig
from waypost.errors import MailError
from waypost.mail import completion, request, sync
from waypost.mail.desk import Breach, Desk, Order
from waypost.mail.items import ADVICE

COUNT = 2_000_000
NOW = 2**31
BLOOM, CURSOR, ID = bytes(range(64)), NOW.to_bytes(4, "big") + bytes(32), bytes(range(32))
DESK = Desk([bytes(32)], MailServerConfig(peer_request_count_max=0, host_request_count_max=0))


def requests():
    topics = [b"abcd", b"efgh"]
    return [
        oracle.legacy(1, 2),
        oracle.legacy(1, 2, BLOOM),
        oracle.legacy(1, 2, BLOOM, 3, CURSOR + b"abcd"),
        oracle.rlp6(1, 2**32 - 1, BLOOM, 3, CURSOR, True),
        oracle.rlp7(1, 2, BLOOM, topics, 300, CURSOR, False),
        oracle.rlp7(0, 0, b"", [], 0, b"", True),
    ]


def packets():
    return [
        oracle.plain(ID, NOW - 9, NOW, 3, CURSOR, BLOOM),
        oracle.plain(ID, NOW, 0, 1001, b"", b"", [b"abcd"]),
        oracle.encode_envelope(NOW + 9, 9, b"abcd", bytes(60), 3),
    ]


def ends():
    ends = [(), (ID,), (ID, CURSOR)]
    return [oracle.failed(ID, b"text"), *(oracle.completed(ID, *each) for each in ends)]


def copy_requests():
    return [oracle.sync_request(1, 2, BLOOM, limit, CURSOR) for limit in (1, 1000)]


def copy_answers():
    envelopes = [(9, 1, b"abcd", bytes(size_b), 5) for size_b in (0, 1, 60)]
    return [
        oracle.sync_response(envelopes, b"", False, b""),
        oracle.sync_response([], CURSOR, True, b"text"),
    ]


def request_read(data):
    try:
        read = request.decode(data)
    except MailError as refusal:
        return refusal.reason
    if read.form == request.Form.LEGACY:
        assert oracle.read_request(data)[1:3] == (read.lower_s, read.upper_s), data
    else:
        assert request.encode(read) == data, data
    return "request"


def packet_answered(data):
    answer = DESK.open(bytes(32), "::1", data, NOW)
    match answer:
        case Breach():
            assert request.plain_id(data) is None, data
            return "breach"
        case Order(query=query):
            assert 0 < query.limit <= 1000, data
            assert query.topics or query.bloom is None or len(query.bloom) == 64, data
            return "order"
    return "failed"


def end_read(data):
    try:
        end = completion.decode(data)
    except MailError as refusal:
        return refusal.reason
    again = completion.encode(end)
    assert completion.decode(again) == end, data
    return "end"


def copy_request_read(data):
    try:
        read = sync.decode_request(data)
    except MailError as refusal:
        return refusal.reason
    assert sync.encode_request(read) == data, data
    return "copy request"


def copy_answer_read(data):
    try:
        answer = sync.decode_response(data)
    except MailError as refusal:
        return refusal.reason
    assert all(each.raw in data for each in answer.envelopes), data
    return "copy answer"


TARGETS = (
    (requests(), request_read),
    (packets(), packet_answered),
    (ends(), end_read),
    (copy_requests(), copy_request_read),
    (copy_answers(), copy_answer_read),
)
OUTCOMES = ("request", "breach", "order", "failed", "end", "copy request", "copy answer")
OUTCOMES += tuple(reason for reason in ADVICE if reason != "bad-id")  # which has no answer


def run(count, seed):
    """{outcome: how often}, over `count` mutants."""
    outcomes = Counter(dict.fromkeys(OUTCOMES, 0))
    for number, (corpus, read) in enumerate(TARGETS):
        part = count // len(TARGETS)
        outcomes.update(mutate().plaintexts(corpus, read, part, seed + number))
    return outcomes
