"""An archive whose process is killed at random moments of intake at full rate."""

import sqlite3
from multiprocessing import get_context
from random import Random

import pytest

from tests import intake
from waypost.mail.archive import position_of
from waypost.net.archive import SqliteArchive

ROUND_COUNT = 50
LIFE_S_MAX = 0.3


@pytest.fixture(scope="module")
def processes():
    """Processes that begin with everything imported."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.intake"])
    return context


def live_and_die(processes, path, first, life_s, at_work):
    """The numbers of the batches that the process said were committed, and what it forgot.

    It dies after its first commit if it is to be `at_work` then; else maybe before that.
    """
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=intake.main, args=(path, first, theirs))
    process.start()
    theirs.close()
    said = []
    while at_work and not any(number is not None for number, _ in said):
        said.append(ours.recv())
    process.join(life_s)
    process.kill()
    process.join()
    try:
        while True:
            said.append(ours.recv())
    except (EOFError, OSError):
        ours.close()
    numbers = [number for number, _ in said if number is not None]
    return numbers, max((time for _, time in said if time is not None), default=0)


def check(path, numbers, forgotten_s):
    """Everything that counts or lists the envelopes agrees with them, and those are all there."""
    SqliteArchive(path).close()  # recovers, and writes the log into the file
    database = sqlite3.connect(path)

    def column(sql):
        return [row[0] for row in database.execute(sql)]

    assert column("PRAGMA integrity_check") == ["ok"]
    positions = set(column("SELECT position FROM envelopes"))
    assert column("SELECT envelope_count FROM totals") == [len(positions)]
    topics = set(column("SELECT DISTINCT topic FROM envelopes"))
    assert sorted(topics) == sorted(column("SELECT topic FROM topics"))
    assert column("SELECT topic_count FROM totals") == [len(topics)]
    database.close()
    for first in numbers:
        for number in range(first, first + intake.BATCH_COUNT):
            envelope = intake.numbered(number)
            assert envelope.sent_s < forgotten_s or position_of(envelope) in positions


def test_what_was_acknowledged_outlives_kill_9(processes, tmp_path):
    random, path = Random(5), tmp_path / "archive"
    SqliteArchive(path).close()
    numbers, forgotten_s, round_count = [], 0, 0
    while round_count < ROUND_COUNT or forgotten_s == 0:
        first, life_s = max(numbers, default=0), random.uniform(0, LIFE_S_MAX)
        more, time_s = live_and_die(processes, path, first, life_s, at_work=round_count % 2)
        round_count += 1
        forgotten_s = max(forgotten_s, time_s)
        numbers = [
            number for number in [*numbers, *more] if number >= (forgotten_s - 1) * intake.A_SECOND
        ]
        check(path, numbers, forgotten_s)
