"""Every rung tells the same of the same state, whatever the state and however it is cut up."""

from hypothesis import given
from hypothesis import strategies as st

from tests.exchanges import run
from tests.storage_node import ADDRESS, KIND, REGISTRY, StorageNode
from waypost._ext.slots import registry_slot
from waypost.config import RegistryConfig
from waypost.trust.endpoint import Endpoint
from waypost.trust.kind import kind_word
from waypost.trust.reading.ladder.facts import read_facts
from waypost.trust.reading.snapshot import Snapshot

WORDS = st.integers(0, 2**256 - 1)
IDS = st.binary(min_size=32, max_size=32)
LADDERS = [(), ("eth_getStorageValues",), ("eth_getStorageValues", "eth_call")]


@given(
    st.dictionaries(IDS, WORDS, max_size=30),
    st.dictionaries(st.integers(1, 2**32 - 1), WORDS, max_size=4),
    WORDS,
    WORDS.map(lambda word: word >> 16 << 16 | REGISTRY & 0xFFFF),
    st.integers(1, 12),
    st.integers(1, 12),
)
def test_all_rungs_give_identical_snapshots(
    servers: dict[bytes, int],
    providers: dict[int, int],
    kind: int,
    registry: int,
    chunk_count_max: int,
    call_count_max: int,
) -> None:
    config = RegistryConfig(chunk_count_max=chunk_count_max, call_count_max=call_count_max)
    for lacks in LADDERS:
        node = StorageNode(*lacks)
        node.storage[registry_slot()] = registry
        node.version_kind(kind)
        for node_id, word in servers.items():
            node.enlist(node_id, word=word)
        for provider_id, word in providers.items():
            node.provide(provider_id, word)
        exchange = read_facts(
            Endpoint(ADDRESS), kind_word(KIND), list(servers), lambda: providers, config
        )
        facts = run(exchange, node.answer)
        assert facts.provider_ids == sorted(providers)
        resources, place = b"", 0
        for part in facts.parts:
            assert isinstance(part.found, Snapshot)
            assert part.start == place
            place = part.stop
            assert part.found[:2] == (registry, kind)
            assert part.found.providers == tuple(providers[id_] for id_ in sorted(providers))
            resources += part.found.resources
        assert resources == b"".join(word.to_bytes(32, "big") for word in servers.values())
