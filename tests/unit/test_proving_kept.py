"""Proven words that are kept: used where it is proven that they still hold, and nowhere else."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.chains import ANVIL_KEY, running_anvil
from tests.chains import ask as tell
from tests.furnished import IDS, KIND, TRUTH, furnished
from waypost import EmbeddedChain, Registry, TrustedEndpoint
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc import Rpc, RpcEndpoint, rpc_at
from waypost.trust.exchange import Answer, Call
from waypost.trust.proofs.ancestry import ancestor_calls, is_ancestor
from waypost.trust.proofs.header import Header
from waypost.trust.verdict import Block, Outcome, Reason, Source

HISTORY = "0x0000f90827f1c53a10cb7a02335b175320002935"
SHARED_COUNT = 4  # slots: of the registry, the kind and two providers
on_each_chain = pytest.mark.parametrize(
    "chain_endpoint", ["embedded", "anvil-http", "geth-http"], indirect=True
)


class Spied:
    """A node of which is known what it was asked to prove; `change` may spoil its answers."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self.close = rpc.close
        self.slot_counts: list[int] = []  # of the registry
        self.history_count = 0
        self.change: Callable[[Call, Answer], Answer] = lambda _call, answer: answer

    async def request(self, call: Call) -> Any:
        if call.method == "eth_getProof" and call.params[0] == HISTORY:
            self.history_count += 1
        elif call.method == "eth_getProof":
            self.slot_counts.append(len(call.params[1]))
        return self.change(call, await self._rpc.request(call))

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        return await self._rpc.batch(calls)


class World:
    """A furnished registry on a chain, and one that proves its words through a spied node."""

    @classmethod
    async def on(cls, endpoint: RpcEndpoint, config: RegistryConfig | None = None) -> "World":
        self = cls()
        self.registry = await furnished(endpoint)
        self.chain_id = (await self.registry.overview()).chain_id
        self.node = Spied(rpc_at(endpoint, RegistryConfig()))
        self.roots = TrustedEndpoint(endpoint)
        self.proven = Registry(
            self.node,
            self.registry.address,
            chain_id=self.chain_id,
            state_roots=self.roots,
            config=config,
        )
        return self

    async def reasons(self, node_ids: Sequence[bytes] = IDS) -> list[Reason | None]:
        """Why servers are not trusted, or None, at the chain's head."""
        verdicts = await self.proven.verify(KIND, node_ids, trust=[1, 2])
        assert {verdict.source for verdict in verdicts} == {Source.PROOF}
        assert {verdict.block for verdict in verdicts} == {(await self.roots.header()).block}
        assert [v.error for v in verdicts if v.outcome is Outcome.UNKNOWN] == []
        return [verdict.reason for verdict in verdicts]

    async def close(self) -> None:
        for each in (self.proven, self.registry, self.roots, self.node):
            await each.close()


@pytest.mark.parametrize(
    ("lag_count", "call_count"), [(1, 1), (8191, 1), (8192, 0), (0, 0), (-1, 0)]
)
def test_a_chain_remembers_so_many_blocks(lag_count: int, call_count: int) -> None:
    header = Header(10_000, b"\x01" * 32, 0, bytes(32), b"")
    block = Block(10_000 - lag_count, b"\x02" * 32, 0)
    calls = ancestor_calls(block, header)
    assert len(calls) == call_count
    for call in calls:
        address, (slot,), where = call.params
        assert (address, int(slot, 16)) == (HISTORY, block.number % 8191)
        assert where["blockHash"] == "0x" + "01" * 32
    assert not is_ancestor(block, header, [])
    assert is_ancestor(header.block, header, [])


@on_each_chain
async def test_at_one_block_nothing_is_proven_twice(chain_endpoint: RpcEndpoint) -> None:
    world = await World.on(chain_endpoint)
    assert await world.reasons(IDS[:2]) == TRUTH[:2]
    assert await world.reasons() == TRUTH
    assert await world.reasons() == TRUTH
    assert world.node.slot_counts == [SHARED_COUNT + count for count in (2, 2, 0)]
    assert world.node.history_count == 0
    stats = world.proven.stats()
    assert (stats.read_count, stats.kept_count, stats.cached_count) == (3, 6, 4)
    await world.close()


