"""Slots against the oracle in every tier of Keccak, whether they fill its lanes or not."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import trust as oracle
from waypost._ext import digest, slots
from waypost.errors import ConfigError

BASE = oracle.base_slot("serverregistry.v1")
KEYS = st.binary(min_size=32, max_size=32)


@pytest.fixture(params=digest.tiers(), autouse=True)
def tier(request):
    before = digest.tier()
    digest.use_tier(request.param)
    yield request.param
    digest.use_tier(before)


def expected(kind, node_ids):
    mapping = oracle.mapping_slot(BASE + 1, kind)
    return [oracle.mapping_slot(mapping, node_id).to_bytes(32, "big") for node_id in node_ids]


@given(KEYS, st.lists(KEYS, max_size=5), st.lists(st.integers(0, 2**32 - 1), max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_slots_are_hashed_as_written_out(kind, node_ids, provider_ids):
    assert slots.registry_slot() == BASE.to_bytes(32, "big")
    assert slots.kind_slot(kind) == oracle.mapping_slot(BASE + 3, kind).to_bytes(32, "big")
    assert slots.resource_slots(kind, node_ids) == expected(kind, node_ids)
    assert slots.provider_slots(provider_ids) == [
        oracle.mapping_slot(BASE + 2, oracle.abi_word(id_)).to_bytes(32, "big")
        for id_ in provider_ids
    ]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 7, 8, 9, 63, 64, 65, 130])
def test_every_lane_holds_its_own_key(count):
    kind = b"push.notify".ljust(32, b"\0")
    node_ids = [digest.keccak256(index.to_bytes(4, "big")) for index in range(count)]
    wanted = expected(kind, node_ids)
    assert slots.resource_slots(kind, node_ids) == wanted
    assert slots.resource_slot_texts(kind, iter(node_ids)) == [f"0x{s.hex()}" for s in wanted]


@pytest.mark.parametrize("function", [slots.resource_slots, slots.resource_slot_texts])
@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_are_32_bytes(function, size):
    with pytest.raises(ConfigError, match="32 bytes"):
        function(bytes(32), [bytes(32)] * 9 + [bytes(size)])
    with pytest.raises(ConfigError, match="32 bytes"):
        function(bytes(size), [bytes(32)])
    with pytest.raises(TypeError):
        function(bytes(32), ["a" * 32])
