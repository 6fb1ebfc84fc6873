"""The file: its tables, the settings of a connection, and whether a file is ours.

`envelopes` lies in the order of positions (sent_s || hash), so history is read from end to end.
`topics` has each topic once, by the last of its places in a bloom: a bloom without that place has
not the topic, so one is held against few of them. `totals` counts, for to count is to read all.
"""

import sqlite3
from pathlib import Path

from waypost.config import ArchiveConfig
from waypost.net.archive.faults import fault

APPLICATION_ID = 0x57617970  # "Wayp": by it others know the file
VERSION = 1
PAGE_SIZE_B = 8192  # of the file: some envelopes fit, and a commit writes a few

_TABLES = """
CREATE TABLE envelopes (
    position BLOB NOT NULL PRIMARY KEY,
    topic BLOB NOT NULL,
    raw BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX by_topic ON envelopes (topic, position);
CREATE TABLE topics (
    place INTEGER NOT NULL,
    topic BLOB NOT NULL,
    PRIMARY KEY (place, topic)
) WITHOUT ROWID;
CREATE TABLE totals (envelope_count INTEGER NOT NULL, topic_count INTEGER NOT NULL);
INSERT INTO totals VALUES (0, 0);
"""


def connect(path: Path, config: ArchiveConfig) -> sqlite3.Connection:
    """A connection for one thread at a time, which begins its transactions itself."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    synced = config.sync_on_commit
    for setting in (
        f"page_size = {PAGE_SIZE_B}",  # of a new file
        f"cache_size = -{config.cache_size_b >> 10}",
        f"synchronous = {'FULL' if synced else 'NORMAL'}",
        f"fullfsync = {'ON' if synced else 'OFF'}",  # of macOS, where a sync alone does not
        "wal_autocheckpoint = 0",  # the archive does it, while nobody reads
        "secure_delete = OFF",
    ):
        connection.execute(f"PRAGMA {setting}")
    return connection


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Makes the tables in a new file. Raises ArchiveError for a file that is not ours."""
    application_id = _number(connection, "PRAGMA application_id")
    version = _number(connection, "PRAGMA user_version")
    if application_id == APPLICATION_ID:
        if version != VERSION:
            raise fault("newer", path)
    elif application_id or version or _number(connection, "SELECT count(*) FROM sqlite_master"):
        raise fault("foreign", path)
    else:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(
            f"BEGIN; {_TABLES} PRAGMA application_id = {APPLICATION_ID};"
            f" PRAGMA user_version = {VERSION}; COMMIT"
        )


def _number(connection: sqlite3.Connection, sql: str) -> int:
    (number,) = connection.execute(sql).fetchone()
    return int(number)
