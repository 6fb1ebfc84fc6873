"""The embedded archive: one SQLite file in WAL mode, of one process."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from queue import LifoQueue

from waypost._ext.bloom import last_place
from waypost.config import ArchiveConfig
from waypost.errors import ConfigError
from waypost.mail.archive import TIME_SIZE_B, ArchiveStats, Page, Query, position_of
from waypost.net.archive import queries, schema
from waypost.net.archive.faults import fault, translated
from waypost.net.archive.lock import FileLock
from waypost.whisper.envelope import Envelope


class SqliteArchive:
    """An archive in the file of this path, which is made where it is missing.

    Beside it lie `-wal`, `-shm` and `.lock`. Any thread may call it: appends and prunes take
    turns, and config.reader_count queries are answered meanwhile. Raises ArchiveError.
    """

    def __init__(self, path: str | Path, config: ArchiveConfig | None = None) -> None:
        self.path = Path(path)
        self.config = config or ArchiveConfig()
        self._writing = threading.Lock()
        self._gate = threading.Lock()  # shut for new readers while the log is cut
        self._readers: LifoQueue[sqlite3.Connection] = LifoQueue()  # the warmest first
        self._known: set[bytes] = set()  # topics that are in `topics` for sure
        self._closed = False
        with ExitStack() as opened, translated(self.path):
            opened.callback(FileLock(self._beside(".lock"), self.path).release)
            self._writer = self._connect(opened)
            schema.prepare(self._writer, self.path)
            for _ in range(self.config.reader_count):
                self._readers.put(self._connect(opened))
            self._opened = opened.pop_all()

    def append(self, envelopes: Sequence[Envelope]) -> int:
        """See Archive."""
        try:
            rows = [(position_of(each), each.topic, each.raw) for each in envelopes]
        except OverflowError:
            raise ConfigError("an envelope that was sent before 1970: refuse it earlier") from None
        with self._transaction() as writer:
            count = _change(writer, "INSERT OR IGNORE INTO envelopes VALUES (?, ?, ?)", rows)
            topics = {topic for _, topic, _ in rows} - self._known
            topic_count = _change(
                writer, "INSERT OR IGNORE INTO topics VALUES (?, ?)", map(_placed, topics)
            )
            if count:  # else nothing is written
                _add_to_totals(writer, count, topic_count)
            self._remember(topics)
        return count

    def query(self, query: Query) -> Page:
        """See Archive."""
        with self._snapshot() as reader:
            return queries.page(reader, query, self.config)

    def prune(self, before_s: int, count_max: int) -> int:
        """See Archive."""
        with self._transaction() as writer:
            rows = writer.execute(
                "SELECT topic, position FROM envelopes WHERE position < ?"
                " ORDER BY position LIMIT ?",
                (queries.floor(before_s), count_max),
            ).fetchall()
            if rows:
                writer.execute("DELETE FROM envelopes WHERE position <= ?", (rows[-1][1],))
            topics = {topic for topic, _ in rows}
            lost = [topic for topic in topics if not _has_topic(writer, topic)]
            _change(writer, "DELETE FROM topics WHERE place = ? AND topic = ?", map(_placed, lost))
            _add_to_totals(writer, -len(rows), -len(lost))
            self._known.difference_update(lost)
        return len(rows)

    def stats(self) -> ArchiveStats:
        """See Archive."""
        with self._snapshot() as reader:
            envelope_count, topic_count, first, last = reader.execute(
                "SELECT envelope_count, topic_count, (SELECT min(position) FROM envelopes),"
                " (SELECT max(position) FROM envelopes) FROM totals"
            ).fetchone()
        files = (self.path, self._beside("-wal"))
        size_b = sum(each.stat().st_size for each in files if each.exists())
        return ArchiveStats(envelope_count, topic_count, size_b, _sent_s(first), _sent_s(last))

    def close(self) -> None:
        """See Archive."""
        with self._writing, self._no_readers(), translated(self.path):
            self._closed = True
            self._opened.close()

    def _connect(self, opened: ExitStack) -> sqlite3.Connection:
        return opened.enter_context(closing(schema.connect(self.path, self.config)))

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """The writer; what is done with it is committed at the end, or nothing of it."""
        with self._writing, translated(self.path):
            self._check_open()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                self._known.clear()
                _roll_back(self._writer)
                raise
            self._cut_log()

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """A reader, which sees one state of the file."""
        with self._gate:
            reader = self._readers.get()
        try:
            with translated(self.path):
                self._check_open()
                reader.execute("BEGIN")
                try:
                    yield reader
                finally:
                    _roll_back(reader)
        finally:
            self._readers.put(reader)

    @contextmanager
    def _no_readers(self) -> Iterator[None]:
        """Nobody reads meanwhile."""
        with self._gate:
            readers = [self._readers.get() for _ in range(self.config.reader_count)]
            try:
                yield
            finally:
                for reader in readers:
                    self._readers.put(reader)

    def _cut_log(self) -> None:
        """Writes a long log into the file, and starts it anew, which no reader may see."""
        if self._beside("-wal").stat().st_size > self.config.wal_size_max_b:
            self._writer.execute("PRAGMA wal_checkpoint(PASSIVE)")
            with self._no_readers():
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _remember(self, topics: set[bytes]) -> None:
        if len(self._known) + len(topics) > self.config.known_topic_count_max:
            self._known.clear()
        self._known |= topics

    def _check_open(self) -> None:
        if self._closed:
            raise fault("closed", self.path)


def _placed(topic: bytes) -> tuple[int, bytes]:
    return last_place(topic), topic


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:  # SQLite has done it where the disk failed
        connection.execute("ROLLBACK")


def _has_topic(connection: sqlite3.Connection, topic: bytes) -> bool:
    found = connection.execute("SELECT 1 FROM envelopes WHERE topic = ? LIMIT 1", (topic,))
    return found.fetchone() is not None


def _change(connection: sqlite3.Connection, sql: str, rows: Iterable[tuple[object, ...]]) -> int:
    """How many rows it changed."""
    before = connection.total_changes
    connection.executemany(sql, rows)
    return connection.total_changes - before


def _add_to_totals(connection: sqlite3.Connection, count: int, topic_count: int) -> None:
    connection.execute(
        "UPDATE totals SET envelope_count = envelope_count + ?, topic_count = topic_count + ?",
        (count, topic_count),
    )


def _sent_s(position: bytes | None) -> int | None:
    return None if position is None else int.from_bytes(position[:TIME_SIZE_B], "big")
