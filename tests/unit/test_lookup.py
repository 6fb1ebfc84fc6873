"""The recursive lookup, in networks that exist only in memory."""

from random import Random
from typing import NamedTuple

import pytest

from tests.nodes import node
from tests.oracle.table import distance, logdistance
from waypost.config import LookupConfig
from waypost.discv5.lookup import Lookup, query_distances

CONFIG = LookupConfig()
NODE_COUNT = 200
K = 16


class Fake(NamedTuple):
    """As much of a record as a lookup reads, at any node id."""

    node_id: bytes
    seq: int = 1


def near(target, bit, low=0):
    """A node whose log distance to target is bit + 1."""
    return Fake((int.from_bytes(target) ^ (1 << bit) ^ low).to_bytes(32))


def closest(target, records, count=K):
    return sorted(records, key=lambda record: distance(record.node_id, target))[:count]


class Network:
    """Nodes whose buckets hold up to k random ones of all those that belong there."""

    def __init__(self, seed):
        self.random = Random(seed)
        self.records = [node(index) for index in range(NODE_COUNT)]
        self.tables = {record.node_id: self.stock(record.node_id) for record in self.records}

    def stock(self, own_id):
        buckets = {}
        for record in self.random.sample(self.records, NODE_COUNT):
            bucket = buckets.setdefault(logdistance(own_id, record.node_id), [])
            if len(bucket) < K and record.node_id != own_id:
                bucket.append(record)
        return buckets

    def answer(self, node_id, distances):
        buckets = self.tables[node_id]
        return [record for near in distances for record in buckets.get(near, [])][:K]

    def run(self, lookup, source, dead=()):
        """Runs it to its end, answers arriving in any order; returns who was asked."""
        asked, under_way = [], []
        while not lookup.done:
            queries = lookup.next_queries()
            asked += [record for record, _ in queries]
            under_way += queries
            assert 1 <= len(under_way) <= CONFIG.parallel_count_max
            record, distances = under_way.pop(self.random.randrange(len(under_way)))
            if record in dead:
                lookup.on_failure(record.node_id)
            else:
                told = self.answer(record.node_id, distances)
                lookup.on_nodes(record.node_id, [each for each in told if each != source])
        assert len(set(asked)) == len(asked)
        return asked

    def lookup(self, source, target):
        known = [record for bucket in self.tables[source].values() for record in bucket]
        return Lookup(target, closest(target, known), CONFIG)


@pytest.mark.parametrize("seed", range(3))
def test_every_node_is_found(seed):
    """And nearly all of its k closest: a bucket of the network may leave out one of them."""
    network = Network(seed)
    hit_count = 0
    for target in network.records:
        others = [record for record in network.records if record is not target]
        source = network.random.choice(others)
        lookup = network.lookup(source.node_id, target.node_id)
        asked = network.run(lookup, source)
        assert lookup.found == lookup.result()[0] == target
        assert source not in asked
        assert len(asked) < 2 * K
        others = [target, *others]
        others.remove(source)
        hit_count += len(set(lookup.result()) & set(closest(target.node_id, others)))
    assert hit_count > 0.97 * K * NODE_COUNT


@pytest.mark.parametrize("seed", range(3))
def test_every_node_is_found_while_a_tenth_is_silent(seed):
    network = Network(seed)
    dead = set(network.random.sample(network.records, NODE_COUNT // 10))
    alive = [record for record in network.records if record not in dead]
    for target in alive:
        source = network.random.choice([record for record in alive if record is not target])
        lookup = network.lookup(source.node_id, target.node_id)
        network.run(lookup, source, dead)
        assert lookup.found == lookup.result()[0] == target
        assert len(lookup.result()) == K
        assert not dead & set(lookup.result())


def test_a_silent_target_is_heard_of_but_no_result():
    network = Network(0)
    source, target = network.records[:2]
    lookup = network.lookup(source.node_id, target.node_id)
    network.run(lookup, source, {target})
    assert lookup.found == target
    assert target not in lookup.result()


def test_a_lookup_from_nowhere_is_done():
    lookup = Lookup(bytes(32), [], CONFIG)
    assert lookup.done
    assert (lookup.next_queries(), lookup.result(), lookup.found) == ([], [], None)


@pytest.mark.parametrize(
    ("bit", "distances"),
    [
        (None, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)),
        (0, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)),
        (1, (2, 3, 1, 4, 5, 6, 7, 8, 9, 10)),
        (99, (100, 101, 99, 102, 98, 103, 97, 104, 96, 105)),
        (254, (255, 256, 254, 253, 252, 251, 250, 249, 248, 247)),
        (255, (256, 255, 254, 253, 252, 251, 250, 249, 248, 247)),
    ],
)
def test_a_node_is_asked_for_its_buckets_around_the_target(bit, distances):
    target = bytes(range(32))
    other = target if bit is None else near(target, bit).node_id
    assert query_distances(target, other) == distances


