"""What arrives goes into the archive; whoever sent it hears so after the commit, not before."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from waypost._ext.envelope import Envelope
from waypost.config import MailServerConfig
from waypost.errors import ArchiveError
from waypost.net.archive.keeper import Keeper
from waypost.net.mail.stats import Tally
from waypost.net.whisper.node import WhisperNode
from waypost.whisper.effects import Arrival

_OBJECT_SIZE_B = 256  # that a packet takes, each fault of it, and an envelope beside its data

logger = logging.getLogger(__name__)


class Intake:
    """Commits arrivals in the order in which they came, as many together as wait.

    While more than config.intake_size_max_b wait, whoever sends more is not read from, so nothing
    that was taken is lost. Once the archive has failed nothing is kept nor acknowledged: peers
    then know, the envelopes are relayed all the same, and what the archive holds is still served.
    """

    def __init__(
        self,
        node: WhisperNode,
        keeper: Keeper,
        config: MailServerConfig,
        tally: Tally,
        on_commit: Callable[[int], None],
    ) -> None:
        self._node = node
        self._keeper = keeper
        self._config = config
        self._tally = tally
        self._on_commit = on_commit
        self._waiting: deque[Arrival] = deque()
        self._waiting_size_b = 0
        self._paused: set[bytes] = set()
        self._wake = asyncio.Event()
        self._closed = False

    @property
    def waiting_size_b(self) -> int:
        """Of the envelopes that were taken and are not committed yet."""
        return self._waiting_size_b

    def take(self, arrival: Arrival) -> None:
        """Queue what has arrived. Duplicates of what still waits, too: they are acknowledged
        after it.
        """
        if self._closed or self._keeper.failure is not None:
            self._tally.envelopes["unkept"] += len(arrival.envelopes)
            return
        self._waiting.append(arrival)
        self._waiting_size_b += _size_b(arrival)
        self._wake.set()
        if self._waiting_size_b > self._config.intake_size_max_b:
            self._paused.add(arrival.peer)
            self._node.pause(arrival.peer)

    async def run(self) -> None:
        """Commit, until it is closed and nothing waits."""
        while self._waiting or not self._closed:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._commit(self._next())

    def close(self) -> None:
        """Take nothing more; `run` ends with the commit of what waits."""
        self._closed = True
        self._wake.set()

    def _next(self) -> list[Arrival]:
        """What is committed together: all that waits, up to a bound."""
        batch, count = [], 0
        while self._waiting and count < self._config.archive.commit_count_max:
            arrival = self._waiting.popleft()
            count += len(arrival.envelopes)
            batch.append(arrival)
        return batch

    async def _commit(self, batch: list[Arrival]) -> None:
        envelopes: list[Envelope] = [each for arrival in batch for each in arrival.envelopes]
        try:
            if envelopes:
                await self._keeper.append(envelopes)
                self._tally.envelopes["committed"] += len(envelopes)
                self._on_commit(len(envelopes))
            for arrival in batch:
                self._node.acknowledge(arrival)
        except ArchiveError as error:
            self._fail(error, len(envelopes))
        self._waiting_size_b -= sum(map(_size_b, batch))
        if self._waiting_size_b <= self._config.intake_size_max_b // 2:
            self._relieve()

    def _fail(self, error: ArchiveError, count: int) -> None:
        """Nothing is kept from now on, nor is what waits."""
        logger.error(
            "the archive takes no more envelopes: what it has is still served",
            extra={"reason": error.reason, "detail": str(error)},
        )
        count += sum(len(arrival.envelopes) for arrival in self._waiting)
        self._tally.envelopes["unkept"] += count
        self._waiting_size_b -= sum(map(_size_b, self._waiting))
        self._waiting.clear()

    def _relieve(self) -> None:
        for peer in self._paused:
            self._node.resume(peer)
        self._paused.clear()


def _size_b(arrival: Arrival) -> int:
    object_count = 1 + len(arrival.refused) + len(arrival.envelopes)
    return object_count * _OBJECT_SIZE_B + sum(each.size_b for each in arrival.envelopes)
