"""The archive beside bare SQL: the same rows into the same tables, and out of them.

WAYPOST_BENCH_ENVELOPES says how many there are to ask for; to fill in a million takes a while.
"""

import atexit
import os
import sqlite3
from collections.abc import Callable, Iterator
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.cases import Comparison
from waypost._ext.bloom import bloom_of, matching
from waypost.config import ArchiveConfig
from waypost.mail.archive import Query, position_of
from waypost.net.archive import SqliteArchive, schema
from waypost.whisper.envelope import Envelope

ENVELOPE_COUNT = int(os.environ.get("WAYPOST_BENCH_ENVELOPES", "1000000"))
A_TOPIC_COUNT = 2000  # envelopes of one topic, in the mean
A_SECOND_COUNT = 100  # envelopes that were sent in one second
START_S = 1_600_000_000
BATCH_COUNT = 1000  # envelopes in a commit
LIMIT = 1000
TURNS = 25
CALL_COUNT = 2 * TURNS

BARE_INSERT = "INSERT OR IGNORE INTO envelopes VALUES (?, ?, ?)"
BARE_TOPIC = (
    "SELECT position, raw FROM envelopes WHERE topic = ? AND position >= ? AND position < ?"
    " ORDER BY position LIMIT ?"
)
BARE_TIME = (
    "SELECT position, raw FROM envelopes WHERE position >= ? AND position < ?"
    " ORDER BY position LIMIT ?"
)


def envelopes(count: int, topic_count: int, size_b: int, turn: int = 0) -> Iterator[Envelope]:
    """In the order of time, with topics that are the same in every turn."""
    random, topics = Random(turn), [Random(each).randbytes(4) for each in range(topic_count)]
    for number in range(turn * count, (turn + 1) * count):
        yield Envelope.create(
            expiry_s=START_S + number // A_SECOND_COUNT + 50,
            ttl_s=50,
            topic=random.choice(topics),
            data=random.randbytes(size_b),
            nonce=number,
        )


def in_turns(ours: Callable[[int], object], other: Callable[[int], object]) -> tuple[float, float]:
    """The median of the seconds of both. Every call has a number of its own."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(TURNS):
        for call, spent in zip((ours, other), seconds, strict=True):
            start = perf_counter()
            call(2 * turn + (call is other))
            spent.append(perf_counter() - start)
    return median(seconds[0]), median(seconds[1])


def intake_beside_executemany() -> tuple[float, float]:
    """A commit of each, to disk."""
    batches = [list(envelopes(BATCH_COUNT, 200, 280, turn)) for turn in range(CALL_COUNT)]
    rows = [[(position_of(each), each.topic, each.raw) for each in batch] for batch in batches]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bare"
        archive = SqliteArchive(Path(folder) / "ours")
        bare = schema.connect(path, archive.config)
        schema.prepare(bare, path)

        def executemany(turn: int) -> None:
            bare.execute("BEGIN")
            bare.executemany(BARE_INSERT, rows[turn])
            bare.execute("COMMIT")

        seconds = in_turns(lambda turn: archive.append(batches[turn]), executemany)
        archive.close()
        bare.close()
    return seconds


@cache
def filled() -> tuple[SqliteArchive, sqlite3.Connection, list[bytes]]:
    """An archive of ENVELOPE_COUNT, a bare connection to it, and its topics."""
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    path = Path(folder.name) / "archive"
    quick = ArchiveConfig(sync_on_commit=False, cache_size_b=256 << 20, wal_size_max_b=512 << 20)
    archive = SqliteArchive(path, quick)
    source = envelopes(ENVELOPE_COUNT, max(1, ENVELOPE_COUNT // A_TOPIC_COUNT), 470)
    while batch := list(islice(source, 20_000)):
        archive.append(batch)
    archive.close()
    archive = SqliteArchive(path)
    atexit.register(archive.close)
    bare = schema.connect(path, archive.config)
    atexit.register(bare.close)
    topics = [topic for (topic,) in bare.execute("SELECT topic FROM topics ORDER BY topic")]
    return archive, bare, topics


def whole(**settings: object) -> Query:
    span = {"lower_s": START_S, "upper_s": START_S + ENVELOPE_COUNT, "limit": LIMIT}
    return Query(**(span | settings))


def bounds() -> tuple[bytes, bytes]:
    return START_S.to_bytes(4, "big"), (START_S + ENVELOPE_COUNT).to_bytes(4, "big")


def topic_beside_bare_sql() -> tuple[float, float]:
    """Each call has a topic of its own: no page of the file is in memory from another one."""
    archive, bare, topics = filled()

    def ours(turn: int) -> int:
        topic = topics[turn % len(topics)]
        return len(archive.query(whole(topics=frozenset([topic]))).raws)

    def sql(turn: int) -> int:
        topic = topics[turn % len(topics)]
        return len(bare.execute(BARE_TOPIC, (topic, *bounds(), LIMIT)).fetchall())

    assert ours(-1) == sql(-1) == min(LIMIT, ours(-1))
    return in_turns(ours, sql)


def bloom_beside_topics(count: int) -> tuple[float, float]:
    """Blooms of so many topics, and topics that others of them match."""
    archive, _, topics = filled()
    blooms = [
        bloom_of(islice(cycle(topics), count * turn, count * (turn + 1)))
        for turn in range(CALL_COUNT)
    ]
    matched = [frozenset(matching(bloom, topics)) for bloom in blooms]

    def by_bloom(turn: int) -> tuple[bytes, ...]:
        return archive.query(whole(bloom=blooms[turn])).raws

    def by_topics(turn: int) -> tuple[bytes, ...]:
        return archive.query(whole(topics=matched[turn])).raws

    assert by_bloom(0) == by_topics(0)
    return in_turns(by_bloom, by_topics)


def everything_beside_bare_sql() -> tuple[float, float]:
    """Each call has the next page."""
    archive, bare, _ = filled()
    step_s = LIMIT // A_SECOND_COUNT
    starts_s = [START_S + step_s * turn for turn in range(CALL_COUNT)]
    _, high = bounds()

    def ours(turn: int) -> int:
        return len(archive.query(whole(lower_s=starts_s[turn])).raws)

    def sql(turn: int) -> int:
        low = starts_s[turn].to_bytes(4, "big")
        return len(bare.execute(BARE_TIME, (low, high, LIMIT)).fetchall())

    assert ours(0) == sql(0)
    return in_turns(ours, sql)


COMPARISONS = [
    Comparison(
        name="intake / bare executemany",
        measure=intake_beside_executemany,
        cost_max=1 / 0.7,
    ),
    Comparison(
        name=f"first page of {ENVELOPE_COUNT:,} by topic / bare SQL",
        measure=topic_beside_bare_sql,
        cost_max=3,
    ),
    Comparison(
        name="the same by a bloom of it / by topic",
        measure=lambda: bloom_beside_topics(1),
        cost_max=1.5,
    ),
    Comparison(
        name="by a bloom of ten / by the topics it matches",
        measure=lambda: bloom_beside_topics(10),
        cost_max=1.5,
    ),
    Comparison(
        name="first page of everything / bare SQL",
        measure=everything_beside_bare_sql,
    ),
]
