"""A history from scripted servers: honest ones in either order, and each kind of lie."""

from dataclasses import replace

import pytest

from tests.mailboxes import (
    CONFIG,
    NO_HASH,
    SENT,
    Answer,
    Mailbox,
    envelope,
    fetch,
    window,
)
from tests.whispers import packet
from waypost._ext.bloom import bloom_of
from waypost.config import WhisperConfig
from waypost.errors import ConfigError, MailError
from waypost.mail.client.history import History
from waypost.mail.client.inspection import Fault
from waypost.mail.client.mark import HistoryMark
from waypost.mail.client.window import Window, topic_of


def hashes(envelopes):
    return sorted(one.hash for one in envelopes)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("batch", [False, True])
def test_pages_of_one_server(newest_first, batch):
    history = History(window(), CONFIG)
    fresh = fetch(history, Mailbox(SENT, newest_first, batch))
    assert hashes(fresh) == hashes(SENT)
    assert history.done
    assert history.progress == 1.0
    assert not history.refused
    assert history.page_count == 9  # the last one is empty: a full page always has a cursor


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_another_server_takes_over(first, second):
    history = History(window(), CONFIG)
    fresh = fetch(history, Mailbox(SENT, first), page_count=4)
    assert len(fresh) == 40
    assert not history.done
    history.open()
    page = history.page()
    assert page.cursor == b"", "a cursor goes to no other server"
    if first:
        assert (page.lower_s, page.upper_s) == (0, 120 + CONFIG.overlap_s)
    else:
        assert (page.lower_s, page.upper_s) == (119 - CONFIG.overlap_s, 1_000)
    fresh += fetch(history, Mailbox(SENT, second))
    assert hashes(fresh) == hashes(SENT)
    assert not history.refused, "what two servers give in the overlap is no repetition"


def test_a_page_that_was_not_ended_is_asked_again():
    history = History(window(), CONFIG)
    answer = Mailbox(SENT, batch=False).answer(history.page())
    fresh = [one for packet in answer.packets[:7] for one in history.receive(packet)]
    assert len(fresh) == 7
    history.open()
    assert history.page().lower_s == 0
    fresh += fetch(history, Mailbox(SENT))
    assert hashes(fresh) == hashes(SENT)


def test_only_the_overlap_is_remembered():
    history = History(window(), CONFIG)
    fetch(history, Mailbox(SENT), page_count=7)
    assert len(history._seen) == 2 * (CONFIG.overlap_s + 1)


def test_a_page_longer_than_the_memory_is_served_in_order():
    config = replace(CONFIG, form="legacy", seen_count_max=20)
    for newest_first in (False, True):
        history = History(window(), config)
        packets = Mailbox(SENT, newest_first, batch=False)
        page = replace(history.page(), limit=1_000)
        fresh = []
        for payload in packets.answer(page).packets:
            fresh += history.receive(payload)
            assert len(history._seen) <= 20
        history.completed(NO_HASH, b"")
        assert hashes(fresh) == hashes(SENT)
        assert history.done


def test_more_in_a_second_than_the_memory_holds_is_a_fault():
    history = History(window(), replace(CONFIG, form="legacy", seen_count_max=20))
    crowd = [envelope(100, number) for number in range(50)]
    fresh = history.receive(packet(*crowd))
    assert history.fault is Fault.CROWDED
    assert len(fresh) == 20


class Liar(Mailbox):
    """A server that changes its first honest answer."""

    def __init__(self, lie):
        super().__init__(SENT, batch=False)
        self.lie = lie

    def answer(self, page):
        return self.lie(page, super().answer(page))


def more_than_limit(page, answer):
    return replace(answer, packets=[*answer.packets, envelope(150).raw])


def foreign_last_hash(page, answer):
    return replace(answer, last_hash=bytes(31) + b"\1")


def stuck_cursor(page, answer):
    return replace(answer, cursor=b"c" * 36)


def for_ever(page, answer):
    number = int.from_bytes(page.cursor or b"\0", "big") + 1
    return Answer([], NO_HASH, number.to_bytes(36, "big"))


def the_same_page_for_ever(page, answer):
    first = Mailbox(SENT, batch=False).answer(replace(page, cursor=b""))
    number = int.from_bytes(page.cursor or b"\0", "big") + 1
    return replace(first, cursor=number.to_bytes(36, "big"))


def garbage(page, answer):
    return replace(answer, packets=[b"\xc1\xc0", *answer.packets])


def other_times(page, answer):
    number = int.from_bytes(page.cursor or b"\0", "big") + 1
    packets = [envelope(2_000 + number * 10 + i).raw for i in range(page.limit)]
    return Answer(packets, NO_HASH, number.to_bytes(36, "big"))


