"""The embedded archive: one SQLite file in WAL mode, by one process."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from waypost._ext.bloom import last_place
from waypost.config import ArchiveConfig
from waypost.errors import ConfigError
from waypost.mail.archive import ArchiveStats, Page, Query, position_of
from waypost.net.archive import queries, schema
from waypost.net.archive.faults import fault, translated
from waypost.whisper.envelope import Envelope

_TIME_SIZE_B = 4


class SqliteArchive:
    """An archive in a file of this path, which it makes; beside it are `-wal`, `-shm`, `.lock`.

    Any thread may call it: appends and prunes take turns, and so do queries. Raises ArchiveError.
    """

    def __init__(self, path: str | Path, config: ArchiveConfig | None = None) -> None:
        self.path = Path(path)
        self.config = config or ArchiveConfig()
        self._writing, self._reading = threading.Lock(), threading.Lock()
        self._known: set[bytes] = set()  # some of the topics in the list of topics
        self._closed = False
        self._lock = self._taken()
        try:
            with translated(self.path):
                self._writer = schema.connect(self.path, self.config)
                schema.prepare(self._writer, self.path)
                self._reader = schema.connect(self.path, self.config, read_only=True)
        except BaseException:
            os.close(self._lock)
            raise

    def append(self, envelopes: Sequence[Envelope]) -> int:
        """See Archive."""
        try:
            rows = [(position_of(each), each.topic, each.raw) for each in envelopes]
        except OverflowError:
            raise ConfigError("an envelope that was sent before 1970: refuse it earlier") from None
        with self._transaction() as writer:
            new_topics = {topic for _, topic, _ in rows} - self._known
            new_count = _change(
                writer,
                "INSERT OR IGNORE INTO envelopes (position, topic, raw) VALUES (?, ?, ?)",
                rows,
            )
            new_topic_count = _change(
                writer,
                "INSERT OR IGNORE INTO topics VALUES (?, ?)",
                [(last_place(topic), topic) for topic in new_topics],
            )
            _count(writer, new_count, new_topic_count)
            if len(self._known) + len(new_topics) > self.config.known_topic_count_max:
                self._known.clear()
            self._known |= new_topics
        return new_count

    def query(self, query: Query) -> Page:
        """See Archive."""
        with self._snapshot() as reader:
            return queries.page(reader, query, self.config)

    def prune(self, before_s: int, count_max: int) -> int:
        """See Archive."""
        with self._transaction() as writer:
            gone = writer.execute(
                "DELETE FROM envelopes WHERE id IN (SELECT id FROM envelopes"
                " WHERE position < ? ORDER BY position LIMIT ?) RETURNING topic",
                (queries.floor(before_s), count_max),
            ).fetchall()
            lost = [
                (last_place(topic), topic)
                for topic in {topic for (topic,) in gone}
                if not writer.execute(
                    "SELECT 1 FROM envelopes WHERE topic = ? LIMIT 1", (topic,)
                ).fetchone()
            ]
            _change(writer, "DELETE FROM topics WHERE place = ? AND topic = ?", lost)
            _count(writer, -len(gone), -len(lost))
            self._known.difference_update(topic for _, topic in lost)
        return len(gone)

    def stats(self) -> ArchiveStats:
        """See Archive."""
        with self._snapshot() as reader:
            envelopes, topics = reader.execute("SELECT * FROM totals").fetchone()
            oldest, newest = reader.execute(
                "SELECT (SELECT min(position) FROM envelopes), (SELECT max(position)"
                " FROM envelopes)"
            ).fetchone()
        size_b = sum(
            part.stat().st_size for part in (self.path, self._beside("-wal")) if part.exists()
        )
        return ArchiveStats(envelopes, topics, size_b, _sent_s(oldest), _sent_s(newest))

    def close(self) -> None:
        """See Archive."""
        with self._writing, self._reading:
            if not self._closed:
                self._closed = True
                self._reader.close()
                self._writer.close()
                os.close(self._lock)

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    def _taken(self) -> int:
        """The lock that keeps other processes out; it ends with ours."""
        try:
            lock = os.open(self._beside(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise fault("unreachable", self.path, str(error)) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise fault("locked", self.path) from None
        return lock

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """The writer; what is done with it is committed at the end, or none of it."""
        with self._writing, translated(self.path):
            self._check_open()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                self._known.clear()
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            self._checkpoint()

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """The reader, which sees one state of the file."""
        with self._reading, translated(self.path):
            self._check_open()
            self._reader.execute("BEGIN")
            try:
                yield self._reader
            finally:
                self._reader.execute("ROLLBACK")

    def _checkpoint(self) -> None:
        """Writes a long log into the file, and starts it anew while nobody reads."""
        if self._beside("-wal").stat().st_size > self.config.wal_size_max_b:
            self._writer.execute("PRAGMA wal_checkpoint(PASSIVE)")
            with self._reading:
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _check_open(self) -> None:
        if self._closed:
            raise fault("closed", self.path)


def _change(
    connection: sqlite3.Connection, sql: str, rows: Iterable[tuple[bytes | int, ...]]
) -> int:
    """How many rows it changed."""
    before = connection.total_changes
    connection.executemany(sql, rows)
    return connection.total_changes - before


def _count(connection: sqlite3.Connection, envelope_count: int, topic_count: int) -> None:
    connection.execute(
        "UPDATE totals SET envelope_count = envelope_count + ?, topic_count = topic_count + ?",
        (envelope_count, topic_count),
    )


def _sent_s(position: bytes | None) -> int | None:
    return None if position is None else int.from_bytes(position[:_TIME_SIZE_B], "big")
