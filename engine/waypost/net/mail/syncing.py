"""What other mail servers have and this one lacks is copied, round after round.

A round copies what is due at each age (`mail.ages`).
"""

import asyncio
import logging

from waypost.config import MailServerConfig
from waypost.enode import Enode
from waypost.errors import ArchiveError, LinkError, MailError
from waypost.mail.ages import Copied
from waypost.mail.copying import Sync
from waypost.net.archive import Keeper
from waypost.net.clock import wall_clock_s
from waypost.net.mail.resume import ResumePoints
from waypost.net.mail.stats import Tally
from waypost.net.whisper.node import WhisperNode
from waypost.rlpx.basics import Reason
from waypost.spans import DAY_S
from waypost.whisper.packets import Code

_SILENT = "silent"
_REFUSED = "refused"  # it says so: it is busy, or shuts down
_QUEUE_COUNT_MAX = 4  # packets of one server that wait; then it is not read from

logger = logging.getLogger(__name__)


class Syncing:
    """Copies from each server what has become due since the round before, in a task of its own.

    A page is committed before the next one is asked for, and before it counts as copied.
    """

    def __init__(
        self,
        node: WhisperNode,
        keeper: Keeper,
        config: MailServerConfig,
        tally: Tally,
        points: ResumePoints,
    ) -> None:
        self._node = node
        self._keeper = keeper
        self._config = config
        self._tally = tally
        self._points = points
        self.copied_s: dict[bytes, int] = {}  # by node id: when a round ended last, 0 for none
        self._answers: dict[bytes, asyncio.Queue[bytes | None]] = {}  # None: the link has ended

    async def run(self, source: str) -> None:
        """Copy from a server again and again, until the archive takes no more."""
        node_id = Enode.parse(source).node_id
        self.copied_s[node_id] = 0
        trouble = "not begun"
        while self._keeper.failure is None:
            try:
                count = await self._copy(source)
                self.copied_s[node_id] = wall_clock_s()
                if trouble:  # its end is news, too
                    trouble = ""
                    logger.info(
                        "another mail server has been copied up to now",
                        extra={"source": source, "envelopes": count},
                    )
            except (LinkError, MailError, ArchiveError) as error:
                if error.reason != trouble:  # is news
                    trouble = error.reason
                    logger.warning(
                        "another mail server cannot be copied now",
                        extra={"source": source, "reason": trouble, "detail": str(error)},
                    )
            await asyncio.sleep(self._config.sync_interval_s)

    def receive(self, peer: bytes, payload: bytes) -> None:
        """A packet 124."""
        answers = self._answers.get(peer)
        if answers is None:
            self._tally.synced["unasked"] += 1
            return
        answers.put_nowait(payload)
        if answers.qsize() >= _QUEUE_COUNT_MAX:
            self._node.pause(peer)

    def disconnected(self, peer: bytes) -> None:
        """A link has ended."""
        if peer in self._answers:
            self._answers[peer].put_nowait(None)

    async def _copy(self, source: str) -> int:
        """One round; how many envelopes came. Raises LinkError, MailError, ArchiveError."""
        peer = await self._node.dial(source)
        self._node.trust(peer)
        self._answers[peer] = asyncio.Queue()
        copied = Copied(self._config.sync_ages_s, self._points.get(peer))
        count = 0
        try:
            for age_s in copied.points:
                count += await self._copy_age(peer, copied, age_s)
        finally:
            del self._answers[peer]
            self._node.resume(peer)
        return count

    async def _copy_age(self, peer: bytes, copied: Copied, age_s: int) -> int:
        """What is due at an age; how many envelopes were kept."""
        config, now_s = self._config, wall_clock_s()
        kept_s = now_s - config.retention_days * DAY_S if config.retention_days else 0
        span = copied.span(age_s, now_s, kept_s)
        copy = Sync(
            span.lower_s,
            span.upper_s,
            cursor=span.cursor,
            whisper=config.whisper,
            config=config,
        )
        count = 0
        try:
            while not (span.empty or copy.done):
                self._node.send(peer, Code.SYNC_REQUEST, copy.request())
                while copy.asked:
                    count += await self._take(copy, await self._answer(peer))
                if not copy.done:
                    copied.reached(age_s, span, copy.cursor)
                    self._points.set(peer, copied.points)
        except MailError as error:
            self._node.disconnect(peer, Reason.SUBPROTOCOL)
            went_on = copy.cursor != span.cursor
            if not (error.reason == _SILENT or (error.reason == _REFUSED and went_on)):
                copied.reached(age_s, span, b"")  # its cursor led us there
                self._points.set(peer, copied.points)
            raise
        copied.ended(age_s, span)
        self._points.set(peer, copied.points)
        self._tally.synced["refused"] += copy.refusals.total()
        return count

    async def _take(self, copy: Sync, payload: bytes) -> int:
        """How many envelopes were kept."""
        envelopes = copy.receive(payload)
        if envelopes:
            await self._keeper.append(envelopes)
            self._tally.synced["committed"] += len(envelopes)
        return len(envelopes)

    async def _answer(self, peer: bytes) -> bytes:
        answers = self._answers[peer]
        if answers.empty():
            self._node.resume(peer)
        try:
            async with asyncio.timeout(self._config.sync_timeout_s):
                answer = await answers.get()
        except TimeoutError:
            raise MailError(_SILENT, "it does not answer") from None
        if answer is None:
            raise LinkError("closed", "it hung up")
        return answer
