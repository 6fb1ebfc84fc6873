"""`MailServer`: a Whisper node that archives what it hears, and gives it to those who ask."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Self

from waypost._ext.secp256k1 import SecretKey
from waypost.config import MailServerConfig
from waypost.enode import Enode
from waypost.errors import ConfigError, NodeError, RecordError
from waypost.keys import PrivateKey
from waypost.mail.archive import Archive
from waypost.mail.desk import Desk
from waypost.mail.sync_desk import SyncDesk
from waypost.net.archive import Keeper, SqliteArchive
from waypost.net.discv5.endpoint import Endpoint, parse_endpoint
from waypost.net.discv5.node import Node
from waypost.net.mail.live import LiveServer
from waypost.net.mail.metrics import MailMetrics
from waypost.net.mail.resume import ResumePoints
from waypost.net.mail.stats import MailServerStats
from waypost.net.whisper.node import WhisperNode
from waypost.whisper.symmetric import key_from_password

KIND = "whisper.mailserver"
_SERVED = b"\x01"

logger = logging.getLogger(__name__)


class MailServer:
    """Archives every envelope that it accepts, and answers requests; use it in `async with`.

    key: its identity, and what requests are encrypted to. password: opens requests, too.
    archive: an Archive, which it closes in the end, or the path of one in SQLite.
    listen: "192.0.2.7:30303"; port 0 is any free one. external: where others reach it, if that
        is elsewhere; without a port, the one it listens on.
    peers: nodes to stay connected with. sync_from: mail servers to copy from what it lacks.
    sync_to: those that may copy from it, beside the former; all may with config.sync_open.
    node: a running discv5 node of the same key, whose record then announces the server, and which
        finds others to connect with: config.peering.

    Raises ConfigError, ArchiveError, NodeError for an address that cannot be listened on, and
    RecordError where the node's record has no room.
    Closing it finishes the answers under way and commits what was taken.
    """

    def __init__(
        self,
        key: PrivateKey,
        archive: Archive | str | Path,
        *,
        listen: str = "127.0.0.1:0",
        external: str | None = None,
        password: str | None = None,
        peers: Sequence[str] = (),
        sync_from: Sequence[str] = (),
        sync_to: Sequence[str] = (),
        config: MailServerConfig | None = None,
        node: Node | None = None,
    ) -> None:
        self.config = config or MailServerConfig()
        self.metrics = MailMetrics(lambda: self.stats if self._running else None)
        self._key = key
        self._archive = archive
        self._listen = parse_endpoint(listen)
        self._external = parse_endpoint(external) if external else None
        self._password = password
        self._peers = list(dict.fromkeys(peers))
        sources = {Enode.parse(text).node_id: text for text in sync_from}
        self._sync_from = list(sources.values())
        self._syncing_ids = {*sources, *(Enode.parse(text).node_id for text in sync_to)}
        self._node = node
        self._running: LiveServer | None = None
        self._closing: asyncio.Task[None] | None = None

    # ---- its life

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Opens the archive, listens, and announces itself."""
        if self._running is not None:
            raise NodeError("the server is running already: open it once")
        if self._node is not None:
            self._check(self._node)
        async with AsyncExitStack() as opened:
            archive = await self._opened_archive()
            keeper = await opened.enter_async_context(Keeper(archive, self.config.archive))
            whisper = WhisperNode(
                self._key,
                listen=str(self._listen),
                config=self.config.whisper,
                host_config=self.config.host,
                peers=self._peers,
            )
            live = LiveServer(
                whisper,
                keeper,
                self._desk(),
                SyncDesk(self._syncing_ids, self.config),
                self._resume_points(),
                self.config,
                self.metrics,
            )
            await opened.enter_async_context(whisper)
            live.start(self._sync_from)
            self._running = live
            opened.pop_all()
        try:
            if self._node is not None:
                self.announce(self._node)
        except RecordError:
            await self.close()
            raise
        logger.info("the mail server is ready", extra={"enode": self.enode})

    async def close(self) -> None:
        """Finishes, commits, and ends it; closing twice is fine, and both wait for the end."""
        if self._running is None:
            return
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(self._running))
        await asyncio.shield(self._closing)

    async def _close(self, live: LiveServer) -> None:
        try:
            if self._node is not None:
                with suppress(NodeError):  # it was closed before
                    self._node.update_record({KIND: None, "tcp": None, "tcp6": None})
            await live.close()
            logger.info("it is closed", extra={"stored": live.keeper.stored_count})
        finally:
            self._running = self._closing = None

    def announce(self, node: Node) -> None:
        """Put the server into the record of a running discv5 node of the same key, by whose kind
        others find it, until it is closed, and look for others by it. Raises ConfigError.
        """
        self._check(node)
        there = self._endpoint
        node.update_record({KIND: _SERVED, "tcp6" if there.ipv6 else "tcp": there.port})
        self._node = node
        self._live.find_peers(lambda: node.random_walk(filter=KIND))

    def _check(self, node: Node) -> None:
        if node.record.node_id != self._key.node_id:
            raise ConfigError("the discv5 node has another key: give both the same")

    async def _opened_archive(self) -> Archive:
        if isinstance(self._archive, str | Path):
            path = self._archive
            return await asyncio.to_thread(lambda: SqliteArchive(path, self.config.archive))
        return self._archive

    def _resume_points(self) -> ResumePoints:
        """In a file beside that of the archive, where there is one."""
        if isinstance(self._archive, str | Path):
            return ResumePoints(Path(f"{self._archive}.sync"))
        return ResumePoints(None)

    def _desk(self) -> Desk:
        keys: list[SecretKey | bytes] = [self._key.secret_key]
        if self._password is not None:
            keys.append(key_from_password(self._password))
        return Desk(keys, self.config, work=self.config.whisper.work)

    # ---- what it is

    @property
    def port(self) -> int:
        """The TCP port that it listens on."""
        return self._live.whisper.port or 0

    @property
    def enode(self) -> str:
        """Where it is, for RLPx: enode://key@host:port."""
        return f"enode://{self._key.secret_key.point.hex()}@{self._endpoint}"

    @property
    def node_id(self) -> bytes:
        """keccak256 of its public key, 32 bytes."""
        return self._key.node_id

    @property
    def public_key(self) -> bytes:
        """What requests are encrypted to: a compressed point, 33 bytes."""
        return self._key.public_key

    @property
    def healthy(self) -> bool:
        """Whether it does all its work."""
        return not self.problems

    @property
    def problems(self) -> list[str]:
        """Why it does not do all of it, a sentence each; empty where it does."""
        return ["it is not running"] if self._running is None else self._running.problems

    @property
    def stats(self) -> MailServerStats:
        """What it has done since it was opened."""
        return self._live.stats

    async def measure(self) -> None:
        """Look what the archive holds, for the stats; nothing where it is not running."""
        if self._running is not None:
            await self._running.measure()

    @property
    def _live(self) -> LiveServer:
        if self._running is None:
            raise NodeError(
                "the server is not running: use it inside `async with MailServer(...)`"
            )
        return self._running

    @property
    def _endpoint(self) -> Endpoint:
        """Where others reach it, as far as that is known."""
        if self._external is None:
            return Endpoint(self._listen.host, self.port)
        return Endpoint(self._external.host, self._external.port or self.port)