def test_the_closest_are_asked_first_and_alpha_at_once():
    target = bytes(32)
    nodes = [near(target, bit) for bit in range(200, 220)]
    lookup = Lookup(target, nodes, CONFIG)
    assert [record for record, _ in lookup.next_queries()] == nodes[:3]
    assert lookup.next_queries() == []
    lookup.on_failure(nodes[1].node_id)
    closer = near(target, 199)
    lookup.on_nodes(nodes[0].node_id, [closer])
    assert [record for record, _ in lookup.next_queries()] == [closer, nodes[3]]


def test_it_ends_when_the_k_closest_have_answered_and_hears_nothing_afterwards():
    target = bytes(32)
    nodes = [near(target, bit) for bit in range(200, 240)]
    lookup = Lookup(target, nodes, CONFIG)
    asked = []
    while queries := lookup.next_queries():
        for record, _ in queries:
            asked.append(record)
            lookup.on_nodes(record.node_id, [])
    assert lookup.done
    assert lookup.result() == asked == nodes[:16]


def test_an_answer_that_comes_after_the_end_changes_nothing():
    target, config = bytes(32), LookupConfig(result_count_max=3)
    *closer, near_one, far_one = [near(target, bit) for bit in (100, 101, 102, 249, 250)]
    lookup = Lookup(target, [near_one, far_one], config)
    assert len(lookup.next_queries()) == 2
    lookup.on_nodes(near_one.node_id, closer)
    while queries := lookup.next_queries():
        for record, _ in queries:
            lookup.on_nodes(record.node_id, [])
    assert lookup.done, "the one that is still under way is not among the three closest"
    lookup.on_nodes(far_one.node_id, [near(target, 5)])
    lookup.on_failure(far_one.node_id)
    assert lookup.done
    assert (lookup.result(), lookup.next_queries()) == (closer, [])


def test_records_at_distances_that_were_not_asked_for_are_dropped():
    target = bytes(32)
    liar = near(target, 200)
    lookup = Lookup(target, [liar], CONFIG)
    lookup.next_queries()
    lookup.on_nodes(liar.node_id, [near(liar.node_id, 100), near(liar.node_id, 255), liar])
    assert lookup.done
    assert lookup.result() == [liar]


def test_answers_of_nobody_who_was_asked_are_dropped():
    target = bytes(32)
    asked, heard = near(target, 200), near(target, 250)
    lookup = Lookup(target, [asked], CONFIG)
    lookup.on_nodes(asked.node_id, [near(target, 199)])
    assert [record for record, _ in lookup.next_queries()] == [asked], "it was not asked yet"
    lookup.on_nodes(heard.node_id, [near(target, 249)])
    lookup.on_failure(heard.node_id)
    lookup.on_nodes(asked.node_id, [])
    lookup.on_nodes(asked.node_id, [near(target, 199)])
    assert lookup.result() == [asked]


def test_the_newest_record_of_a_node_is_kept():
    target = bytes(32)
    first, second = near(target, 200), near(target, 201)
    lookup = Lookup(target, [first, second], LookupConfig(parallel_count_max=1))
    lookup.next_queries()
    lookup.on_nodes(first.node_id, [second._replace(seq=5), second._replace(seq=4)])
    assert [record.seq for record, _ in lookup.next_queries()] == [5]


def test_liars_who_always_know_somebody_closer_are_left_after_query_count_max():
    target, asked = bytes(32), 0
    liar = near(target, 255)
    lookup = Lookup(target, [liar], CONFIG)
    while not lookup.done:
        for record, _ in lookup.next_queries():
            asked += 1
            d = int.from_bytes(record.node_id).bit_length() - 1
            lookup.on_nodes(record.node_id, [near(target, d - 1), near(target, d - 2)])
    assert asked == CONFIG.query_count_max
    assert len(lookup.result()) == K


def test_of_many_candidates_the_closest_are_kept():
    target = bytes(32)
    config = LookupConfig(result_count_max=4, query_count_max=10, candidate_count_max=11)
    crowd = [near(target, 200, low) for low in range(1000)]
    Random(1).shuffle(crowd)
    lookup = Lookup(target, crowd, config)
    asked = []
    while queries := lookup.next_queries():
        for record, _ in queries:
            asked.append(record)
            lookup.on_failure(record.node_id)
    assert asked == closest(target, crowd, 10)
    assert lookup.done


def test_a_node_that_is_being_asked_is_never_forgotten():
    target = bytes(32)
    config = LookupConfig(
        parallel_count_max=2, result_count_max=2, query_count_max=3, candidate_count_max=4
    )
    near_one, far_one = near(target, 240), near(target, 241)
    lookup = Lookup(target, [near_one, far_one], config)
    lookup.next_queries()
    lookup.on_nodes(near_one.node_id, [near(near_one.node_id, 240, low) for low in range(9)])
    lookup.on_nodes(far_one.node_id, [])
    assert lookup.result() == [near_one, far_one]
