"""Answers go out a page of the archive at a time, to each peer in its turn."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace

from waypost.config import MailServerConfig
from waypost.errors import ArchiveError
from waypost.mail.archive import NO_HASH
from waypost.net.archive.keeper import Keeper
from waypost.net.clock import monotonic
from waypost.net.mail.answers import Answer
from waypost.net.mail.stats import Tally
from waypost.net.whisper.node import WhisperNode
from waypost.rlpx.basics import Reason

REFUSALS = {
    "busy": "too many requests of yours wait: ask for one after the other",
    "closing": "the server is shutting down: ask another one",
}
FAILED = "the archive cannot be read"

logger = logging.getLogger(__name__)


class Serving:
    """Answers each peer's requests one after the other, those of different peers at once.

    A peer's turn is one page; it gets the next turn once it has taken most of that one, so a slow
    peer costs what its link and one page hold, and no time of others. One that takes longer than
    config.push_timeout_s is disconnected.
    """

    def __init__(
        self,
        node: WhisperNode,
        keeper: Keeper,
        config: MailServerConfig,
        tally: Tally,
        on_first_page: Callable[[float], None],
    ) -> None:
        self.refusals: Counter[str] = Counter()
        self._node = node
        self._keeper = keeper
        self._config = config
        self._tally = tally
        self._on_first_page = on_first_page
        self._turns = asyncio.Semaphore(config.turn_count_max)  # first come, first served
        self._waiting: dict[bytes, deque[tuple[Answer, float]]] = {}
        self._tasks: dict[bytes, asyncio.Task[None]] = {}
        self._closed = False

    @property
    def peer_count(self) -> int:
        """Peers that are being answered."""
        return len(self._tasks)

    def take(self, peer: bytes, answer: Answer) -> None:
        """Answer a peer, after what it has asked before."""
        waiting = self._waiting.get(peer)
        if self._closed:
            self._refuse(peer, answer, "closing")
        elif waiting is None:
            self._waiting[peer] = deque([(answer, monotonic())])
            self._tasks[peer] = asyncio.create_task(self._serve(peer))
        elif len(waiting) < self._config.open_request_count_max:
            waiting.append((answer, monotonic()))
        else:
            self._refuse(peer, answer, "busy")

    def disconnected(self, peer: bytes) -> None:
        """A link has ended: a peer that comes back does not get what it asked for before."""
        if peer in self._tasks:
            self._tasks.pop(peer).cancel()
            self._tally.requests["gone"] += len(self._waiting.pop(peer))

    async def drain(self, timeout_s: float) -> None:
        """Take nothing more; finish the answers under way, as far as the time lasts."""
        self._closed = True
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=timeout_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
                logger.warning("answers were cut short", extra={"peers": len(late)})

    async def _serve(self, peer: bytes) -> None:
        """Everything that a peer has asked, until its link ends."""
        waiting = self._waiting[peer]
        try:
            while waiting:
                answer, asked_at = waiting[0]
                if self._closed:
                    self._refuse(peer, answer, "closing")
                else:
                    outcome = await self._answer(peer, answer, asked_at)
                    self._tally.requests[outcome] += 1
                    logger.debug(
                        "a request has ended",
                        extra={"peer": peer.hex(), "outcome": outcome},
                    )
                waiting.popleft()
        finally:
            if self._waiting.get(peer) is waiting:  # else its link has ended
                del self._waiting[peer], self._tasks[peer]

    async def _answer(self, peer: bytes, answer: Answer, asked_at: float) -> str:
        query, last_hash = answer.query, NO_HASH
        first = True
        while True:
            if (trouble := await self._unwritable(peer)) is not None:
                return trouble
            async with self._turns:
                try:
                    page = await self._keeper.query(query)
                except ArchiveError as error:
                    logger.error("a request could not be answered", extra={"reason": error.reason})
                    self._node.send(peer, *answer.failed(FAILED))
                    return "failed"
                self._node.send(peer, answer.code, *answer.page(page.raws))
            self._tally.delivered["envelopes"] += len(page.raws)
            self._tally.delivered["bytes"] += sum(map(len, page.raws))
            if first:
                self._on_first_page(monotonic() - asked_at)
                first = False
            last_hash = page.last_hash if page.raws else last_hash
            rest_count = query.limit - len(page.raws)
            if not page.cursor or rest_count <= 0:
                self._node.send(peer, *answer.end(last_hash, page.cursor))
                return "completed"
            query = replace(query, cursor=page.cursor, limit=rest_count)

    async def _unwritable(self, peer: bytes) -> str | None:
        """None once the peer has taken most of what it was sent; else what became of it."""
        try:
            async with asyncio.timeout(self._config.push_timeout_s):
                return None if await self._node.writable(peer) else "gone"
        except TimeoutError:
            self._node.disconnect(peer, Reason.PING_TIMEOUT)
            return "slow"

    def _refuse(self, peer: bytes, answer: Answer, refusal: str) -> None:
        self._tally.requests["refused"] += 1
        self.refusals[refusal] += 1
        self._node.send(peer, *answer.failed(REFUSALS[refusal]))
