"""Proof mode end to end: a node that lies is caught, and one that does not is believed."""

from collections.abc import AsyncIterator

import pytest

from tests.faults import faulty, lie, on, scripted
from tests.furnished import IDS, KIND, TRUTH, furnished
from waypost import EmbeddedChain, Registry, TrustedEndpoint
from waypost.config import RegistryConfig
from waypost.errors import ConfigError
from waypost.net.rpc import ChainRpc, RpcEndpoint
from waypost.trust.verdict import Outcome, Source

CHAIN_ID = 31337


@pytest.fixture
async def registry(embedded: EmbeddedChain) -> AsyncIterator[Registry]:
    async with await furnished(embedded) as registry:
        yield registry


async def test_every_node_proves_what_it_says(chain_endpoint: RpcEndpoint) -> None:
    async with await furnished(chain_endpoint) as registry:
        chain_id = (await registry.overview()).chain_id
        source = TrustedEndpoint(chain_endpoint, chain_id=chain_id)
        config = RegistryConfig(proof_count_max=6)  # two servers a request
        async with Registry(
            chain_endpoint, registry.address, chain_id=chain_id, state_roots=source, config=config
        ) as proven:
            verdicts = await proven.verify(KIND, IDS, trust=[1, 2])
            assert [verdict.reason for verdict in verdicts] == TRUTH
            assert {verdict.source for verdict in verdicts} == {Source.PROOF}
            assert verdicts[0].trusted
            assert {verdict.block for verdict in verdicts} == {(await source.header()).block}
        await source.close()


async def test_a_node_that_lies_is_caught(embedded: EmbeddedChain, registry: Registry) -> None:
    source = TrustedEndpoint(embedded)
    async with (
        faulty(ChainRpc(embedded), on("eth_getProof", lie)) as proxy,
        Registry(proxy.http, registry.address, chain_id=CHAIN_ID, state_roots=source) as asked,
    ):
        verdicts = await asked.verify(KIND, IDS, trust=[1, 2])
        assert {verdict.outcome for verdict in verdicts} == {Outcome.UNKNOWN}
        assert {verdict.error.reason for verdict in verdicts if verdict.error} == {"bad-proof"}
        assert {verdict.source for verdict in verdicts} == {Source.PROOF}
        proxy.script = scripted()
        verdicts = await asked.verify(KIND, IDS, trust=[1, 2])
        assert [verdict.reason for verdict in verdicts] == TRUTH


def test_what_proof_mode_needs_is_said() -> None:
    source = TrustedEndpoint("http://127.0.0.1:1")
    with pytest.raises(ConfigError, match="chain_id"):
        Registry("http://127.0.0.1:1", bytes(20), state_roots=source)
    with pytest.raises(ConfigError, match="state_roots"):
        Registry("http://127.0.0.1:1", bytes(20), code_hash=bytes(32))
    with pytest.raises(ConfigError, match="32 bytes"):
        Registry("http://127.0.0.1:1", bytes(20), chain_id=1, state_roots=source, code_hash=b"1")


async def test_a_mirror_is_refused_in_proof_mode(embedded: EmbeddedChain) -> None:
    source = TrustedEndpoint(embedded)
    async with Registry(embedded, bytes(20), chain_id=CHAIN_ID, state_roots=source) as proven:
        with pytest.raises(ConfigError, match="a mirror believes its node"):
            proven.mirror(KIND)
    await source.close()
