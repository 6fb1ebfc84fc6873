"""Trust granted at the finalized block and revoked at the head."""

from typing import Any

import pytest

from tests.chains import ANVIL_KEY, GENESIS_S
from tests.crowds import KIND, World
from tests.nodes import key
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import RpcError
from waypost.net.rpc import ChainRpc
from waypost.net.trust.registry import Registry
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Call
from waypost.trust.policy import GrantAt, TrustPolicy
from waypost.trust.verdict import Outcome, Reason

FINAL = TrustPolicy(default_grant_at=GrantAt.FINALIZED)
NODE_ID = key(1).node_id
DEPTH = 4


class Node(ChainRpc):
    """A node whose answer about the finalized block a test may replace."""

    final: Any = "as it is"

    async def request(self, call: Call) -> Any:
        if call.params[:1] == ["finalized"] and self.final != "as it is":
            if isinstance(self.final, RpcError):
                raise self.final
            return self.final
        return await super().request(call)


@pytest.fixture
def chain() -> EmbeddedChain:
    return EmbeddedChain(
        GENESIS_S, funded={SecretKey(ANVIL_KEY).address: 10**24}, finality_depth=DEPTH
    )


@pytest.fixture(params=["registry", "mirror"])
def way(request: pytest.FixtureRequest) -> str:
    return request.param


def verifier(registry: Registry, way: str) -> Any:
    return registry if way == "registry" else registry.mirror(KIND)


async def test_who_is_trusted_at_the_head_alone_is_not_yet(chain: EmbeddedChain, way: str) -> None:
    async with await Registry.deploy(chain, SecretKey(ANVIL_KEY)) as registry:
        asked = verifier(registry, way)
        for _ in range(DEPTH):
            chain.mine(GENESIS_S)
        await World(None, registry).enlist(1)
        for age in range(DEPTH):
            (verdict,) = await asked.verify(KIND, [NODE_ID], FINAL)
            assert (verdict.outcome, verdict.reason) == (Outcome.UNTRUSTED, Reason.NOT_FINAL), age
            assert verdict.block.hash == chain.head.hash
            assert verdict.provider_id == 1
            assert (await asked.verify(KIND, [NODE_ID]))[0].trusted
            chain.mine(GENESIS_S)
        (verdict,) = await asked.verify(KIND, [NODE_ID], FINAL)
        assert verdict.trusted
        assert verdict.block.hash == chain.head.hash

        await registry.suspend_provider(1)
        (verdict,) = await asked.verify(KIND, [NODE_ID], FINAL)
        assert verdict.reason is Reason.PROVIDER_SUSPENDED, "at once"


async def test_one_registry_alone_may_be_asked_so(chain: EmbeddedChain) -> None:
    async with await Registry.deploy(chain, SecretKey(ANVIL_KEY)) as registry:
        for _ in range(DEPTH):
            chain.mine(GENESIS_S)
        await World(None, registry).enlist(1)
        here = TrustPolicy().with_grant_at(chain.chain_id, registry.address, "finalized")
        elsewhere = TrustPolicy().with_grant_at(chain.chain_id, bytes(20), "finalized")
        own = here.with_own_servers([NODE_ID])
        verdicts = [
            (await registry.verify(KIND, [NODE_ID], policy))[0]
            for policy in (here, elsewhere, own)
        ]
        assert [verdict.trusted for verdict in verdicts] == [False, True, True]


async def test_a_registry_younger_than_the_finalized_block_is_unknown_there(
    chain: EmbeddedChain, way: str
) -> None:
    async with await Registry.deploy(chain, SecretKey(ANVIL_KEY)) as registry:
        await World(None, registry).enlist(1)
        asked = verifier(registry, way)
        for _ in range(2):
            (verdict,) = await asked.verify(KIND, [NODE_ID], FINAL)
            assert verdict.outcome is Outcome.UNKNOWN, verdict
        assert (await asked.verify(KIND, [NODE_ID]))[0].trusted, "the head is read all the same"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "no-finality: the node knows no finalized block; ask another one"),
        (
            RpcError("rpc-error", "finalized block not found", code=-39001),
            "no-finality: the node knows no finalized block: finalized block not found; ask",
        ),
        (RpcError("timeout", "the deadline passed"), "timeout"),
        ({"number": "0x1"}, "bad-answer"),
        ("0x", "bad-answer"),
    ],
)
async def test_a_node_without_a_finalized_block_makes_it_unknown(
    chain: EmbeddedChain, way: str, answer: Any, why: str
) -> None:
    node = Node(chain)
    async with await Registry.deploy(node, SecretKey(ANVIL_KEY)) as registry:
        await World(None, registry).enlist(1)
        asked = verifier(registry, way)
        node.final = answer
        (verdict,) = await asked.verify(KIND, [NODE_ID], FINAL)
        assert verdict.outcome is Outcome.UNKNOWN
        assert verdict.why.startswith(why)
        (verdict,) = await asked.verify(KIND, [key(2).node_id], FINAL)
        assert verdict.reason is Reason.NOT_LISTED, "nothing was to be confirmed"
