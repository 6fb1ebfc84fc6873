"""The keeper: commits shared, a bounded queue, an end that loses nothing."""

import asyncio

import pytest

from tests.unit.test_archive import envelope, everything
from waypost.config import ArchiveConfig
from waypost.errors import ArchiveError
from waypost.net.archive import Keeper, SqliteArchive


@pytest.fixture
def archive(tmp_path):
    return SqliteArchive(tmp_path / "archive")


async def test_callers_share_commits(archive):
    async with Keeper(archive) as keeper:
        await asyncio.gather(*(keeper.append([envelope(number)]) for number in range(100)))
        assert keeper.stored_count == 100
        assert len((await keeper.query(everything())).raws) == 100
        assert (await keeper.stats()).envelope_count == 100


async def test_closing_commits_what_waits(archive, tmp_path):
    async with Keeper(archive) as keeper:
        appends = [asyncio.create_task(keeper.append([envelope(n)])) for n in range(50)]
        await asyncio.sleep(0)
    await asyncio.gather(*appends)
    with pytest.raises(ArchiveError):
        await keeper.append([envelope(1)])
    again = SqliteArchive(tmp_path / "archive")
    assert again.stats().envelope_count == 50
    again.close()


async def test_retention(archive):
    config = ArchiveConfig(prune_count_max=3)
    async with Keeper(archive, config) as keeper:
        await keeper.append([envelope(number) for number in range(20)])
        assert await keeper.prune_older_than(1, 86_400 + 1010) == 10
        assert (await keeper.stats()).oldest_s == 1010
