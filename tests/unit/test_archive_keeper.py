"""The keeper: commits that are shared, queues that are bounded, an end that loses nothing."""

import asyncio
import threading
from contextlib import suppress

import pytest

from tests.archives import envelope, history, query, raws
from waypost.config import ArchiveConfig
from waypost.errors import ArchiveError, ConfigError
from waypost.net.archive import Keeper, SqliteArchive


class Held(SqliteArchive):
    """An archive whose appends wait until they are let go."""

    def __init__(self, path):
        super().__init__(path)
        self.go, self.batch_sizes = threading.Event(), []

    def append(self, envelopes):
        assert self.go.wait(60)
        self.batch_sizes.append(len(envelopes))
        return super().append(envelopes)


@pytest.fixture
def held(tmp_path):
    return Held(tmp_path / "archive")


@pytest.fixture
def archive(tmp_path):
    return SqliteArchive(tmp_path / "archive")


def start(keeper, batches):
    return [asyncio.create_task(keeper.append(batch)) for batch in batches]


async def settle():
    """Lets every task go as far as it can without a thread."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_callers_that_wait_share_a_commit(held):
    async with Keeper(held) as keeper:
        appends = start(keeper, [[envelope(number)] for number in range(100)])
        await settle()
        assert not any(append.done() for append in appends)
        held.go.set()
        await asyncio.gather(*appends)
        assert held.batch_sizes == [100]
        assert keeper.stored_count == 100
        assert len((await keeper.query(query())).raws) == 100


async def test_a_commit_is_bounded(held):
    held.go.set()
    async with Keeper(held, ArchiveConfig(commit_count_max=10)) as keeper:
        sizes = [1, 3, 7, 2, 30, 5]
        numbers = iter(range(100))
        await asyncio.gather(
            *start(keeper, [[envelope(next(numbers)) for _ in range(size)] for size in sizes])
        )
    assert held.batch_sizes == [4, 9, 30, 5]


@pytest.mark.parametrize(
    "bound", [{"queue_count_max": 10}, {"queue_size_max_b": 10 * len(envelope(0).raw)}]
)
async def test_appends_wait_for_room(held, bound):
    async with Keeper(held, ArchiveConfig(**bound)) as keeper:
        appends = start(keeper, [[envelope(number)] for number in range(50)])
        await settle()
        assert keeper._count == 10
        held.go.set()
        await asyncio.gather(*appends)
        assert keeper._count == keeper._size_b == 0
        await keeper.append([envelope(number) for number in range(100)])  # more than fits
    assert sum(held.batch_sizes) == 150


async def test_closing_commits_what_waits_and_takes_no_more(held, tmp_path):
    keeper = Keeper(held, ArchiveConfig(queue_count_max=10))
    appends = start(keeper, [[envelope(number)] for number in range(12)])
    await settle()
    closing = asyncio.create_task(keeper.close())
    await settle()
    held.go.set()
    done = await asyncio.gather(*appends, return_exceptions=True)
    assert done[:10] == [None] * 10
    assert [error.reason for error in done[10:]] == ["closed"] * 2
    await closing
    await keeper.close()
    for call in (keeper.append([]), keeper.query(query()), keeper.prune_older_than(1, 0)):
        with pytest.raises(ArchiveError, match="closed"):
            await call
    again = SqliteArchive(tmp_path / "archive")
    assert again.stats().envelope_count == 10
    again.close()


class Stuck:
    """An archive whose queries hang, though it closes at once, or cannot close at all."""

    def __init__(self, trouble=None):
        self.asked, self.go, self.trouble = threading.Event(), threading.Event(), trouble

    def query(self, query):
        self.asked.set()
        assert self.go.wait(60)

    def close(self):
        if self.trouble is not None:
            raise self.trouble


async def test_closing_leaves_the_loop_free_while_a_query_hangs():
    stuck = Stuck()
    keeper = Keeper(stuck)
    asked = asyncio.create_task(keeper.query(query()))
    await asyncio.to_thread(stuck.asked.wait, 60)
    asyncio.get_running_loop().call_later(0.1, stuck.go.set)
    await keeper.close()
    assert stuck.go.is_set()
    assert await asked is None


async def test_an_archive_that_does_not_close_leaves_no_threads():
    keeper = Keeper(Stuck(ArchiveError("io", "the disk fails")))
    with pytest.raises(ArchiveError, match="the disk fails"):
        await keeper.close()
    assert keeper._writer._shutdown
    assert keeper._readers._shutdown


async def test_a_caller_that_left_disturbs_nobody(held):
    async with Keeper(held) as keeper:
        appends = start(keeper, [[envelope(number)] for number in range(3)])
        await settle()
        appends[1].cancel()
        held.go.set()
        await asyncio.gather(appends[0], appends[2])
        with suppress(asyncio.CancelledError):
            await appends[1]
        assert (await keeper.stats()).envelope_count == 3


async def test_a_store_that_breaks_is_a_failure(held):
    held.go.set()
    async with Keeper(held) as keeper:
        held.batch_sizes = None
        done = await asyncio.gather(
            *start(keeper, [[envelope(number)] for number in range(3)]), return_exceptions=True
        )
        assert [error.reason for error in done] == ["failed"] * 3
        assert keeper.failure.reason == "failed"


async def test_one_callers_mistake_is_nobody_elses(archive):
    odd = envelope(0, sent_s=0).create(expiry_s=1, ttl_s=50, topic=b"odd!", data=b"")
    async with Keeper(archive) as keeper:
        good, bad = start(keeper, [[envelope(1)], [odd]])
        await good
        with pytest.raises(ConfigError):
            await bad
        assert keeper.failure is None


async def test_retention_goes_in_steps_between_appends(archive):
    async with Keeper(archive, ArchiveConfig(prune_count_max=3)) as keeper:
        await keeper.append([envelope(number) for number in range(20)])
        pruning = asyncio.create_task(keeper.prune_older_than(1, 86_400 + 1010))
        await keeper.append([envelope(number) for number in range(20, 30)])
        assert await pruning == 10
        stats = await keeper.stats()
        assert (stats.oldest_s, stats.envelope_count) == (1010, 20)


async def test_readers_at_all_times_do_not_make_the_log_grow(tmp_path):
    config = ArchiveConfig(wal_size_max_b=1 << 20, sync_on_commit=False)
    log, longest_b, stopped = tmp_path / "archive-wal", 0, False
    async with Keeper(SqliteArchive(tmp_path / "archive", config), config) as keeper:

        async def read():
            while not stopped:
                await keeper.query(query(limit=1000))

        readers = [asyncio.create_task(read()) for _ in range(4)]
        for first in range(0, 20_000, 500):
            await keeper.append(
                [envelope(number, data=bytes(300)) for number in range(first, first + 500)]
            )
            longest_b = max(longest_b, log.stat().st_size)
        stopped = True
        await asyncio.gather(*readers)
    assert longest_b < 3 << 20


def test_threads_append_prune_and_query_at_once(archive):
    """Each thread does its part while the others do theirs."""
    failures = []

    def run(part):
        try:
            for number in range(30):
                part(number)
        except Exception as error:  # told of below
            failures.append(error)

    parts = [
        lambda number: archive.append([envelope(9 * number + each) for each in range(9)]),
        lambda number: archive.append([envelope(9000 + 9 * number + each) for each in range(9)]),
        lambda number: archive.prune(1000 + number, 5),
        lambda number: history(archive, limit=50),
        lambda number: history(archive, limit=50, topics=frozenset([envelope(0).topic])),
    ]
    threads = [threading.Thread(target=run, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert archive.stats().envelope_count == len(raws(history(archive)))
    archive.close()
