"""The archive: what it keeps, what it answers, what it refuses."""

import pytest

from tests.archives import TOPICS, envelope, history, query, raws
from waypost._ext.bloom import FULL, bloom_of
from waypost.config import ArchiveConfig
from waypost.errors import ConfigError
from waypost.mail.archive import NO_HASH, Page, position_of
from waypost.net.archive import SqliteArchive, queries
from waypost.whisper.envelope import Envelope


@pytest.fixture
def archive(tmp_path):
    archive = SqliteArchive(tmp_path / "archive")
    yield archive
    archive.close()


def test_what_was_appended_is_there_and_again_after_a_restart(tmp_path):
    envelopes = [envelope(number) for number in range(10)]
    archive = SqliteArchive(tmp_path / "archive")
    assert archive.append(envelopes[::-1]) == 10
    page = Page(tuple(each.raw for each in envelopes), envelopes[-1].hash)
    assert archive.query(query()) == page
    archive.close()
    again = SqliteArchive(tmp_path / "archive")
    assert again.append(envelopes) == 0
    assert again.query(query()) == page
    again.close()


def test_what_is_there_already_is_not_written_again(archive):
    envelopes = [envelope(number) for number in range(10)]
    archive.append(envelopes)
    size_b = archive.stats().size_b
    assert archive.append(envelopes) == archive.append([]) == 0
    assert archive.stats().size_b == size_b


def test_an_empty_page(archive):
    assert archive.query(query()) == Page((), NO_HASH, b"")
    assert archive.query(query(lower_s=5, upper_s=4)) == Page(())


def test_a_page_ends_with_a_cursor_where_more_is_left(archive):
    envelopes = [envelope(number) for number in range(4)]
    archive.append(envelopes)
    first = archive.query(query(limit=3))
    assert first.cursor == position_of(envelopes[2])
    assert first.last_hash == envelopes[2].hash
    rest = archive.query(query(limit=3, cursor=first.cursor))
    assert rest == Page((envelopes[3].raw,), envelopes[3].hash)
    whole = archive.query(query(limit=4))
    assert whole.cursor == b""
    backwards = archive.query(query(limit=3, newest_first=True))
    assert backwards.raws == tuple(each.raw for each in envelopes[:0:-1])
    assert backwards.cursor == position_of(envelopes[1])


def test_both_ends_of_the_range_are_included_also_the_last_second(archive):
    envelopes = [envelope(number, sent_s=0xFFFFFFFF - 52 + number) for number in range(3)]
    archive.append(envelopes)
    last_s = envelopes[-1].sent_s
    assert len(archive.query(query(lower_s=last_s - 1, upper_s=last_s)).raws) == 2
    assert len(archive.query(query(lower_s=last_s - 2, upper_s=last_s - 1)).raws) == 2
    assert len(archive.query(query(lower_s=last_s)).raws) == 1


def test_topics_and_blooms(archive):
    envelopes = [envelope(number, TOPICS[number % 6]) for number in range(24)]
    archive.append(envelopes)
    some = frozenset(TOPICS[1:3])
    wanted = tuple(each.raw for each in envelopes if each.topic in some)
    assert archive.query(query(topics=some)).raws == wanted
    assert archive.query(query(topics=some, newest_first=True)).raws == wanted[::-1]
    assert archive.query(query(topics=some, bloom=FULL)).raws == wanted
    assert len(archive.query(query(bloom=FULL)).raws) == 24
    bloom = bloom_of(some)
    wanted = tuple(each.raw for each in envelopes if each.matches(bloom))
    assert archive.query(query(bloom=bloom)).raws == wanted
    assert archive.query(query(topics=frozenset())).raws == ()
    assert archive.query(query(bloom=bytes(64))).raws == ()


def test_a_page_is_bounded_in_bytes_but_has_one(tmp_path):
    archive = SqliteArchive(tmp_path / "archive", ArchiveConfig(page_size_max_b=1000))
    sizes_b = (300, 300, 2000, 300, 5000)
    envelopes = [envelope(n, data=bytes(size_b)) for n, size_b in enumerate(sizes_b)]
    archive.append(envelopes)
    pages = history(archive)
    assert [len(page.raws) for page in pages] == [2, 1, 1, 1]
    assert raws(pages) == [each.raw for each in envelopes]
    archive.close()


@pytest.mark.parametrize(
    "settings", [{"tested_count_max": 2}, {"merged_count_max": 2}], ids=["tests", "merged"]
)
def test_of_many_topics_no_more_is_examined_than_allowed(tmp_path, settings):
    """A page may be empty, and goes on where the examining ended."""
    config = ArchiveConfig(examined_count_max=7, **settings)
    archive = SqliteArchive(tmp_path / "archive", config)
    rare = envelope(30, TOPICS[5])
    archive.append([*(envelope(number, TOPICS[2 + number % 2]) for number in range(30)), rare])
    asked = {"bloom": bloom_of([TOPICS[1], rare.topic])}
    if "merged_count_max" in settings:
        asked = {"topics": frozenset([b"none", b"nope", rare.topic])}
    first = archive.query(query(**asked))
    assert first == Page((), NO_HASH, position_of(envelope(6, TOPICS[2])))
    pages = history(archive, **asked)
    assert (raws(pages), len(pages)) == ([rare.raw], 5)
    archive.close()


@pytest.mark.parametrize("newest_first", [False, True])
def test_no_page_is_sorted(archive, newest_first):
    """Each is read along an index: a page costs its rows, not its range."""
    archive.append([envelope(number, TOPICS[number % 6]) for number in range(50)])
    reader, statements = archive._readers.get(), []
    reader.set_trace_callback(statements.append)
    for topics in (None, frozenset(TOPICS[:2])):
        asked = query(topics=topics, newest_first=newest_first)
        queries.page(reader, asked, archive.config)
    archive._readers.put(reader)
    plans = [
        " ".join(row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {each}"))
        for each in statements
        if each.startswith("SELECT")
    ]
    time, *topics = plans
    assert time.startswith("SEARCH envelopes USING PRIMARY KEY (position>? AND position<?)")
    assert len(topics) == 2
    for plan in topics:
        assert "USING INDEX by_topic (topic=? AND position>? AND position<?)" in plan
    assert not any("TEMP B-TREE" in plan for plan in plans)


def test_pruning_takes_the_oldest_in_steps(archive):
    archive.append([envelope(number, TOPICS[number // 4]) for number in range(8)])
    assert archive.prune(1005, 3) == 3
    assert archive.stats().topic_count == 2
    assert archive.prune(1005, 3) == 2
    assert archive.prune(1005, 3) == 0
    stats = archive.stats()
    assert (stats.envelope_count, stats.topic_count) == (3, 1)
    assert (stats.oldest_s, stats.newest_s) == (1005, 1007)
    assert archive.query(query(bloom=bloom_of([TOPICS[0]]))).raws == ()
    archive.append([envelope(0)])
    assert len(archive.query(query(bloom=bloom_of([TOPICS[0]]))).raws) == 1
    assert archive.prune(1 << 40, 100) == 4


@pytest.mark.parametrize(
    "settings", [{"limit": 0}, {"cursor": b"x"}, {"topics": frozenset([b"abc"])}, {"bloom": b""}]
)
def test_a_query_that_none_can_answer_is_a_mistake(settings):
    with pytest.raises(ConfigError):
        query(**settings)


def test_what_was_sent_before_1970_is_a_mistake(archive):
    odd = Envelope.create(expiry_s=1, ttl_s=50, topic=TOPICS[0], data=b"")
    with pytest.raises(ConfigError):
        archive.append([odd])
