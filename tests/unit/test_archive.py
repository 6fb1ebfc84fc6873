"""The archive: what it keeps, what it answers, what it refuses."""

import pytest

from waypost._ext.bloom import FULL, bloom_of
from waypost.config import ArchiveConfig
from waypost.errors import ArchiveError, ConfigError
from waypost.mail.archive import NO_HASH, Page, Query, position_of
from waypost.net.archive import SqliteArchive
from waypost.whisper.envelope import Envelope

TOPICS = [bytes([each, 0, 7, each]) for each in range(6)]


def envelope(number: int, topic: bytes = TOPICS[0], sent_s: int | None = None) -> Envelope:
    sent_s = 1000 + number if sent_s is None else sent_s
    return Envelope.create(expiry_s=sent_s + 50, ttl_s=50, topic=topic, data=b"data", nonce=number)


def everything(**settings) -> Query:
    return Query(**{"lower_s": 0, "upper_s": 0xFFFFFFFF, "limit": 100} | settings)


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
    assert archive.query(everything()) == page
    archive.close()
    again = SqliteArchive(tmp_path / "archive")
    assert again.append(envelopes) == 0
    assert again.query(everything()) == page
    again.close()


def test_an_empty_page(archive):
    assert archive.query(everything()) == Page((), NO_HASH, b"")
    assert archive.query(everything(lower_s=5, upper_s=4)) == Page(())


def test_a_page_ends_with_a_cursor_where_more_is_left(archive):
    envelopes = [envelope(number) for number in range(4)]
    archive.append(envelopes)
    first = archive.query(everything(limit=3))
    assert first.cursor == position_of(envelopes[2])
    assert first.last_hash == envelopes[2].hash
    rest = archive.query(everything(limit=3, cursor=first.cursor))
    assert rest == Page((envelopes[3].raw,), envelopes[3].hash)
    whole = archive.query(everything(limit=4))
    assert whole.cursor == b""
    backwards = archive.query(everything(limit=3, newest_first=True))
    assert backwards.raws == tuple(each.raw for each in envelopes[:0:-1])
    assert backwards.cursor == position_of(envelopes[1])


def test_both_ends_of_the_range_are_included_also_the_last_second(archive):
    envelopes = [envelope(number, sent_s=0xFFFFFFFF - 52 + number) for number in range(3)]
    archive.append(envelopes)
    last_s = envelopes[-1].sent_s
    assert len(archive.query(everything(lower_s=last_s - 1, upper_s=last_s)).raws) == 2
    assert len(archive.query(everything(lower_s=last_s - 2, upper_s=last_s - 1)).raws) == 2
    assert len(archive.query(everything(lower_s=last_s)).raws) == 1


def test_topics_and_blooms(archive):
    envelopes = [envelope(number, TOPICS[number % 6]) for number in range(24)]
    archive.append(envelopes)
    some = frozenset(TOPICS[1:3])
    wanted = tuple(each.raw for each in envelopes if each.topic in some)
    assert archive.query(everything(topics=some)).raws == wanted
    assert archive.query(everything(topics=some, newest_first=True)).raws == wanted[::-1]
    assert archive.query(everything(topics=some, bloom=FULL)).raws == wanted
    assert len(archive.query(everything(bloom=FULL)).raws) == 24
    bloom = bloom_of(some)
    wanted = tuple(each.raw for each in envelopes if each.matches(bloom))
    assert archive.query(everything(bloom=bloom)).raws == wanted
    assert archive.query(everything(topics=frozenset())).raws == ()
    assert archive.query(everything(bloom=bytes(64))).raws == ()


def test_pruning_takes_the_oldest_in_steps(archive):
    archive.append([envelope(number, TOPICS[number // 4]) for number in range(8)])
    assert archive.prune(1005, 3) == 3
    assert archive.stats().topic_count == 2
    assert archive.prune(1005, 3) == 2
    assert archive.prune(1005, 3) == 0
    stats = archive.stats()
    assert (stats.envelope_count, stats.topic_count) == (3, 1)
    assert (stats.oldest_s, stats.newest_s) == (1005, 1007)
    assert archive.query(everything(bloom=bloom_of([TOPICS[0]]))).raws == ()
    archive.append([envelope(0)])
    assert len(archive.query(everything(bloom=bloom_of([TOPICS[0]]))).raws) == 1
    assert archive.prune(1 << 40, 100) == 4


@pytest.mark.parametrize(
    "settings", [{"limit": 0}, {"cursor": b"x"}, {"topics": frozenset([b"abc"])}, {"bloom": b""}]
)
def test_a_query_that_none_can_answer_is_a_mistake(settings):
    with pytest.raises(ConfigError):
        everything(**settings)


def test_what_was_sent_before_1970_is_a_mistake(archive):
    odd = Envelope.create(expiry_s=1, ttl_s=50, topic=TOPICS[0], data=b"")
    with pytest.raises(ConfigError):
        archive.append([odd])


def test_one_process_one_archive(tmp_path, archive):
    with pytest.raises(ArchiveError) as caught:
        SqliteArchive(tmp_path / "archive")
    assert caught.value.reason == "locked"


def test_a_closed_archive_says_so(tmp_path):
    archive = SqliteArchive(tmp_path / "archive", ArchiveConfig())
    archive.close()
    archive.close()
    for call in (archive.stats, lambda: archive.append([]), lambda: archive.query(everything())):
        with pytest.raises(ArchiveError) as caught:
            call()
        assert caught.value.reason == "closed"
