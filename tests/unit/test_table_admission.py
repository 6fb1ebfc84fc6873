"""Who enters the routing table, who stays, and at which endpoint."""

import pytest

from tests.nodes import (
    LOOPBACK,
    NOW,
    OWN_ID,
    PORT,
    add,
    answer,
    far_nodes,
    key,
    make_table,
    node,
    told,
    where,
)
from waypost._ext.address import pack
from waypost._ext.drbg import Drbg
from waypost._ext.record import ENR
from waypost._ext.table import Outcome, Table
from waypost.config import TableConfig
from waypost.errors import ConfigError

FAR = far_nodes()


def test_the_table_never_holds_its_own_node():
    record = node(1)
    table = make_table(record.node_id)
    assert add(table, record) is Outcome.REFUSED_SELF
    assert not table.remove(record.node_id, NOW)


@pytest.mark.parametrize("host", ["192.0.2.1", "224.0.0.1", "ff02::1", "2001:db8::1"])
def test_an_address_of_nobody_is_refused(host):
    assert add(make_table(), node(1, host)) is Outcome.REFUSED_ADDRESS


def test_an_address_that_the_record_does_not_declare_is_refused():
    table, record = make_table(), node(1, "10.0.0.1")
    for elsewhere in (pack("10.0.0.1", PORT + 1), pack("10.0.0.2", PORT), pack("fd00::1", PORT)):
        outcome = table.add(record, elsewhere, NOW, inbound=True)
        assert outcome is Outcome.REFUSED_ENDPOINT


def test_a_full_bucket_keeps_the_newest_replacements():
    table = make_table(replacement_count_max=3)
    outcomes = [add(table, node(index)) for index in FAR[:21]]
    assert outcomes == [Outcome.ADDED] * 16 + [Outcome.REPLACEMENT] * 5
    assert table.bucket_counts() == {256: (16, 3)}
    assert table.get(node(FAR[16]).node_id) is None
    assert add(table, node(FAR[20])) is Outcome.KNOWN
    assert add(table, node(FAR[16])) is Outcome.REPLACEMENT, "the oldest two had to leave"
    assert add(make_table(replacement_count_max=0), node(FAR[0])) is Outcome.ADDED


def test_without_replacements_a_full_bucket_refuses():
    table = make_table(replacement_count_max=0)
    outcomes = [add(table, node(index)) for index in FAR[:17]]
    assert outcomes[15:] == [Outcome.ADDED, Outcome.REFUSED_FULL]


def test_a_newer_record_at_the_same_endpoint_keeps_its_node_live():
    table, old, new = make_table(), node(FAR[0]), node(FAR[0], seq=2)
    add(table, old)
    answer(table, old)
    assert add(table, old) is Outcome.KNOWN
    assert table.refresh(new, where(new), NOW) is Outcome.UPDATED
    assert table.refresh(old, where(old), NOW) is Outcome.KNOWN
    assert (len(table), told(table)) == (1, [new.raw])


def test_a_node_that_moved_has_to_answer_again():
    table, old, new = make_table(), node(FAR[0]), node(FAR[0], "127.0.0.2", seq=2)
    add(table, old)
    answer(table, old)
    assert table.refresh(new, where(new), NOW + 1) is Outcome.UPDATED
    assert (told(table), table.next_due()) == ([], NOW + 1)
    assert not answer(table, old), "an answer from the old endpoint"
    assert told(table) == []
    assert answer(table, new)
    assert told(table) == [new.raw]


def test_a_record_with_both_families_keeps_the_endpoint_in_use():
    table, old = make_table(), node(FAR[0])
    new = ENR.create(key(FAR[0]), seq=2, ip="127.0.0.1", udp=PORT, ip6="::1", udp6=PORT)
    add(table, old)
    answer(table, old)
    assert table.refresh(new, new.endpoint(ipv6=True), NOW) is Outcome.UPDATED
    assert (table.get(old.node_id).address, told(table)) == (where(old), [new.raw])


def test_a_refresh_lets_nobody_in():
    table = make_table()
    assert table.refresh(node(FAR[0]), LOOPBACK, NOW) is Outcome.REFUSED_UNKNOWN
    for index in FAR[:17]:
        add(table, node(index))
    newer = node(FAR[16], seq=2)
    assert table.refresh(newer, where(newer), NOW) is Outcome.UPDATED, "of a replacement"
    assert len(table) == 16


@pytest.mark.parametrize(
    ("settings", "same", "other"),
    [
        ({}, "52.7.1.{}", "52.7.2.{}"),
        ({"subnet_bits_ipv4": 32}, "52.7.1.1", "52.7.1.2"),
        ({}, "2a01:4f8:1:{}::1", "2a01:4f8:2:{}::1"),
        ({"subnet_bits_ipv6": 64}, "2a01:4f8:1:1::{}", "2a01:4f8:1:2::{}"),
        ({"subnet_bits_ipv6": 65}, "2a01:4f8:1:1::{}", "2a01:4f8:1:1:8000::{}"),
    ],
)
def test_a_subnet_has_few_places_in_a_bucket(settings, same, other):
    table = make_table(**settings)
    outcomes = [add(table, node(FAR[i], same.format(i + 1))) for i in range(3)]
    assert outcomes == [Outcome.ADDED, Outcome.ADDED, Outcome.REFUSED_SUBNET]
    assert add(table, node(FAR[3], other.format(1))) is Outcome.ADDED