@pytest.mark.parametrize(
    ("lie", "fault"),
    [
        (more_than_limit, Fault.BEYOND_LIMIT),
        (foreign_last_hash, Fault.LAST_HASH),
        (stuck_cursor, Fault.STUCK_CURSOR),
        (for_ever, Fault.ENDLESS),
        (the_same_page_for_ever, Fault.UNASKED),
        (garbage, Fault.MALFORMED),
        (other_times, Fault.UNASKED),
    ],
)
def test_a_lie_ends_a_server_and_an_honest_one_completes(lie, fault):
    history = History(window(), CONFIG)
    fresh = fetch(history, Liar(lie))
    assert history.fault is fault
    assert fault.lie
    assert history.receive(SENT[0].raw) == [], "a server at fault is not listened to"
    history.open()
    fresh += fetch(history, Mailbox(SENT, newest_first=True))
    assert history.done
    assert hashes(fresh) == hashes(SENT)


def test_going_back_behind_a_settled_edge_is_refused():
    history = History(window(), CONFIG)
    fetch(history, Mailbox(SENT), page_count=6)
    history.page()
    late = envelope(101, 99)
    assert history.receive(late.raw) == []
    assert history.refused == {"out-of-order": 1}


def test_what_was_not_asked_for_is_refused_and_counted():
    config = replace(CONFIG, whisper=WhisperConfig(pow_min=5e-3), page_limit=100)
    history = History(window(100, 200, (b"mail",)), config)
    worked = next(one for n in range(10_000) if (one := envelope(150, n)).pow >= 1e-2)
    lazy = next(one for n in range(10_000) if (one := envelope(150, n)).pow < 5e-3)
    cases = [
        (worked, None),
        (worked, "repeated"),
        (lazy, "low-work"),
        (envelope(99), "out-of-range"),
        (envelope(201), "out-of-range"),
        (envelope(150, topic=b"else"), "wrong-topic"),
        (envelope(150, ttl_s=0), "no-lifetime"),
    ]
    for given, refusal in cases:
        before = history.refused.copy()
        fresh = history.receive(given.raw)
        assert fresh == ([given] if refusal is None else [])
        assert history.refused - before == ({refusal: 1} if refusal else {})
    assert history.fault is None


def test_what_only_the_bloom_lets_through_is_no_fault():
    topics = (b"mail", b"post")
    wide = bloom_of([*topics, b"else"])
    history = History(Window.of(0, 1_000, topics, wide), replace(CONFIG, page_limit=100))
    extra = [envelope(150, number, b"else") for number in range(50)]
    assert history.receive(packet(*extra, envelope(150))) == [envelope(150)]
    assert history.refused == {"surplus": 50}
    assert history.fault is None


def test_a_bloom_without_topics_is_what_is_asked_for():
    history = History(Window.of(0, 1_000, bloom=bloom_of([b"mail"])), CONFIG)
    mine = envelope(150)
    assert history.receive(packet(mine, envelope(150, topic=b"else"))) == [mine]
    assert history.refused == {"wrong-topic": 1}


def test_the_next_history_begins_before_the_end_of_the_last():
    first = History(window(0, 139), CONFIG)
    fetch(first, Mailbox(SENT))
    mark = HistoryMark.decode(first.mark().encode())
    assert mark == first.mark()
    assert mark.since_s == 139 - CONFIG.overlap_s
    late, new = envelope(136, 7), envelope(141)
    second = History(window(mark.since_s, 150), CONFIG, mark=mark)
    assert hashes(fetch(second, Mailbox([*SENT, late, new]))) == hashes([late, new])


def test_a_mark_of_a_dense_time_is_bounded():
    history = History(window(0, 139), replace(CONFIG, mark_count_max=10))
    fetch(history, Mailbox(SENT[-12:]))
    mark = history.mark()
    assert len(mark.hashes) <= 10
    assert all(one.hash in mark.hashes for one in SENT if one.sent_s >= mark.since_s)
    with pytest.raises(MailError, match="bad-mark"):
        HistoryMark.decode(mark.encode()[:-1])


@pytest.mark.parametrize("span", [(5, 4), (-1, 4), (0, 0xFFFFFFFF)])
def test_a_window_that_no_server_could_serve(span):
    with pytest.raises(ConfigError, match="seconds since 1970"):
        Window.of(*span)
    with pytest.raises(ConfigError, match="4 bytes"):
        Window.of(0, 1, [b"abc"])
    with pytest.raises(ConfigError, match="64 bytes"):
        Window.of(0, 1, bloom=b"")


def test_topics_as_users_write_them():
    assert topic_of("0xdeadbeef") == topic_of("deadbeef") == topic_of(b"\xde\xad\xbe\xef")
    for topic in ("0xdead", b"abc", "0xnonsense"):
        with pytest.raises(ConfigError, match="is no topic"):
            topic_of(topic)
