"""What exists while a mail server runs: its parts tied together, and its background work."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence

from waypost.config import MailServerConfig
from waypost.errors import ArchiveError
from waypost.mail.archive import ArchiveStats
from waypost.mail.completion import Failed
from waypost.mail.desk import Breach, Desk
from waypost.mail.sync_desk import SyncDesk, SyncFailed
from waypost.net.archive import Keeper
from waypost.net.clock import wall_clock_s
from waypost.net.mail.answers import answer_to, answer_to_server, refusal_of, sync_refusal
from waypost.net.mail.intake import Intake
from waypost.net.mail.metrics import MailMetrics
from waypost.net.mail.resume import ResumePoints
from waypost.net.mail.serving import Serving
from waypost.net.mail.stats import MailServerStats, Tally
from waypost.net.mail.syncing import Syncing
from waypost.net.whisper.node import WhisperNode
from waypost.net.whisper.peering import Peering, Walk
from waypost.rlpx.basics import Reason
from waypost.whisper.effects import Packet
from waypost.whisper.packets import Code

logger = logging.getLogger(__name__)


class LiveServer:
    """Made in a running event loop; `start` begins, `close` drains and ends everything."""

    def __init__(
        self,
        whisper: WhisperNode,
        keeper: Keeper,
        desk: Desk,
        sync_desk: SyncDesk,
        points: ResumePoints,
        config: MailServerConfig,
        metrics: MailMetrics,
    ) -> None:
        self.whisper = whisper
        self.keeper = keeper
        self._desk = desk
        self._sync_desk = sync_desk
        self._config = config
        self._tally = tally = Tally()
        self._intake = Intake(whisper, keeper, config, tally, metrics.commit_envelopes.observe)
        self._serving = Serving(whisper, keeper, config, tally, metrics.first_page_s.observe)
        self._syncing = Syncing(whisper, keeper, config, tally, points)
        self._peering = Peering(whisper.link, config.peering, config.host)
        self._finding: asyncio.Task[None] | None = None
        self._measured: ArchiveStats | None = None
        self._crashes: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._taking: asyncio.Task[None] | None = None
        self.closing = False
        whisper.on_arrival(self._intake.take)
        whisper.on_packet(self._received)
        whisper.on_disconnected(self._syncing.disconnected)
        whisper.on_disconnected(self._serving.disconnected)

    def start(self, sync_from: Sequence[str]) -> None:
        """Take in, forget what is old, and copy from these servers."""
        self._taking = self._run("intake", self._intake.run())
        if self._config.retention_days:
            self._run("retention", self._forget())
        for source in sync_from:
            self._run("sync", self._syncing.run(source))

    def find_peers(self, walk: Walk) -> None:
        """Connect with others, too, that discovery shows; it is told of one discovery."""
        if self._finding is None and self._config.peering.peer_count:
            self._finding = self._run("peering", self._peering.run(walk))

    def _run(self, name: str, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Work in the background until the server is closed. Should it end before, that is a
        problem of ours: it is logged, and said in `problems`.
        """

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                logger.error("a part of the server has ended", exc_info=error)
                self._crashes.append(f"{name} has ended: {error!r}: restart the server")

        task = asyncio.create_task(work, name=f"mail server: {name}")
        self._tasks.add(task)
        task.add_done_callback(ended)
        return task

    async def close(self) -> None:
        """Lets nobody in, takes nothing more, finishes answers as far as the time lasts, commits
        what was taken, tells peers that it quits, and closes the archive.
        """
        self.closing = True
        self.whisper.stop_listening()
        try:
            await self._serving.drain(self._config.drain_timeout_s)
            self._intake.close()
            if self._taking is not None:
                await asyncio.wait([self._taking])
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.whisper.close()
            await self.keeper.close()

    # ---- how it is

    @property
    def problems(self) -> list[str]:
        """Why it does not do all its work; empty where it does."""
        problems = list(self._crashes)
        if self.keeper.failure is not None:
            problems.append(f"the archive takes no more envelopes: {self.keeper.failure}")
        if self.closing:
            problems.append("it is shutting down")
        return problems

    async def measure(self) -> None:
        """Look what the archive holds, for the stats."""
        try:
            self._measured = await self.keeper.stats()
        except ArchiveError as error:
            logger.warning("the archive cannot be measured", extra={"reason": error.reason})

    @property
    def stats(self) -> MailServerStats:
        tally, serving = self._tally, self._serving
        desks = self._desk.refusals + self._sync_desk.refusals
        return MailServerStats(
            envelopes=tally.envelopes.copy(),
            requests=tally.requests.copy(),
            synced=tally.synced.copy(),
            delivered=tally.delivered.copy(),
            refusals=self.whisper.refusals + desks + serving.refusals,
            stored_count=self.keeper.stored_count,
            peer_count=len(self.whisper.peers),
            found=self._peering.outcomes.copy(),
            found_peer_count=self._peering.peer_count,
            served_count=serving.peer_count,
            intake_size_b=self._intake.waiting_size_b,
            copied_s=self._syncing.copied_s.copy(),
            healthy=not self.problems,
            archive=self._measured,
        )

    # ---- what comes, what goes

    def _received(self, packet: Packet) -> None:
        match packet.code:
            case Code.P2P_REQUEST:
                self._asked(packet.peer, packet.payload)
            case Code.SYNC_REQUEST:
                self._asked_to_sync(packet.peer, packet.payload)
            case Code.SYNC_RESPONSE:
                self._syncing.receive(packet.peer, packet.payload)

    def _asked(self, peer: bytes, payload: bytes) -> None:
        host = self.whisper.peers[peer].host
        opened = self._desk.open(peer, host, payload, wall_clock_s())
        if isinstance(opened, Breach):
            self._hang_up(peer)
        elif isinstance(opened, Failed):
            self._tally.requests["refused"] += 1
            self.whisper.send(peer, *refusal_of(opened))
        else:
            self._serving.take(peer, answer_to(opened, self._config.bundle_size_max_b))

    def _asked_to_sync(self, peer: bytes, payload: bytes) -> None:
        opened = self._sync_desk.open(peer, payload, wall_clock_s())
        if isinstance(opened, Breach):
            self._hang_up(peer)
        elif isinstance(opened, SyncFailed):
            self._tally.requests["refused"] += 1
            self.whisper.send(peer, *sync_refusal(opened.text))
        else:
            self._serving.take(peer, answer_to_server(opened, self._config.bundle_size_max_b))

    def _hang_up(self, peer: bytes) -> None:
        self._tally.requests["breach"] += 1
        self.whisper.disconnect(peer, Reason.SUBPROTOCOL)

    async def _forget(self) -> None:
        """Retention: what is older than its days leaves in small steps."""
        days = self._config.retention_days
        while True:
            try:
                count = await self.keeper.prune_older_than(days, wall_clock_s())
                if count:
                    logger.info("old envelopes were removed", extra={"count": count})
            except ArchiveError as error:
                logger.warning("old envelopes stay", extra={"reason": error.reason})
            await asyncio.sleep(self._config.retention_interval_s)
