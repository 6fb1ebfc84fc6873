"""What has bitten others, tried on real nodes; tests/README.md says where the rest is tested."""

from asyncio import gather
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from tests.chains import ANVIL_KEY, GENESIS_S
from tests.small_contracts import creation, deploy
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import RegistryError, RpcError
from waypost.net.rpc import ChainRpc, Rpc, RpcEndpoint, rpc_at
from waypost.net.trust.registry import Registry
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Answer, Call
from waypost.trust.verdict import Outcome, Reason
from waypost.trust.words import ResourceWord

KIND = "whisper.mailserver"
ACCOUNT = SecretKey(ANVIL_KEY)
SERVERS = [SecretKey(number.to_bytes(32, "big")) for number in range(1, 5)]
IDS = [server.node_id for server in SERVERS]
STRANGERS = [number.to_bytes(32, "big") for number in range(1, 297)]
VALUES, CALL, AT = "eth_getStorageValues", "eth_call", "eth_getStorageAt"
CHAINS = ["embedded", "anvil-http", "geth-http"]
on_each_chain = pytest.mark.parametrize("chain_endpoint", CHAINS, indirect=True)


class Lacking:
    """A node that lacks these methods, so that the registry is read by another rung."""

    def __init__(self, rpc: Rpc, *methods: str) -> None:
        self.asked: list[str] = []
        self.close = rpc.close
        self._rpc, self._methods = rpc, methods

    async def request(self, call: Call) -> Any:
        self.asked.append(call.method)
        if call.method in self._methods:
            raise RpcError("rpc-error", f"{call.method} does not exist", code=-32601)
        return await self._rpc.request(call)

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        return await gather(*(self.request(call) for call in calls), return_exceptions=True)


async def enlist(registry: Registry, servers: Sequence[SecretKey]) -> None:
    ids = [server.node_id for server in servers]
    consents = zip(await registry.consents(KIND, ids, 1), servers, strict=True)
    await registry.add_servers(1, [consent.signed_by(server) for consent, server in consents])


# ------------------------------------------------------------------- a wrong address, and no gas


ZEROS = bytes.fromhex("6110005ff3")  # a contract that returns 4096 zero bytes, whatever is asked
NOTHING = bytes.fromhex("00")  # and one that returns nothing


@on_each_chain
@pytest.mark.parametrize("lacks", [(), (VALUES,), (VALUES, CALL)])
async def test_a_wrong_address_is_never_a_verdict(
    chain_endpoint: RpcEndpoint, lacks: tuple[str, ...]
) -> None:
    """Nodes answer zeros, or 0x, without any error."""
    nothing, zeros = [await deploy(chain_endpoint, creation(code)) for code in (NOTHING, ZEROS)]
    by_call = lacks == (VALUES,)
    node = Lacking(rpc_at(chain_endpoint, RegistryConfig()), *lacks)
    for address, cause in (
        (b"\x99" * 20, "no-code"),
        (ACCOUNT.address, "no-code"),
        (nothing, "empty-answer" if by_call else "wrong-version"),
        (zeros, "bad-answer" if by_call else "wrong-version"),
    ):
        async with Registry(node, address) as registry:
            verdicts = await registry.verify(KIND, IDS)
        assert {v.outcome for v in verdicts} == {Outcome.UNKNOWN}
        assert {v.error.reason for v in verdicts if v.error} == {cause}
    await node.close()


class Thrifty(Lacking):
    """Calls get only so much gas, as a node's own limit has it."""

    gas = 10_000_000

    async def request(self, call: Call) -> Any:
        if call.method == CALL:
            message, *rest = call.params
            call = Call(CALL, [message | {"gas": hex(self.gas)}, *rest])
        return await super().request(call)


@on_each_chain
@pytest.mark.parametrize("gas", [400_000, 28_000])
async def test_a_view_that_runs_out_of_gas_is_never_a_verdict(
    chain_endpoint: RpcEndpoint, gas: int
) -> None:
    """It is asked about fewer servers at a time; where one is too much, their slots are read."""
    node = Thrifty(rpc_at(chain_endpoint, RegistryConfig()), VALUES)
    async with await Registry.deploy(node, ACCOUNT) as registry:
        await enlist(registry, SERVERS)
        node.gas = gas
        node.asked.clear()
        verdicts = await registry.verify(KIND, [*STRANGERS, *IDS])
    await node.close()
    assert [v.error for v in verdicts if v.error] == []
    assert [v.trusted for v in verdicts] == [False] * len(STRANGERS) + [True] * len(IDS)
    assert node.asked.count(CALL) > 1  # the first asked about all of them, and was refused
    assert (AT in node.asked) == (gas == 28_000)


# ---------------------------------------------------------------------------- two heads, one URL


