"""Disks that are full or damaged, files that are not ours, two at one archive."""

import shutil
import sqlite3

import pytest

from tests.archives import TOPICS, envelope, history, query, raws
from waypost.config import ArchiveConfig
from waypost.errors import ArchiveError
from waypost.net.archive import Keeper, SqliteArchive
from waypost.net.archive.schema import PAGE_SIZE_B

MANY = [envelope(number, TOPICS[number % 6], data=bytes(500)) for number in range(2000)]


def fill_disk(archive, page_count=0):
    """From now on the file takes so many pages more, and then SQLite finds the disk full."""
    (used,) = archive._writer.execute("PRAGMA page_count").fetchone()
    archive._writer.execute(f"PRAGMA max_page_count = {used + page_count}")


def damage(path, share):
    """Overwrites a part of the file, that far into it."""
    with path.open("r+b") as file:
        file.seek(int(path.stat().st_size * share) // PAGE_SIZE_B * PAGE_SIZE_B)
        file.write(b"\x5a" * PAGE_SIZE_B)


@pytest.fixture
def path(tmp_path):
    """An archive that holds MANY."""
    path = tmp_path / "archive"
    archive = SqliteArchive(path)
    archive.append(MANY)
    archive.close()
    return path


def test_a_full_disk_takes_nothing_of_a_batch(path):
    archive = SqliteArchive(path)
    before = archive.stats()
    fill_disk(archive, page_count=3)
    with pytest.raises(ArchiveError, match="free some on its disk") as caught:
        archive.append(
            [envelope(number, b"new!", data=bytes(500)) for number in range(5000, 6000)]
        )
    assert caught.value.reason == "full"
    after = archive.stats()
    assert (after.envelope_count, after.topic_count) == (before.envelope_count, 6)
    assert raws(history(archive, limit=1000)) == [each.raw for each in MANY]
    archive._writer.execute("PRAGMA max_page_count = 0x7fffffff")
    assert archive.append([envelope(5000, b"new!")]) == 1
    assert archive.stats().topic_count == 7
    archive.close()


async def test_a_full_disk_stops_intake_and_nothing_else(path):
    archive = SqliteArchive(path)
    async with Keeper(archive) as keeper:
        fill_disk(archive)
        for _ in range(2):
            with pytest.raises(ArchiveError) as caught:
                await keeper.append([envelope(n, data=bytes(500)) for n in range(5000, 6000)])
            assert caught.value.reason == keeper.failure.reason == "full"
        assert len((await keeper.query(query(limit=1000))).raws) == 1000
        assert (await keeper.stats()).envelope_count == len(MANY)


def test_damage_is_about_the_query_that_meets_it(path):
    damage(path, share=0.5)
    archive = SqliteArchive(path)
    good, reasons = 0, []
    for number in range(0, 2000, 100):
        span = {"lower_s": 1000 + number, "upper_s": 1099 + number}
        try:
            good += len(raws(history(archive, limit=30, **span)))
        except ArchiveError as error:
            reasons.append(error.reason)
    assert reasons in (["corrupt"], ["corrupt"] * 2)
    assert good >= 1800
    archive.close()


async def test_damage_stops_intake_and_nothing_else(path):
    damage(path, share=0.5)
    async with Keeper(SqliteArchive(path)) as keeper:
        with pytest.raises(ArchiveError, match="keep it aside") as caught:
            await keeper.append(MANY)
        assert caught.value.reason == "corrupt"
        with pytest.raises(ArchiveError):
            await keeper.append([envelope(9999)])
        assert len((await keeper.query(query())).raws) == 100


def test_damage_while_it_is_open(path):
    archive = SqliteArchive(path, ArchiveConfig(cache_size_b=1 << 16))
    damage(path, share=0.5)
    with pytest.raises(ArchiveError) as caught:
        history(archive)
    assert caught.value.reason == "corrupt"
    assert len(archive.query(query()).raws) == 100
    archive.close()


def test_one_process_one_archive(path):
    archive = SqliteArchive(path)
    with pytest.raises(ArchiveError, match="another process") as caught:
        SqliteArchive(path)
    assert caught.value.reason == "locked"
    archive.close()
    SqliteArchive(path).close()


def test_a_file_that_is_none_of_ours_stays_as_it_is(tmp_path):
    text, database = tmp_path / "text", tmp_path / "database"
    text.write_text("dear diary, " * 1000)
    other = sqlite3.connect(database)
    other.execute("CREATE TABLE envelopes (raw BLOB)")
    other.close()
    for path in (text, database):
        before = path.read_bytes()
        with pytest.raises(ArchiveError, match="another file") as caught:
            SqliteArchive(path)
        assert caught.value.reason == "foreign"
        assert path.read_bytes() == before


def test_a_file_of_a_newer_version_is_refused(path):
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 2")
    other.close()
    with pytest.raises(ArchiveError) as caught:
        SqliteArchive(path)
    assert caught.value.reason == "newer"


def test_a_place_that_cannot_be(tmp_path):
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "missing" / "archive", tmp_path / "folder"):
        with pytest.raises(ArchiveError) as caught:
            SqliteArchive(path)
        assert caught.value.reason == "unreachable"


def test_an_empty_file_becomes_an_archive(tmp_path):
    (tmp_path / "archive").touch()
    SqliteArchive(tmp_path / "archive").close()
    shutil.copy(tmp_path / "archive", tmp_path / "copy")
    archive = SqliteArchive(tmp_path / "copy")
    assert archive.append([envelope(1)]) == 1
    archive.close()


def test_a_closed_archive_says_so(path):
    archive = SqliteArchive(path)
    archive.close()
    archive.close()
    for call in (archive.stats, lambda: archive.append([]), lambda: archive.query(query())):
        with pytest.raises(ArchiveError) as caught:
            call()
        assert caught.value.reason == "closed"