@on_each_chain
async def test_later_blocks_prove_that_words_still_hold(chain_endpoint: RpcEndpoint) -> None:
    """Where the chain remembers its blocks (EIP-2935); elsewhere all is proven again."""
    remembers = not isinstance(chain_endpoint, EmbeddedChain)
    world = await World.on(chain_endpoint)
    assert await world.reasons() == TRUTH
    await world.registry.activate_provider(2, "")  # no change of the kind
    world.node.slot_counts.clear()
    assert await world.reasons() == [None, None, *TRUTH[2:]]
    again = [SHARED_COUNT] if remembers else [SHARED_COUNT, SHARED_COUNT + 4]
    assert world.node.slot_counts == again
    assert world.node.history_count == 1
    assert world.proven.stats().kept_count == (4 if remembers else 0)
    await world.close()


@on_each_chain
async def test_a_change_of_the_kind_has_every_word_proven_again(
    chain_endpoint: RpcEndpoint,
) -> None:
    world = await World.on(chain_endpoint)
    assert await world.reasons() == TRUTH
    await world.registry.remove_servers(KIND, IDS[:1])
    assert await world.reasons() == [Reason.REMOVED, *TRUTH[1:]]
    assert world.node.slot_counts == [SHARED_COUNT + count for count in (4, 0, 4)]
    assert world.proven.stats().kept_count == 0
    await world.close()


def unanswered(call: Call, answer: Answer) -> Answer:
    raise RpcError("rpc-error", "not here")


def of_nobody(call: Call, answer: Answer) -> Answer:
    return {"accountProof": [], "storageProof": []}


def flipped(call: Call, answer: Answer) -> Answer:
    (entry,) = answer["storageProof"]
    *nodes, last = entry["proof"]
    changed = last[:-1] + ("0" if last[-1] != "0" else "1")
    return answer | {"storageProof": [entry | {"proof": [*nodes, changed]}]}


@pytest.mark.parametrize("change", [unanswered, of_nobody, flipped])
async def test_a_node_that_does_not_prove_it_has_to_prove_the_words(
    change: Callable[[Call, Answer], Answer], anvil: str
) -> None:
    world = await World.on(anvil)
    assert await world.reasons() == TRUTH
    await world.registry.activate_provider(2, "")

    def spoil(call: Call, answer: Answer) -> Answer:
        return change(call, answer) if call.params[:1] == [HISTORY] else answer

    world.node.change = spoil
    assert await world.reasons() == [None, None, *TRUTH[2:]]
    assert world.node.slot_counts == [SHARED_COUNT + count for count in (4, 0, 4)]
    await world.close()


async def test_equal_kind_words_on_another_branch_show_nothing() -> None:
    """The same number of changes at the same heights, but of other servers."""
    with running_anvil() as url:
        world = await World.on(url)
        fork = tell(url, "evm_snapshot")
        await world.registry.remove_servers(KIND, IDS[:1])
        assert await world.reasons() == [Reason.REMOVED, *TRUTH[1:]]
        assert tell(url, "evm_revert", fork)
        async with Registry(url, world.registry.address, account=SecretKey(ANVIL_KEY)) as other:
            await other.remove_servers(KIND, IDS[1:2])
        tell(url, "evm_mine")  # so that the block is later, and may have the other as an ancestor
        world.node.slot_counts.clear()
        assert await world.reasons() == [None, Reason.REMOVED, *TRUTH[2:]]
        assert world.node.history_count == 1
        assert world.node.slot_counts == [SHARED_COUNT, SHARED_COUNT + 4]
        await world.close()


async def test_a_node_that_fails_leaves_what_is_kept(embedded: EmbeddedChain) -> None:
    world = await World.on(embedded)
    assert await world.reasons() == TRUTH
    world.node.change = unanswered
    verdicts = await world.proven.verify(KIND, IDS, trust=[1, 2])
    assert {verdict.outcome for verdict in verdicts} == {Outcome.UNKNOWN}
    world.node.change = lambda _call, answer: answer
    world.node.slot_counts.clear()
    assert await world.reasons() == TRUTH
    assert world.node.slot_counts == [SHARED_COUNT]
    await world.close()


async def test_words_are_proven_again_when_their_time_is_over(embedded: EmbeddedChain) -> None:
    world = await World.on(
        embedded, RegistryConfig(cache_lifetime_s=1e-9, cache_lifetime_unlisted_s=1e-9)
    )
    for _ in range(2):
        assert await world.reasons() == TRUTH
    assert world.node.slot_counts == [SHARED_COUNT + 4] * 2
    await world.close()


async def test_reads_at_once_do_not_meddle_with_each_other(embedded: EmbeddedChain) -> None:
    world = await World.on(embedded)
    for _ in range(2):
        found = await asyncio.gather(*(world.reasons([id_]) for id_ in IDS))
        assert [reason for (reason,) in found] == TRUTH
    assert world.proven.stats().read_count == 2 * len(IDS)
    await world.close()
