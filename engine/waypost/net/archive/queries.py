"""Pages of history, read from the file.

Envelopes of few topics are read along the index of each, merged as they are read; of no topics,
or of many, along their positions.
"""

import sqlite3
from collections.abc import Collection, Iterator
from heapq import merge
from itertools import islice

from waypost._ext.bloom import FULL, matching, places
from waypost.config import ArchiveConfig
from waypost.mail.archive import CURSOR_SIZE_B, NO_HASH, TIME_S_MAX, Page, Query

_TIME_SIZE_B = 4
_BEYOND = b"\xff" * (CURSOR_SIZE_B + 1)  # after every position

_Row = tuple[bytes, bytes]  # position, raw


def floor(sent_s: int) -> bytes:
    """Before every position of this second and later; after those of earlier ones."""
    if sent_s > TIME_S_MAX:
        return _BEYOND
    return max(sent_s, 0).to_bytes(_TIME_SIZE_B, "big")


def span(query: Query) -> tuple[bytes, bytes]:
    """The positions from the first, included, to the second, not included."""
    low, high = floor(query.lower_s), floor(query.upper_s + 1)
    if query.cursor and query.newest_first:
        return low, min(high, query.cursor)
    if query.cursor:
        return max(low, query.cursor + b"\0"), high
    return low, high


def page(connection: sqlite3.Connection, query: Query, config: ArchiveConfig) -> Page:
    """The page, from one state of the file. Raises sqlite3.Error."""
    topics = _topics(connection, query)
    if topics is None:
        rows = _along_positions(connection, query)
    elif len(topics) <= config.merged_count_max:
        rows = _along_topics(connection, query, topics)
    else:
        return _of_many_topics(connection, query, topics, config)
    return _cut(rows, query.limit, config.page_size_max_b)


def _topics(connection: sqlite3.Connection, query: Query) -> Collection[bytes] | None:
    """The topics that are asked for; None for all."""
    if query.topics is not None:
        return query.topics
    if query.bloom is None or query.bloom == FULL:
        return None
    wanted = places(query.bloom)
    marks = ",".join("?" * len(wanted))
    found = connection.execute(f"SELECT topic FROM topics WHERE place IN ({marks})", wanted)
    return frozenset(matching(query.bloom, [topic for (topic,) in found]))


def _along_positions(connection: sqlite3.Connection, query: Query) -> Iterator[_Row]:
    return connection.execute(
        "SELECT position, raw FROM envelopes WHERE position >= ? AND position < ?"
        f" ORDER BY position {_order(query)}",
        span(query),
    )


def _along_topics(
    connection: sqlite3.Connection, query: Query, topics: Collection[bytes]
) -> Iterator[_Row]:
    sql = (
        "SELECT position, raw FROM envelopes WHERE topic = ? AND position >= ? AND position < ?"
        f" ORDER BY position {_order(query)}"
    )
    bounds = span(query)
    found = [connection.execute(sql, (topic, *bounds)) for topic in topics]
    return found[0] if len(found) == 1 else merge(*found, reverse=query.newest_first)


def _of_many_topics(
    connection: sqlite3.Connection,
    query: Query,
    topics: Collection[bytes],
    config: ArchiveConfig,
) -> Page:
    """Those of the topics among the next envelopes, as many as may be examined."""
    examined = list(
        islice(
            connection.execute(
                "SELECT position, topic, id FROM envelopes"
                f" WHERE position >= ? AND position < ? ORDER BY position {_order(query)}",
                span(query),
            ),
            config.examined_count_max,
        )
    )
    rows = (
        (position, _raw(connection, row_id))
        for position, topic, row_id in examined
        if topic in topics
    )
    found = _cut(rows, query.limit, config.page_size_max_b)
    if found.cursor or len(examined) < config.examined_count_max:
        return found
    return Page(found.raws, found.last_hash, examined[-1][0])


def _raw(connection: sqlite3.Connection, row_id: int) -> bytes:
    raw: bytes
    (raw,) = connection.execute("SELECT raw FROM envelopes WHERE id = ?", (row_id,)).fetchone()
    return raw


def _cut(rows: Iterator[_Row], limit: int, size_max_b: int) -> Page:
    """The first of the rows, at most limit and, but for one, size_max_b of them."""
    raws: list[bytes] = []
    last, size_b = b"", 0
    for position, raw in rows:
        size_b += len(raw)
        if raws and (len(raws) == limit or size_b > size_max_b):
            return Page(tuple(raws), last[_TIME_SIZE_B:], last)
        raws.append(raw)
        last = position
    return Page(tuple(raws), last[_TIME_SIZE_B:] or NO_HASH)


def _order(query: Query) -> str:
    return "DESC" if query.newest_first else "ASC"
