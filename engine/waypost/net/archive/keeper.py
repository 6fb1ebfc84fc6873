"""An archive on threads of its own, for an event loop that must not wait for a disk."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from waypost.config import ArchiveConfig
from waypost.config.rule import require
from waypost.errors import ArchiveError
from waypost.mail.archive import Archive, ArchiveStats, Page, Query
from waypost.spans import DAY_S
from waypost.whisper.envelope import Envelope

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The envelopes of one caller, who waits for their commit."""

    envelopes: Sequence[Envelope]
    size_b: int
    done: asyncio.Future[None]


class Keeper:
    """Appends and prunes on one thread, queries on others; those who append share commits.

    `async with` it: at the end it commits what waits and closes the archive. Once an append has
    failed, `failure` is why, and no more are taken until the program starts again; queries go on.
    """

    def __init__(self, archive: Archive, config: ArchiveConfig | None = None) -> None:
        self.archive = archive
        self.config = config or ArchiveConfig()
        self.failure: ArchiveError | None = None
        self.stored_count = 0  # envelopes that were new
        self._waiting: deque[_Waiting] = deque()
        self._count, self._size_b = 0, 0  # of what waits or is being committed
        self._room = asyncio.Condition()  # notified when these change
        self._committing: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._writer = ThreadPoolExecutor(1, "waypost-archive-write")
        self._readers = ThreadPoolExecutor(self.config.reader_count, "waypost-archive-read")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def append(self, envelopes: Sequence[Envelope]) -> None:
        """Keeps them: returns after their commit. Waits first while too many are before them.

        One that is cancelled while it waits for the commit may be kept all the same. Raises
        ArchiveError, and ConfigError for an envelope that was sent before 1970.
        """
        require(all(each.sent_s >= 0 for each in envelopes), "an envelope sent before 1970")
        size_b = sum(len(each.raw) for each in envelopes)
        async with self._room:
            await self._room.wait_for(lambda: self._takes(len(envelopes), size_b))
            self._check_intake()
            waiting = _Waiting(envelopes, size_b, asyncio.get_running_loop().create_future())
            self._waiting.append(waiting)
            self._count += len(envelopes)
            self._size_b += size_b
            if self._committing is None:
                self._committing = asyncio.create_task(self._commit_all())
        await waiting.done

    async def query(self, query: Query) -> Page:
        """A page of what is committed. Raises ArchiveError, which is about this query alone."""
        return await self._on(self._readers, lambda: self.archive.query(query))

    async def stats(self) -> ArchiveStats:
        """What the archive holds. Raises ArchiveError."""
        return await self._on(self._readers, self.archive.stats)

    async def prune_older_than(self, days: float, now_s: int) -> int:
        """Forgets what was sent so many days ago or earlier, in small steps: how many went.

        Appends go on in between. Raises ArchiveError.
        """
        before_s, step = now_s - round(days * DAY_S), self.config.prune_count_max
        total = count = await self._on(self._writer, lambda: self.archive.prune(before_s, step))
        while count == step:
            count = await self._on(self._writer, lambda: self.archive.prune(before_s, step))
            total += count
        return total

    async def close(self) -> None:
        """Commits what waits, and closes the archive."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        async with self._room:
            self._room.notify_all()  # whoever waits for room is told
        if self._committing is not None:
            await self._committing
        try:
            await asyncio.get_running_loop().run_in_executor(self._writer, self.archive.close)
        finally:
            for threads in (self._writer, self._readers):  # a query may hang: not the loop
                await asyncio.to_thread(threads.shutdown)

    async def _on(self, threads: Executor, call: Callable[[], T]) -> T:
        self._check_open()
        return await asyncio.get_running_loop().run_in_executor(threads, call)

    def _check_open(self) -> None:
        if self._closing is not None:
            raise ArchiveError("closed", "the keeper of this archive is closed")

    def _check_intake(self) -> None:
        self._check_open()
        if self.failure is not None:
            raise self.failure.with_traceback(None)

    def _takes(self, count: int, size_b: int) -> bool:
        """Whether so much may wait now, or nothing more at all; the largest wait alone."""
        return (
            not self._count
            or (
                self._count + count <= self.config.queue_count_max
                and self._size_b + size_b <= self.config.queue_size_max_b
            )
            or self.failure is not None
            or self._closing is not None
        )

    async def _commit_all(self) -> None:
        """Commits while anything waits."""
        while self._waiting:
            batch = self._next_batch()
            await self._commit(batch)
            async with self._room:
                self._count -= sum(len(each.envelopes) for each in batch)
                self._size_b -= sum(each.size_b for each in batch)
                self._room.notify_all()
        self._committing = None

    def _next_batch(self) -> list[_Waiting]:
        """As many of those who wait as share a commit."""
        batch = [self._waiting.popleft()]
        count = len(batch[0].envelopes)
        while self._waiting:
            count += len(self._waiting[0].envelopes)
            if count > self.config.commit_count_max:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _commit(self, batch: list[_Waiting]) -> None:
        """Tells each of them once it is done, or that it will not be."""
        envelopes = [envelope for each in batch for envelope in each.envelopes]
        if self.failure is None:
            try:
                self.stored_count += await asyncio.get_running_loop().run_in_executor(
                    self._writer, self.archive.append, envelopes
                )
            except ArchiveError as error:
                self.failure = error
            except Exception as error:  # a fault of the store: those who wait have to know
                self.failure = ArchiveError("failed", repr(error))
        for each in batch:
            if each.done.done():
                continue  # cancelled
            if self.failure is None:
                each.done.set_result(None)
            else:
                each.done.set_exception(self.failure)
