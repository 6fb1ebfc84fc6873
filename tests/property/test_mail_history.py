"""However pages are cut and servers change, a history is exactly its window, each once."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.mailboxes import CONFIG, Mailbox, envelope, fetch, window
from waypost.mail.client.history import History

TOPICS = (b"mail", b"post", b"else")
archives = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 3), st.sampled_from(TOPICS)), max_size=60
).map(lambda sent: [envelope(second, number, topic) for second, number, topic in sent])
windows = st.tuples(
    st.integers(0, 60), st.integers(0, 60), st.sets(st.sampled_from(TOPICS), max_size=2)
).map(lambda three: window(min(three[:2]), max(three[:2]), tuple(three[2])))


class Filtering(Mailbox):
    """An honest server that looks at topics, as the window has them."""

    def __init__(self, envelopes, topics, newest_first, batch):
        asked = [one for one in envelopes if not topics or one.topic in topics]
        super().__init__(asked, newest_first, batch)


sessions = st.lists(
    st.tuples(
        st.booleans(),  # newest first
        st.booleans(),  # bundles
        st.integers(0, 3),  # whole pages before it fails
        st.integers(0, 8),  # envelopes of the page that it does not end
        st.integers(1, 8),  # how often it gives each of them
    ),
    max_size=5,
)


@given(archives, windows, sessions, st.integers(1, 9), st.integers(0, 10))
def test_a_history_is_exactly_its_window(archive, asked, failing, page_limit, overlap_s):
    config = replace(CONFIG, page_limit=page_limit, overlap_s=overlap_s)
    history = History(asked, config)
    fresh = []
    for newest_first, batch, page_count, rest_count, repeat_count in failing:
        server = Filtering(archive, asked.topics, newest_first, batch)
        fresh += fetch(history, server, page_count)
        if history.done:
            break
        for packet in server.answer(history.page()).packets[:rest_count] * repeat_count:
            fresh += history.receive(packet)
        history.open()
    if not history.done:
        fresh += fetch(history, Filtering(archive, asked.topics, False, True))
    assert history.done
    wanted = {
        one.hash
        for one in archive
        if asked.since_s <= one.sent_s <= asked.until_s
        and (not asked.topics or one.topic in asked.topics)
    }
    assert len(fresh) == len(wanted)
    assert {one.hash for one in fresh} == wanted


@given(archives, st.lists(st.integers(0, 60), min_size=1, max_size=5), st.integers(0, 20))
def test_histories_by_marks_follow_each_other_without_gap_or_repetition(archive, ends, overlap_s):
    config = replace(CONFIG, overlap_s=overlap_s)
    fresh, mark = [], None
    for until_s in [*sorted(ends), 60]:
        since_s = mark.since_s if mark else 0
        history = History(window(since_s, max(since_s, until_s)), config, mark=mark)
        fresh += fetch(history, Mailbox(archive))
        mark = history.mark()
    assert len(fresh) == len(set(archive))
    assert set(fresh) == set(archive)


acts = st.one_of(
    st.integers(0, 12),  # delivers the envelope of this second
    st.binary(min_size=1, max_size=2),  # ends its page, with this cursor
    st.none(),  # is left for another one
)


@given(st.lists(acts, max_size=60), st.integers(0, 3), st.integers(9, 20))
def test_whatever_servers_do_nothing_is_given_twice(script, overlap_s, seen_count_max):
    config = replace(
        CONFIG, overlap_s=overlap_s, page_limit=9, seen_count_max=seen_count_max,
        unasked_count_max=10**6,
    )  # fmt: skip
    history, fresh = History(window(), config), []
    history.page()
    for act in script:
        if isinstance(act, int):
            fresh += history.receive(envelope(act).raw)
        elif isinstance(act, bytes):
            history.completed(bytes(32), act)
            history.page()
        if act is None or history.fault:
            history.open()
            history.page()
        assert len(history._seen) <= seen_count_max
    assert len(fresh) == len({one.hash for one in fresh})


@given(st.lists(st.binary(max_size=80), max_size=20), st.binary(max_size=40))
def test_hostile_bytes_raise_nothing(packets, cursor):
    history = History(window(), CONFIG)
    for packet in packets:
        history.page()
        assert history.receive(packet) == []
        history.completed(bytes(32), cursor)


@given(st.integers(0, 100), st.integers(0, 100), st.integers(1, 40))
def test_pieces_are_the_window_in_order(since_s, length_s, span_s):
    pieces = window(since_s, since_s + length_s).pieces(span_s)
    seconds = [s for piece in pieces for s in range(piece.since_s, piece.until_s + 1)]
    assert seconds == [*range(since_s, since_s + length_s + 1)]
    assert all(piece.until_s - piece.since_s < span_s for piece in pieces)
