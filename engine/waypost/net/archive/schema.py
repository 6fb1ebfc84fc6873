"""The file: its tables, the settings of a connection, and whether a file is ours.

`envelopes` has a row each, in the order of arrival; `position` (sent_s || hash) is its name and
the order of history. `topics` has every topic once, by the last of its places in a bloom, the one
that a bloom cannot lack: a bloom asks only for the places that it has. `totals` counts.
"""

import sqlite3
from pathlib import Path

from waypost.config import ArchiveConfig
from waypost.net.archive.faults import fault

APPLICATION_ID = 0x57617970  # "Wayp", so that `file` and we know the file
VERSION = 1
PAGE_SIZE_B = 4096

_TABLES = """
CREATE TABLE envelopes (
    id INTEGER PRIMARY KEY,
    position BLOB NOT NULL UNIQUE,
    topic BLOB NOT NULL,
    raw BLOB NOT NULL
) STRICT;
CREATE INDEX by_topic ON envelopes (topic, position);
CREATE TABLE topics (
    place INTEGER NOT NULL,
    topic BLOB NOT NULL,
    PRIMARY KEY (place, topic)
) STRICT, WITHOUT ROWID;
CREATE TABLE totals (envelope_count INTEGER NOT NULL, topic_count INTEGER NOT NULL) STRICT;
INSERT INTO totals VALUES (0, 0);
"""


def connect(path: Path, config: ArchiveConfig, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection that any one thread at a time may use; transactions are ours to begin."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA cache_size = -{config.cache_size_b >> 10}")
    connection.execute(f"PRAGMA synchronous = {'FULL' if config.sync_on_commit else 'NORMAL'}")
    connection.execute("PRAGMA wal_autocheckpoint = 0")  # SqliteArchive does it
    connection.execute("PRAGMA secure_delete = OFF")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Makes the tables in a new file; refuses a file that is not ours."""
    application_id, version, object_count = (
        connection.execute(sql).fetchone()[0]
        for sql in (
            "PRAGMA application_id",
            "PRAGMA user_version",
            "SELECT count(*) FROM sqlite_schema",
        )
    )
    if application_id != APPLICATION_ID and (object_count or application_id or version):
        raise fault("foreign", path)
    if version > VERSION:
        raise fault("newer", path)
    if not object_count:
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE_B}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(
            f"BEGIN; {_TABLES} PRAGMA application_id = {APPLICATION_ID};"
            f"PRAGMA user_version = {VERSION}; COMMIT;"
        )
