"""An archive on threads of its own, for an event loop that must not wait for a disk."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from waypost.config import ArchiveConfig
from waypost.errors import ArchiveError
from waypost.mail.archive import Archive, ArchiveStats, Page, Query
from waypost.whisper.envelope import Envelope

T = TypeVar("T")
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Envelopes of one caller, who waits for their commit."""

    envelopes: Sequence[Envelope]
    size_b: int
    done: asyncio.Future[None]


class Keeper:
    """Appends and prunes on one thread, queries on another; those who append share commits.

    `async with` it: it closes the archive at the end, after what waits is committed. Once an
    append has failed, `failure` says why, and no more are taken until the program starts again;
    queries go on.
    """

    def __init__(self, archive: Archive, config: ArchiveConfig | None = None) -> None:
        self.archive = archive
        self.config = config or ArchiveConfig()
        self.failure: ArchiveError | None = None
        self.stored_count = 0  # envelopes that were new
        self._waiting: deque[_Waiting] = deque()
        self._count, self._size_b = 0, 0  # of what waits or is being committed
        self._room = asyncio.Condition()
        self._committing: asyncio.Task[None] | None = None
        self._writer = ThreadPoolExecutor(1, "waypost-archive-writer")
        self._reader = ThreadPoolExecutor(1, "waypost-archive-reader")
        self._closed = False

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
        """Keeps them; returns after their commit. It waits while too much is before it.

        Raises ArchiveError, from then on at once.
        """
        size_b = sum(len(each.raw) for each in envelopes)
        async with self._room:
            await self._room.wait_for(lambda: self._has_room(len(envelopes), size_b))
            self._check_intake()
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(_Waiting(envelopes, size_b, done))
            self._count += len(envelopes)
            self._size_b += size_b
            if self._committing is None:
                self._committing = asyncio.create_task(self._commit_all())
        await done

    async def query(self, query: Query) -> Page:
        """A page of what is committed. Raises ArchiveError, for this query alone."""
        return await self._on(self._reader, lambda: self.archive.query(query))

    async def stats(self) -> ArchiveStats:
        """What the archive holds. Raises ArchiveError."""
        return await self._on(self._reader, self.archive.stats)

    async def prune_older_than(self, days: float, now_s: int) -> int:
        """Forgets what was sent more than so many days ago, a little at a time: how many went.

        Appends go on in between. Raises ArchiveError.
        """
        before_s, count_max = now_s - int(days * _DAY_S), self.config.prune_count_max
        total = 0
        while True:
            count = await self._on(self._writer, lambda: self.archive.prune(before_s, count_max))
            total += count
            if count < count_max:
                return total

    async def close(self) -> None:
        """Commits what waits, then closes the archive."""
        self._closed = True
        if self._committing is not None:
            await self._committing
        async with self._room:
            self._room.notify_all()
        loop = asyncio.get_running_loop()
        if self._writer is not None:
            await loop.run_in_executor(self._reader, self.archive.close)
        self._writer.shutdown()
        self._reader.shutdown()

    async def _on(self, thread: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        if self._closed:
            raise ArchiveError("closed", "the keeper of the archive is closed")
        return await asyncio.get_running_loop().run_in_executor(thread, call)

    def _has_room(self, count: int, size_b: int) -> bool:
        """Whether so much may wait; what is larger than all the room waits alone."""
        fits = (
            self._count + count <= self.config.queue_count_max
            and self._size_b + size_b <= self.config.queue_size_max_b
        )
        return fits or not self._count or self._closed or self.failure is not None

    def _check_intake(self) -> None:
        if self.failure is not None:
            raise self.failure
        if self._closed:
            raise ArchiveError("closed", "the keeper of the archive is closed")

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
        """As many of those who wait as one commit takes."""
        batch, count = [self._waiting.popleft()], 0
        count = len(batch[0].envelopes)
        while self._waiting:
            count += len(self._waiting[0].envelopes)
            if count > self.config.commit_count_max:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _commit(self, batch: list[_Waiting]) -> None:
        envelopes = [envelope for each in batch for envelope in each.envelopes]
        loop = asyncio.get_running_loop()
        try:
            if self.failure is not None:
                raise self.failure
            self.stored_count += await loop.run_in_executor(
                self._writer, self.archive.append, envelopes
            )
        except ArchiveError as error:
            self.failure = error
            for each in batch:
                if not each.done.done():
                    each.done.set_exception(error)
        else:
            for each in batch:
                if not each.done.done():
                    each.done.set_result(None)
