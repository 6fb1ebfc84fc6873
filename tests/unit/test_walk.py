"""The random walk yields each node once and never spins; streams are bounded."""

import asyncio
from types import SimpleNamespace

import pytest

from waypost.config import WalkConfig
from waypost.errors import ConfigError
from waypost.net.clock import monotonic
from waypost.net.discv5.stream import Stream
from waypost.net.discv5.walk import RandomWalk

FAST = WalkConfig(pause_min_s=0.001, pause_max_s=0.004)


def node(i, seq=1):
    return SimpleNamespace(node_id=i.to_bytes(32, "big"), number=i, seq=seq)


class Lookups:
    """Lookups that are fed by hand, or each with the next of `scripts` at once."""

    def __init__(self, *scripts):
        self.targets, self.runs, self.scripts = [], [], list(scripts)

    def __call__(self, target):
        self.targets.append(target)
        run = SimpleNamespace(seen={}, result=[], done=False)
        if self.scripts:
            numbers = self.scripts.pop(0)
            run.seen = {i: node(i) for i in numbers}
            run.done = True
        self.runs.append(run)
        return run


def walk_over(lookups, wanted=lambda record: True, limit=None, config=FAST):
    return RandomWalk(lookups, wanted, limit, config)


async def numbers(walk):
    return [record.number async for record in walk]


async def test_each_node_once_up_to_the_limit():
    lookups = Lookups([1, 2, 3], [], [2, 3, 4], [1, 5, 6])
    walk = walk_over(lookups, limit=5)
    assert await numbers(walk) == [1, 2, 3, 4, 5]
    assert await numbers(walk) == []
    assert len(set(lookups.targets)) == 4
    assert {len(target) for target in lookups.targets} == {32}


async def test_a_newer_record_is_yielded_again_an_older_one_is_not():
    seqs = iter([1, 1, 3, 2, 4])

    def look(_target):
        return SimpleNamespace(seen={1: node(1, next(seqs))}, result=[], done=True)

    assert [record.seq async for record in walk_over(look, limit=3)] == [1, 3, 4]


async def test_nodes_that_answer_are_yielded_although_nobody_tells_of_them():
    def look(_target):
        return SimpleNamespace(seen={1: node(1)}, result=[node(2), node(1)], done=True)

    assert await numbers(walk_over(look, limit=2)) == [1, 2]


async def test_only_wanted_nodes_count():
    walk = walk_over(Lookups(range(10), range(20)), lambda record: record.number % 5 == 0, limit=3)
    assert await numbers(walk) == [0, 5, 10]


async def test_nodes_are_yielded_while_the_lookup_runs():
    lookups = Lookups()
    walk = walk_over(lookups)
    reading = asyncio.create_task(anext(walk))
    await asyncio.sleep(0.01)
    (run,) = lookups.runs
    run.seen[1] = node(1)
    walk.advance()
    assert (await reading).number == 1
    run.seen[2] = node(2)
    run.seen[1] = node(1)
    walk.advance()
    assert (await anext(walk)).number == 2
    run.seen[3], run.done = node(3), True
    walk.advance()
    assert (await anext(walk)).number == 3
    assert len(lookups.runs) == 1


async def test_a_slow_reader_slows_the_walk():
    lookups = Lookups([1, 2, 3], [4])
    walk = walk_over(lookups)
    for _ in range(3):
        await anext(walk)
        await asyncio.sleep(0.005)
    assert len(lookups.runs) == 1
    assert (await anext(walk)).number == 4


async def test_nothing_new_makes_pauses_that_grow_and_end():
    lookups = Lookups(*[[]] * 6, [7], [], [8])
    walk = walk_over(lookups, config=WalkConfig(pause_min_s=0.01, pause_max_s=0.02))
    start = monotonic()
    assert (await anext(walk)).number == 7
    assert 0.01 + 5 * 0.02 <= monotonic() - start < 20
    start = monotonic()
    assert (await anext(walk)).number == 8
    assert 0.01 <= monotonic() - start < 20


async def test_what_it_remembers_is_bounded():
    config = WalkConfig(seen_count_max=3, pause_min_s=0.001, pause_max_s=0.001)
    walk = walk_over(Lookups([1, 2, 3], [3, 4], [1, 4]), limit=5, config=config)
    assert await numbers(walk) == [1, 2, 3, 4, 1]


async def test_error_of_a_filter_reaches_the_reader():
    walk = walk_over(Lookups([0, 1]), lambda record: 1 // record.number)
    with pytest.raises(ZeroDivisionError):
        await anext(walk)
    assert (await anext(walk)).number == 1


@pytest.mark.parametrize("pause_s", [0.001, 30.0])
async def test_close_ends_a_waiting_reader(pause_s):
    config = WalkConfig(pause_min_s=pause_s, pause_max_s=pause_s)
    walk = walk_over(Lookups([]), config=config)
    reading = asyncio.create_task(numbers(walk))
    await asyncio.sleep(0.05)
    walk.close()
    async with asyncio.timeout(20):  # of the 30 that it may pause
        assert await reading == []


async def test_cancelled_reader_loses_nothing():
    lookups = Lookups()
    walk = walk_over(lookups)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(walk), 0.01)
    lookups.runs[0].seen[1] = node(1)
    walk.advance()
    assert (await anext(walk)).number == 1


async def test_stream_drops_the_oldest_and_counts():
    stream = Stream(3)
    for i in range(5):
        stream.put(i)
    stream.close()
    assert [item async for item in stream] == [2, 3, 4]
    assert stream.dropped == 2


async def test_stream_wakes_its_reader():
    stream = Stream(3)
    reading = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    stream.put("first")
    assert await reading == "first"


@pytest.mark.parametrize(
    "wrong", [{"seen_count_max": 0}, {"pause_min_s": 0.0}, {"pause_min_s": 9.0}]
)
def test_walk_settings_are_checked(wrong):
    with pytest.raises(ConfigError):
        WalkConfig(**wrong)
