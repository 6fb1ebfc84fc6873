"""The routing table: liveness, what is told to whom, who is closest."""

import sys
import tracemalloc
from math import inf

import pytest

from tests.nodes import (
    INTERNET,
    LAN,
    LOOPBACK,
    NOW,
    OWN_ID,
    PORT,
    add,
    answer,
    far_nodes,
    make_table,
    node,
    silence,
    told,
    where,
)
from waypost._ext.address import pack
from waypost._ext.drbg import Drbg
from waypost._ext.relay import may_relay
from waypost._ext.table import Outcome, Table
from waypost.config import TableConfig
from waypost.errors import ConfigError

FAR = far_nodes()


def test_an_empty_table():
    table = make_table()
    assert (len(table), list(table), table.bucket_counts(), table.live_count) == (0, [], {}, 0)
    assert table.next_due() == inf
    assert table.due(NOW, 10) == []
    assert table.closest(OWN_ID, 16) == []
    assert table.random() is None
    assert table.get(node(1).node_id) is None
    assert not table.remove(node(1).node_id, NOW)
    assert not answer(table, node(1))


def test_a_new_member_is_checked_at_once_and_told_once_it_has_answered():
    table, record = make_table(), node(FAR[0])
    assert add(table, record) is Outcome.ADDED
    assert (table.next_due(), table.live_count, told(table)) == (NOW, 0, [])
    (contact,) = table.due(NOW, 10)
    assert (contact.record, contact.address, contact.live) == (record, where(record), False)
    assert answer(table, record)
    assert not answer(table, record), "it was live already"
    assert (table.live_count, told(table)) == (1, [record.raw])
    assert not contact.live, "a contact is what was known when it was asked for"


def test_a_random_replacement_takes_the_place_of_a_silent_member():
    chosen = set()
    for seed in range(20):
        table = Table(OWN_ID, TableConfig(), Drbg(bytes([seed]) * 32))
        for index in FAR[:20]:
            add(table, node(index))
        assert answer(table, node(FAR[0]))
        assert [silence(table, node(FAR[0])) for _ in range(2)] == [False, True]
        assert table.get(node(FAR[0]).node_id) is None
        newcomer = list(table)[-1]
        assert (newcomer.live, newcomer.due_at) == (False, NOW)
        assert table.bucket_counts() == {256: (16, 3)}
        chosen.add(newcomer.record)
    assert chosen == {node(index) for index in FAR[16:20]}


def test_without_a_replacement_a_member_may_be_silent_for_longer():
    table = make_table(failure_count_max=5, failure_count_max_replaceable=2)
    add(table, node(FAR[0]))
    assert [silence(table, node(FAR[0])) for _ in range(4)] == [False] * 4
    assert table.get(node(FAR[0]).node_id).failures == 4
    answer(table, node(FAR[0]))
    assert [silence(table, node(FAR[0])) for _ in range(5)] == [False] * 4 + [True]
    assert (len(table), table.bucket_counts(), table.next_due()) == (0, {}, inf)


def test_the_check_interval_doubles_with_answers_and_silence_resets_it():
    table, record = make_table(), node(FAR[0])
    add(table, record)
    intervals = []
    for _ in range(8):
        answer(table, record)
        contact = table.get(record.node_id)
        intervals.append(contact.interval_s)
        assert 0.75 <= (contact.due_at - NOW) / contact.interval_s < 1.25
    assert intervals == [20, 40, 80, 160, 320, 600, 600, 600]
    assert not any(answer(table, record) for _ in range(256 - 8))
    assert table.get(record.node_id).interval_s == 600
    silence(table, record)
    assert table.get(record.node_id).interval_s == 10
    assert NOW + 7.5 <= table.next_due() < NOW + 12.5
    answer(table, record)
    assert table.get(record.node_id).interval_s == 20


def test_jitter_spreads_the_checks():
    table = make_table()
    for index in FAR[:16]:
        add(table, node(index))
        answer(table, node(index))
    assert len({contact.due_at for contact in table}) == 16


def test_due_hands_out_each_contact_once_the_longest_overdue_first():
    table = make_table()
    for i, index in enumerate(FAR[:5]):
        add(table, node(index), NOW - (i * 2) % 5)
    assert table.due(NOW - 5, 10) == []
    first, then = table.due(NOW, 2), table.due(NOW, 10)
    assert [contact.due_at for contact in first + then] == [NOW - i for i in (4, 3, 2, 1, 0)]
    assert table.due(NOW + 9.9, 10) == []
    assert len(table.due(NOW + 10, 10)) == 5, "nobody reported: once more"


