"""The recursive lookup in any network, with any of its nodes silent, answers in any order."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.table import distance, logdistance
from waypost.config import LookupConfig
from waypost.discv5.lookup import Lookup

ids = st.binary(min_size=32, max_size=32)
configs = st.builds(
    LookupConfig,
    parallel_count_max=st.integers(1, 4),
    result_count_max=st.integers(4, 8),
    query_count_max=st.integers(8, 20),
    candidate_count_max=st.integers(21, 30),
)


@given(st.lists(ids, min_size=1, max_size=40, unique=True), ids, configs, st.randoms(), st.data())
def test_it_ends_with_the_closest_that_answer(node_ids, target, config, random, data):
    records = {node_id: SimpleNamespace(node_id=node_id, seq=1) for node_id in node_ids}
    silent = data.draw(st.sets(st.sampled_from(node_ids)))
    seeds = data.draw(st.lists(st.sampled_from(node_ids)))
    lookup = Lookup(target, [records[seed] for seed in seeds], config)
    heard, under_way, answered = set(seeds), [], []
    asked_count = 0
    while not lookup.done:
        queries = lookup.next_queries()
        asked_count += len(queries)
        under_way += queries
        assert 1 <= len(under_way) <= config.parallel_count_max
        record, distances = under_way.pop(random.randrange(len(under_way)))
        if record.node_id in silent:
            lookup.on_failure(record.node_id)
            continue
        told = [one for one in node_ids if logdistance(one, record.node_id) in distances]
        lookup.on_nodes(record.node_id, [records[one] for one in told])
        heard |= set(told)
        answered.append(record.node_id)
    result = [record.node_id for record in lookup.result()]
    answered.sort(key=lambda one: distance(one, target))
    assert result == answered[: config.result_count_max]
    assert asked_count <= config.query_count_max
    if asked_count < config.query_count_max and len(heard) <= config.candidate_count_max:
        reachable = sorted(heard - silent, key=lambda one: distance(one, target))
        assert result == reachable[: config.result_count_max]
