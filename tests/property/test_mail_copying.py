"""A copy is whole: in any order, in pages of any size, in as many lives as it takes, and however
late what it copies came.
"""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.archive import Archive
from tests.oracle.enr import keccak256
from tests.oracle.whisper import encode as encode_envelope
from waypost.config import MailServerConfig, WhisperConfig
from waypost.mail.ages import Copied
from waypost.mail.copying import Sync
from waypost.mail.sync import decode_request, encode_bundles, encode_end

START_S, TTL_S = 2**31, 9
TOPIC = b"abcd"


def row(sent_s, nonce):
    raw = encode_envelope(sent_s + TTL_S, TTL_S, TOPIC, b"", nonce)
    return sent_s.to_bytes(4, "big") + keccak256(raw), TOPIC, raw


def feed(copy, archive, newest_first):
    """What a page brings: the archive's answer, in bundles of two."""
    asked = decode_request(copy.request())
    rows = archive.query(asked.lower_s, asked.upper_s, newest_first=newest_first)
    if asked.cursor:
        rows = [each for each in rows if (each[0] > asked.cursor) != newest_first]
        rows = [each for each in rows if each[0] != asked.cursor]
    page = rows[: asked.limit]
    for at in range(0, len(page), 2):
        for payload in encode_bundles([raw for _, _, raw in page[at : at + 2]], 1 << 20):
            yield from copy.receive(payload)
    copy.receive(encode_end(page[-1][0] if len(rows) > len(page) else b""))


def begun(lower_s, upper_s, cursor, limit):
    return Sync(
        lower_s,
        upper_s,
        cursor=cursor,
        whisper=WhisperConfig(pow_min=0.0),
        config=MailServerConfig(sync_limit=limit),
    )


@given(
    st.sets(st.tuples(st.integers(START_S, START_S + 30), st.integers(0, 99)), max_size=40),
    st.integers(START_S, START_S + 15),
    st.integers(1, 7),
    st.booleans(),
    st.data(),
)
def test_a_copy_is_whole(sent, lower_s, limit, newest_first, data):
    archive, upper_s = Archive(), START_S + 20
    archive.append([row(*each) for each in sent])
    cursor, done, copied = b"", False, []
    while not done:
        copy = begun(lower_s, upper_s, cursor, limit)
        for _ in range(data.draw(st.integers(1, 3), label="pages before it is started again")):
            if not copy.done:
                copied += [each.raw for each in feed(copy, archive, newest_first)]
        cursor, done = copy.cursor, copy.done
    assert copied == [
        raw for _, _, raw in archive.query(lower_s, upper_s, None, None, newest_first)
    ]


# ---- round after round

AGES_S = (2, 6, 20)
END_S = START_S + 40  # after it nothing is sent


def copied_round(points, archive, now_s, page_count, newest_first):
    """A round that ends after so many pages: the envelopes that came, and the points it leaves."""
    copied, came = Copied(AGES_S, points), []
    for age_s in copied.points:
        span = copied.span(age_s, now_s)
        if not span.empty:
            copy = begun(span.lower_s, span.upper_s, span.cursor, 2)
            while not copy.done:
                if page_count == 0:
                    return came, copied.points
                page_count -= 1
                came += [each.raw for each in feed(copy, archive, newest_first)]
                if not copy.done:
                    copied.reached(age_s, span, copy.cursor)
        copied.ended(age_s, span)
    return came, copied.points


LETTER = st.tuples(  # sent, and how much later it came
    st.integers(START_S, END_S), st.integers(0, 3) | st.integers(0, AGES_S[-1]), st.integers(0, 9)
)
ROUNDS = st.dictionaries(  # the others do not take place: one of the servers is away
    st.integers(START_S, END_S + AGES_S[-1]), st.integers(0, 6) | st.just(99), max_size=40
)


@given(st.sets(LETTER, max_size=30), ROUNDS, st.booleans(), st.integers(0, 3))
def test_rounds_miss_nothing_however_late_and_ask_once_an_age(
    letters, rounds, newest_first, set_back_s
):
    archive, points, came = Archive(), {}, Counter()
    last_s = END_S + AGES_S[-1] + set_back_s + 1
    rounds[last_s - 1] = rounds[last_s] = 99  # the one may only end what had been cut off
    for now_s in range(START_S, last_s + 1):
        archive.append(
            [row(sent_s, n) for sent_s, late_s, n in letters if sent_s + late_s == now_s]
        )
        if now_s in rounds:
            clock_s = now_s - (set_back_s if now_s > END_S else 0)
            some, points = copied_round(points, archive, clock_s, rounds[now_s], newest_first)
            came.update(some)
    assert set(came) == {raw for _, _, raw in archive.rows}
    whole = set(rounds.values()) == {99} and not set_back_s
    assert not whole or max(came.values(), default=0) <= len(AGES_S)


@given(st.sets(LETTER, max_size=30), st.integers(0, AGES_S[-1]))
def test_a_server_that_was_away_copies_everything_once(letters, before_s):
    archive, points, came = Archive(), {}, Counter()
    archive.append([row(sent_s, n) for sent_s, _, n in letters])
    for now_s in (START_S + before_s, END_S + AGES_S[-1] * 2):
        some, points = copied_round(points, archive, now_s, 99, newest_first=False)
        came.update(some)
    again = {
        row(sent_s, n)[2] for sent_s, _, n in letters if sent_s <= START_S + before_s - AGES_S[0]
    }
    assert all(number == 1 for raw, number in came.items() if raw not in again)
    assert all(number <= 2 for number in came.values())
