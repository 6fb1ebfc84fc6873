"""Pages of history, read from the file.

The envelopes of few topics are read along the index, and merged; those of all topics, or of many,
along time.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from heapq import merge

from waypost._ext.bloom import FULL, matching, places
from waypost.config import ArchiveConfig
from waypost.mail.archive import CURSOR_SIZE_B, NO_HASH, TIME_S_MAX, TIME_SIZE_B, Page, Query

_BEYOND = b"\xff" * (CURSOR_SIZE_B + 1)  # after every position
_END = b""  # instead of an envelope: read up to this position, and no further

_Row = tuple[bytes, bytes]  # position, raw


def floor(sent_s: int) -> bytes:
    """Where the positions of this second begin."""
    if sent_s > TIME_S_MAX:
        return _BEYOND
    return max(sent_s, 0).to_bytes(TIME_SIZE_B, "big")


def page(connection: sqlite3.Connection, query: Query, config: ArchiveConfig) -> Page:
    """The page, of what the connection sees. Raises sqlite3.Error."""
    rows = _rows(connection, query, config)
    return _cut(rows, query.limit, config.page_size_max_b)


def _rows(connection: sqlite3.Connection, query: Query, config: ArchiveConfig) -> Iterable[_Row]:
    topics, bloom = query.topics, query.bloom
    if topics is None:
        if bloom is None or bloom == FULL:
            return _everything(connection, query)
        topics = _topics_in(connection, bloom, config.tested_count_max)
        if topics is None:
            return _filtered(
                connection,
                query,
                lambda topic: bool(matching(bloom, [topic])),
                config.examined_count_max,
            )
    if len(topics) > config.merged_count_max:
        return _filtered(connection, query, topics.__contains__, config.examined_count_max)
    return _merged(connection, query, topics)


def _topics_in(
    connection: sqlite3.Connection, bloom: bytes, tested_count_max: int
) -> frozenset[bytes] | None:
    """The topics of the file that a bloom has; None where that takes too many tests."""
    wanted = places(bloom)
    marks = ",".join("?" * len(wanted))
    found = connection.execute(
        f"SELECT topic FROM topics WHERE place IN ({marks}) LIMIT ?",
        (*wanted, tested_count_max + 1),
    ).fetchall()
    if len(found) > tested_count_max:
        return None
    return frozenset(matching(bloom, [topic for (topic,) in found]))


def _everything(connection: sqlite3.Connection, query: Query) -> Iterable[_Row]:
    return connection.execute(
        "SELECT position, raw FROM envelopes"
        f" WHERE position >= ? AND position < ? {_order(query)}",
        _span(query),
    )


def _merged(
    connection: sqlite3.Connection, query: Query, topics: Collection[bytes]
) -> Iterable[_Row]:
    """Those of few topics; each is read no further than it is wanted."""
    span = _span(query)
    sql = (
        "SELECT position, raw FROM envelopes"
        f" WHERE topic = ? AND position >= ? AND position < ? {_order(query)}"
    )
    found = [connection.execute(sql, (topic, *span)) for topic in topics]
    return found[0] if len(found) == 1 else merge(*found, reverse=query.newest_first)


def _filtered(
    connection: sqlite3.Connection,
    query: Query,
    is_wanted: Callable[[bytes], bool],
    examined_count_max: int,
) -> Iterator[_Row]:
    """Those of many topics among the next envelopes, as many as may be examined."""
    found = connection.execute(
        "SELECT position, raw, topic FROM envelopes"
        f" WHERE position >= ? AND position < ? {_order(query)}",
        _span(query),
    )
    for count, (position, raw, topic) in enumerate(found, 1):
        if is_wanted(topic):
            yield position, raw
        if count >= examined_count_max:
            yield position, _END
            return


def _span(query: Query) -> tuple[bytes, bytes]:
    """The positions from the first, included, to the second, not included."""
    low, high = floor(query.lower_s), floor(query.upper_s + 1)
    if not query.cursor:
        return low, high
    if query.newest_first:
        return low, min(high, query.cursor)
    return max(low, query.cursor + b"\0"), high


def _order(query: Query) -> str:
    return "ORDER BY position DESC" if query.newest_first else "ORDER BY position"


def _cut(rows: Iterable[_Row], limit: int, size_max_b: int) -> Page:
    """The first rows: at most `limit`, and but for one no more than size_max_b."""
    raws: list[bytes] = []
    last, size_b = b"", 0
    for position, raw in rows:
        size_b += len(raw)
        if raws and (len(raws) == limit or size_b > size_max_b):
            return _page(raws, last, last)
        if raw == _END:
            return _page(raws, last, position)
        raws.append(raw)
        last = position
    return _page(raws, last, b"")


def _page(raws: list[bytes], last: bytes, cursor: bytes) -> Page:
    return Page(tuple(raws), last[TIME_SIZE_B:] or NO_HASH, cursor)
