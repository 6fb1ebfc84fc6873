"""A pool that is full: who gives way to whom, beside a slow twin that compares all with all."""

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.whisper_node import give_way, level
from tests.whispers import NOW, envelope
from waypost.whisper.pool import Pool

START_S = int(NOW)
COUNT_MAX, SIZE_MAX_B = 6, 900

pows = st.sampled_from([0.1, 0.2, 0.25, 0.39, 0.4, 1.0, 3.0, 50.0, 1e6])
sizes_b = st.sampled_from([0, 0, 40, 100, 100, 250, 900])
lives_s = st.integers(1, 4)
added = st.tuples(st.just("add"), pows, sizes_b, lives_s, st.sampled_from([True] * 9 + [False]))
own = st.tuples(st.just("own"), st.integers(0, 3), sizes_b)
steps = st.one_of(added, added, added, own, st.tuples(st.just("tick"), st.integers(1, 2)))


class Pair:
    """A pool and its twin, {hash: (level, size, expiry)}; what is not passed on never goes."""

    def __init__(self):
        self.now_s = START_S
        self.pool = Pool(COUNT_MAX, SIZE_MAX_B)
        self.twin = {}
        self.number = 0

    def make(self, size_b, life_s):
        self.number += 1
        return envelope(self.number, sent_s=self.now_s, ttl_s=life_s, size_b=size_b)

    def make_room(self, count, size_b, its_level):
        places = {name: each[:2] for name, each in self.twin.items()}
        gone = give_way(places, count, size_b, its_level, COUNT_MAX, SIZE_MAX_B)
        for name in gone or ():
            del self.twin[name]
        return gone is not None

    def add(self, pow, size_b, life_s, pass_on):
        made = self.make(size_b, life_s)
        size_b = len(made.raw)
        its_level = level(pow, size_b, COUNT_MAX, SIZE_MAX_B)
        expected = self.make_room(1, size_b, its_level)
        assert self.pool.add(made, pow, 0, pass_on=pass_on) == expected
        if expected:
            self.twin[made.hash] = its_level if pass_on else float("inf"), size_b, made.expiry_s

    def own(self, count, size_b):
        size_b = count * len(self.make(size_b, 1).raw)
        expected = self.make_room(count, size_b, float("inf"))
        assert self.pool.make_room(count, size_b) == expected

    def tick(self, seconds):
        self.now_s += seconds
        expired = [name for name, each in self.twin.items() if each[2] < self.now_s]
        for name in expired:
            del self.twin[name]
        assert self.pool.expire(self.now_s) == len(expired)

    def check(self):
        """It holds what its twin holds, and not much else."""
        assert list(self.pool.entries) == list(self.twin)
        assert self.pool.size_b == sum(each[1] for each in self.twin.values()) <= SIZE_MAX_B
        assert len(self.twin) <= COUNT_MAX
        held = sum(len(bucket) for bucket in self.pool._expiring.values())
        assert len(self.pool._log) <= 4 / 3 * COUNT_MAX
        assert held <= 4 / 3 * COUNT_MAX
        there, _ = self.pool.since(0, 100)
        passed_on = [name for name, each in self.twin.items() if each[0] != float("inf")]
        assert [each.envelope.hash for each in there if each.known >= 0] == passed_on


@given(st.lists(steps, min_size=10, max_size=80))
def test_who_has_less_work_gives_way(taken):
    pair = Pair()
    for step, *arguments in taken:
        getattr(pair, step)(*arguments)
        pair.check()
    pair.tick(10)
    pair.check()
    assert not pair.pool.entries


@given(st.lists(st.tuples(pows, sizes_b, lives_s), max_size=40), pows)
def test_no_flood_keeps_out_who_has_twice_its_work(flood, pow):
    """And who came before it and has that stays."""
    pool = Pool(COUNT_MAX, SIZE_MAX_B)
    first, late = (envelope(number, size_b=200) for number in (1000, 1001))
    assert pool.add(first, 2 * pow, 0, pass_on=True)
    for number, (most, size_b, life_s) in enumerate(flood):
        made = envelope(number, ttl_s=life_s, size_b=size_b)
        pool.add(made, min(most, pow), 0, pass_on=True)
    assert pool.add(late, 2 * pow, 0, pass_on=True)
    assert {first.hash, late.hash} <= set(pool.entries)
