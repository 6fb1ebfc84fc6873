"""The archive against a sorted list: whatever is appended, pruned and asked for."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.archives import history, query, raws
from tests.oracle import archive as oracle
from waypost._ext.bloom import bloom_of
from waypost.config import ArchiveConfig
from waypost.mail.archive import position_of
from waypost.net.archive import SqliteArchive
from waypost.whisper.envelope import Envelope

LAST_S = 0xFFFFFFFF
TOPICS = [bytes.fromhex(each) for each in ("00000000", "10111200", "70a4beef", "ffffffff")]
TOPICS += [bytes([each]) * 4 for each in range(3, 8)]

times = st.sampled_from([*range(6), LAST_S - 2, LAST_S - 1, LAST_S])
topics = st.sampled_from(TOPICS)
envelopes = st.builds(
    lambda sent_s, topic, nonce: Envelope.create(
        expiry_s=sent_s, ttl_s=0, topic=topic, data=bytes(nonce), nonce=nonce
    ),
    times,
    topics,
    st.integers(0, 20),
)
batches = st.lists(envelopes, max_size=20)
blooms = st.lists(topics, max_size=3).map(bloom_of) | st.just(b"\xff" * 64)
asked = st.fixed_dictionaries(
    {
        "lower_s": times,
        "upper_s": times,
        "topics": st.none() | st.frozensets(topics, max_size=5),
        "bloom": st.none() | blooms,
        "newest_first": st.booleans(),
    }
)
# Bounds so tight that every way to answer is met.
configs = st.builds(
    ArchiveConfig,
    sync_on_commit=st.just(False),
    page_size_max_b=st.sampled_from([1, 100, 1 << 20]),
    merged_count_max=st.sampled_from([1, 3, 100]),
    tested_count_max=st.sampled_from([1, 5, 100]),
    examined_count_max=st.sampled_from([1, 4, 1000]),
    wal_size_max_b=st.sampled_from([1, 1 << 20]),
    known_topic_count_max=st.sampled_from([1, 100]),
)


class Both:
    """An archive and its oracle, to which the same is done."""

    def __init__(self, folder, config):
        self.ours = SqliteArchive(Path(folder) / "archive", config)
        self.oracle = oracle.Archive()

    def append(self, batch):
        rows = [(position_of(each), each.topic, each.raw) for each in batch]
        assert self.ours.append(batch) == self.oracle.append(rows)

    def prune(self, before_s, count_max):
        count = self.oracle.prune(before_s)
        while count > 0:
            step = self.ours.prune(before_s, count_max)
            assert step == min(count, count_max)
            count -= step
        assert self.ours.prune(before_s, count_max) == 0

    def check(self, limit, asked):
        pages = history(self.ours, limit=limit, **asked)
        found = self.oracle.query(**asked)
        assert raws(pages) == [raw for _, _, raw in found]
        at = 0
        for page in pages:
            at += len(page.raws)
            assert len(page.raws) <= limit
            assert page.last_hash == (found[at - 1][0][4:] if page.raws else bytes(32))

    def check_stats(self):
        stats, rows = self.ours.stats(), self.oracle.rows
        assert stats.envelope_count == len(rows)
        assert stats.topic_count == len(self.oracle.topics())
        ends = (oracle.sent_s(rows[0]), oracle.sent_s(rows[-1])) if rows else (None, None)
        assert (stats.oldest_s, stats.newest_s) == ends


@given(
    st.lists(batches | st.tuples(times, st.integers(1, 9)), max_size=6),
    st.lists(st.tuples(st.integers(1, 12), asked), min_size=1, max_size=3),
    configs,
)
@settings(max_examples=150)
def test_pages_together_are_the_answer(changes, queries, config):
    with TemporaryDirectory() as folder:
        both = Both(folder, config)
        for change in changes:
            both.append(change) if isinstance(change, list) else both.prune(*change)
        both.check_stats()
        for limit, each in queries:
            both.check(limit, each)
        both.ours.close()


@given(st.lists(batches, min_size=2, max_size=8), st.integers(1, 9), asked, configs)
@settings(max_examples=80)
def test_each_comes_once_while_others_arrive(batches, limit, asked, config):
    """What was there at the start comes once, and nothing comes twice; what arrives behind the
    cursor does not come."""
    with TemporaryDirectory() as folder:
        both = Both(folder, config)
        both.append(batches.pop())
        wanted = [raw for _, _, raw in both.oracle.query(**asked)]
        found, cursor = [], None
        while cursor != b"":
            page = both.ours.query(query(limit=limit, cursor=cursor or b"", **asked))
            found += page.raws
            cursor = page.cursor
            if batches:
                both.append(batches.pop())
        positions = [position_of(Envelope.parse(raw)) for raw in found]
        assert positions == sorted(set(positions), reverse=asked["newest_first"])
        assert set(wanted) <= set(found) <= {raw for _, _, raw in both.oracle.query(**asked)}
        both.ours.close()


@given(batches, st.binary(min_size=36, max_size=36) | envelopes.map(position_of), asked)
@settings(max_examples=80)
def test_any_cursor_is_a_place_in_time(batch, cursor, asked):
    with TemporaryDirectory() as folder:
        both = Both(folder, ArchiveConfig(sync_on_commit=False))
        both.append(batch)
        beyond = [
            raw
            for position, _, raw in both.oracle.query(**asked)
            if (position < cursor if asked["newest_first"] else position > cursor)
        ]
        page = both.ours.query(query(limit=1000, cursor=cursor, **asked))
        assert list(page.raws) == beyond
        both.ours.close()