def test_a_subnet_has_few_places_in_the_table():
    table = make_table(subnet_bucket_count_max=4, subnet_table_count_max=4)
    first_of_bucket = {}
    for index in range(200):
        first_of_bucket.setdefault(int.from_bytes(node(index).node_id).bit_length(), index)
    outcomes = [
        add(table, node(index, f"52.7.1.{i + 1}"))
        for i, index in enumerate(list(first_of_bucket.values())[:5])
    ]
    assert outcomes == [Outcome.ADDED] * 4 + [Outcome.REFUSED_SUBNET]
    assert table.remove(next(iter(table)).record.node_id, NOW)
    assert len(table) == 3


def test_replacements_count_for_the_limits_too():
    table = make_table()
    for i, index in enumerate(FAR[:16]):
        add(table, node(index, f"52.8.{i}.1"))
    outcomes = [add(table, node(FAR[16 + i], f"52.7.1.{i + 1}")) for i in range(3)]
    assert outcomes == [Outcome.REPLACEMENT, Outcome.REPLACEMENT, Outcome.REFUSED_SUBNET]


def test_a_move_into_a_crowded_subnet_is_refused():
    table = make_table()
    for i in range(2):
        add(table, node(FAR[i], f"52.7.1.{i + 1}"))
    add(table, node(FAR[2], "52.8.1.1"))
    moved = node(FAR[2], "52.7.1.9", seq=2)
    assert table.refresh(moved, where(moved), NOW) is Outcome.REFUSED_SUBNET
    assert table.get(moved.node_id).record.seq == 1
    within = node(FAR[0], "52.7.1.77", seq=2)
    assert table.refresh(within, where(within), NOW) is Outcome.UPDATED


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "fd00::1", "::1"])
def test_loopback_and_lan_have_no_subnet_limit(host):
    table = make_table()
    assert {add(table, node(index, host)) for index in FAR[:16]} == {Outcome.ADDED}


def test_inbound_contacts_cannot_fill_a_bucket():
    table = make_table(inbound_bucket_count_max=5)
    outcomes = [add(table, node(index), inbound=True) for index in FAR[:7]]
    assert outcomes == [Outcome.ADDED] * 5 + [Outcome.REPLACEMENT] * 2
    assert add(table, node(FAR[7])) is Outcome.ADDED
    assert add(table, node(FAR[6]), inbound=False) is Outcome.ADDED, "others know it as well"
    assert not table.get(node(FAR[6]).node_id).inbound
    assert add(table, node(FAR[0])) is Outcome.KNOWN
    assert add(table, node(FAR[5]), inbound=True) is Outcome.ADDED, "and one place came free"


def test_a_dropped_outbound_member_is_not_replaced_by_one_inbound_too_many():
    table = make_table(inbound_bucket_count_max=1)
    for index in FAR[:3]:
        add(table, node(index), inbound=True)
    add(table, node(FAR[3]))
    assert table.remove(node(FAR[3]).node_id, NOW)
    assert table.bucket_counts() == {256: (1, 2)}
    assert table.remove(node(FAR[0]).node_id, NOW)
    assert table.bucket_counts() == {256: (1, 1)}


@pytest.mark.parametrize("seed", range(10))
def test_a_bucket_with_all_its_inbound_members_takes_an_outbound_replacement(seed):
    table = Table(OWN_ID, TableConfig(inbound_bucket_count_max=1), Drbg(bytes([seed]) * 32))
    for i, index in enumerate(FAR[:20]):
        add(table, node(index), inbound=i in {0, 16, 17, 19})
    assert table.remove(node(FAR[1]).node_id, NOW)
    assert table.get(node(FAR[18]).node_id) is not None


def test_remove_forgets_members_and_replacements():
    table = make_table()
    for index in FAR[:18]:
        add(table, node(index))
    assert table.remove(node(FAR[17]).node_id, NOW)
    assert table.remove(node(FAR[0]).node_id, NOW)
    assert not table.remove(node(FAR[0]).node_id, NOW)
    assert table.bucket_counts() == {256: (16, 0)}
    assert [contact.record for contact in table][-1] == node(FAR[16])


@pytest.mark.parametrize(
    "setting",
    [
        {"replacement_count_max": 129},
        {"subnet_bits_ipv4": 33},
        {"subnet_bits_ipv6": 0},
        {"subnet_bucket_count_max": 11},
        {"inbound_bucket_count_max": 17},
        {"check_interval_min_s": 0.0},
        {"check_interval_max_s": 9.0},
        {"failure_count_max": 1},
        {"failure_count_max_replaceable": 0},
    ],
)
def test_settings_that_cannot_work_are_refused(setting):
    with pytest.raises(ConfigError):
        TableConfig(**setting)