def test_only_an_answer_from_the_endpoint_counts():
    table, record = make_table(), node(FAR[0])
    add(table, record)
    elsewhere = pack("127.0.0.1", PORT + 1)
    assert not table.answered(record.node_id, elsewhere, NOW)
    assert not table.unanswered(record.node_id, elsewhere, NOW)
    contact = table.get(record.node_id)
    assert (contact.live, contact.failures) == (False, 0)


def test_closest_orders_the_whole_table():
    table = make_table(node(7).node_id)
    for index in range(200):
        add(table, node(index))
        if index % 3 == 0:
            answer(table, node(index))
    assert len(table) > 70
    for index in range(0, 300, 7):
        target = node(index).node_id

        def distance(record, target=target):
            return int.from_bytes(record.node_id) ^ int.from_bytes(target)

        everyone = sorted((contact.record for contact in table), key=distance)
        assert table.closest(target, 16) == everyone[:16]
        assert table.closest(target, 1000) == everyone
        live = [record for record in everyone if table.get(record.node_id).live]
        assert table.closest(target, 5, live_only=True) == live[:5]
    assert table.closest(OWN_ID, 0) == []


@pytest.mark.parametrize(
    ("host", "askers"),
    [
        ("52.7.1.1", {INTERNET, LAN, LOOPBACK}),
        ("10.0.0.1", {LAN, LOOPBACK}),
        ("127.0.0.1", {LOOPBACK}),
    ],
)
def test_no_node_is_told_to_a_wider_scope(host, askers):
    table, record = make_table(), node(FAR[0], host)
    add(table, record)
    answer(table, record)
    for asker in (INTERNET, LAN, LOOPBACK):
        assert told(table, asker) == ([record.raw] if asker in askers else [])
        assert may_relay(where(record), asker) is (asker in askers)
    assert told(table, pack("8.8.8.8", 0), distances=[0, 256]) == []


def test_findnode_answers_each_distance_once_and_at_most_16():
    table, own = make_table(), node(999)
    for index in range(60):
        add(table, node(index))
        answer(table, node(index))
    assert told(table, distances=[0]) == told(table, INTERNET, [0]) == [own.raw]
    assert told(table, distances=[]) == told(table, distances=[257, 2**64 - 1, 3]) == []
    freshest = [contact.record.raw for contact in table][15::-1]
    assert told(table, distances=[256, 256, 255]) == freshest
    assert told(table, distances=[0, 0, 256]) == [own.raw, *freshest[:15]]
    with pytest.raises(ConfigError, match="256 distances"):
        told(table, distances=[256] * 257)


def test_random_reaches_every_member():
    table = make_table()
    for index in range(30):
        add(table, node(index))
    drawn = {table.random().record for _ in range(1000)}
    assert drawn == {contact.record for contact in table}


@pytest.mark.parametrize("wrong", [b"", bytes(17), bytes(19), bytes(31), bytes(33)])
def test_bytes_of_a_wrong_size_are_the_callers_mistake(wrong):
    table, record = make_table(), node(1)
    with pytest.raises(ConfigError):
        Table(wrong, TableConfig(), Drbg(bytes(32)))
    for ask in (table.get, lambda it: table.remove(it, NOW), lambda it: table.closest(it, 1)):
        with pytest.raises(ConfigError, match="32 bytes"):
            ask(wrong)
    with pytest.raises(ConfigError, match="18 bytes"):
        table.add(record, wrong, NOW, inbound=False)
    with pytest.raises(ConfigError, match="18 bytes"):
        told(table, wrong)
    with pytest.raises(ConfigError):
        table.answered(record.node_id, wrong, NOW)


def test_every_reference_is_given_back():
    records = [node(index, seq=9) for index in FAR]
    before = [sys.getrefcount(record) for record in records]
    table = make_table()
    for record in records:
        add(table, record)
        add(table, node(FAR[0], seq=10))
        table.closest(record.node_id, 16)
        silence(table, record)
        silence(table, record)
    del table, record
    assert [sys.getrefcount(record) for record in records] == before


def test_a_stocked_table_is_small():
    """What a node of a large network holds: 9 full buckets with replacements, and some more."""
    records = [node(index) for index in range(1000)]
    own_id, drbg, config = records[-1].node_id, Drbg(bytes(32)), TableConfig()
    tracemalloc.start()
    try:
        table = Table(own_id, config, drbg)
        idle_b = tracemalloc.get_traced_memory()[0]
        for record in records:
            table.add(record, where(record), NOW, inbound=False)
        stocked_b = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(table) > 100
    assert idle_b < 1024
    assert stocked_b < 16 * 1024