class Balanced:
    """One of two nodes answers, whichever: they have the same chain, and not the same head."""

    def __init__(self, nodes: Sequence[Rpc], seed: int) -> None:
        self._nodes, self._random = nodes, Random(seed)

    async def request(self, call: Call) -> Any:
        return await self._random.choice(self._nodes).request(call)

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        return await self._random.choice(self._nodes).batch(calls)

    async def close(self) -> None:
        pass


async def grown(chain: EmbeddedChain, *, further: bool) -> Registry:
    """A registry on this chain: the same blocks each time; `further` are those that remove."""
    now = ChainRpc(chain, lambda: GENESIS_S)
    async with await Registry.deploy(now, ACCOUNT) as registry:
        await enlist(registry, SERVERS)
        if further:
            await registry.remove_servers(KIND, IDS[:2])
    return registry


@pytest.mark.parametrize("lacks", [(), (VALUES,), (VALUES, CALL)])
async def test_two_nodes_behind_one_url(lacks: tuple[str, ...]) -> None:
    """What is read is of the block that the verdict names, or UNKNOWN: never half of each."""
    behind, ahead = (EmbeddedChain(GENESIS_S, funded={ACCOUNT.address: 10**24}) for _ in range(2))
    registry = await grown(behind, further=False)
    assert (await grown(ahead, further=True)).address == registry.address
    assert ahead.head.number == behind.head.number + 1
    truth = {behind.head.hash: [True] * 4, ahead.head.hash: [False] * 2 + [True] * 2}
    nodes = [Lacking(ChainRpc(chain), *lacks) for chain in (behind, ahead)]
    blocks, causes = set(), set()
    for seed in range(40):
        config = RegistryConfig(chunk_count_max=2, call_count_max=4)
        async with Registry(Balanced(nodes, seed), registry.address, config=config) as asked:
            for verdict, place in zip(await asked.verify(KIND, IDS), range(4), strict=True):
                if verdict.error:
                    causes.add(verdict.error.detail)
                else:
                    assert verdict.trusted == truth[verdict.block.hash][place]
                    blocks.add(verdict.block.hash)
    assert blocks == set(truth)
    assert len(causes) == 1  # that the node does not know the block


class Heedless(Lacking):
    """A node that reads its head from storage, whichever block it is asked for."""

    async def request(self, call: Call) -> Any:
        if call.method in (VALUES, AT):
            call = Call(call.method, [*call.params[:-1], "latest"])
        return await super().request(call)


@on_each_chain
async def test_a_node_that_reads_any_block_is_not_asked_for_storage(
    chain_endpoint: RpcEndpoint,
) -> None:
    async with await Registry.deploy(chain_endpoint, ACCOUNT) as registry:
        await enlist(registry, SERVERS)
    for lacks, method in (((), VALUES), ((VALUES, CALL), AT)):
        node = Heedless(rpc_at(chain_endpoint, RegistryConfig()), *lacks)
        async with Registry(node, registry.address) as asked:
            for _ in range(2):
                verdicts = await asked.verify(KIND, IDS)
                if CALL in lacks:
                    causes = {verdict.error.reason for verdict in verdicts if verdict.error}
                    assert (len(causes), causes) == (1, {"unsupported"})
                    assert all(verdict.outcome is Outcome.UNKNOWN for verdict in verdicts)
                else:
                    assert all(verdict.trusted for verdict in verdicts)
                    assert node.asked.count(method) == 2  # once, and for a block that is none
        await node.close()


# ---------------------------------------------------------- words whose bits others may change


@on_each_chain
async def test_the_place_of_a_server_in_the_list_is_no_part_of_its_verdict(
    chain_endpoint: RpcEndpoint,
) -> None:
    """The last server moves into the gap that another one's removal leaves."""
    async with await Registry.deploy(chain_endpoint, ACCOUNT) as registry:
        await enlist(registry, SERVERS)
        before = await registry.verify(KIND, IDS)
        await registry.remove_servers(KIND, IDS[:1])
        after = await registry.verify(KIND, IDS)
    words = [ResourceWord.unpack(verdict.word) for verdict in (before[3], after[3])]
    assert [word.list_index for word in words] == [3, 0]
    assert words[0] == words[1]._replace(list_index=3)
    assert [v.trusted for v in before] == [True] * 4
    assert [v.reason for v in after] == [Reason.REMOVED, None, None, None]


@on_each_chain
async def test_a_signature_serves_once(chain_endpoint: RpcEndpoint) -> None:
    """The nonce of a server outlives its removal: no old signature brings it back."""
    async with await Registry.deploy(chain_endpoint, ACCOUNT) as registry:
        consent = await registry.consent(KIND, IDS[0], 1)
        binding = consent.signed_by(SERVERS[0])
        await registry.add_servers(1, [binding])
        await registry.remove_servers(KIND, IDS[:1])
        with pytest.raises(RegistryError, match="BadNodeSignature"):
            await registry.add_servers(1, [binding])
        (verdict,) = await registry.verify(KIND, IDS[:1])
    assert verdict.reason is Reason.REMOVED
