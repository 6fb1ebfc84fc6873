"""Mirrors: the same verdicts as the registry's, without a question about any server."""

from typing import Any

import pytest
from eth_abi.abi import decode, encode

from tests.chains import ANVIL_KEY, GENESIS_S
from tests.crowds import KIND, Crowd, Line, World, server
from tests.nodes import key
from waypost._ext.secp256k1 import SecretKey
from waypost.config import FinderConfig, RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.net.finder import ServerFinder
from waypost.net.rpc import RpcEndpoint
from waypost.net.run import until
from waypost.net.trust.registry import Registry
from waypost.trust.administration.abi import registry_abi
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Call
from waypost.trust.policy import TrustPolicy
from waypost.trust.verdict import Outcome, Reason

ACCOUNT = SecretKey(ANVIL_KEY)
SMALL = RegistryConfig(page_count_max=2, chunk_count_max=2)
IDS = [key(index).node_id for index in range(1, 9)]
SEVERAL_PAGES = ["bytes32[]", "uint256[]", "uint256"]


class Node(Line):
    """A node that remembers what it was asked, and whose pages a test may change."""

    def __init__(self, chain: EmbeddedChain) -> None:
        super().__init__(chain)
        self.asked: list[Call] = []
        self.turn: Any = None

    async def request(self, call: Call) -> Any:
        self.asked.append(call)
        answer = await super().request(call)
        selector = registry_abi().calldata("resources", bytes(32), 0, 1)[:4].hex()
        if self.turn and call.method == "eth_call" and selector in call.params[0]["data"][:10]:
            page = decode(SEVERAL_PAGES, bytes.fromhex(answer[2:]))
            return "0x" + encode(SEVERAL_PAGES, self.turn(*map(list, page[:2]), page[2])).hex()
        return answer


async def alike(registry: Registry, mirror: Any, *trust: int) -> list[Reason | None]:
    """Why each server is not trusted, by the mirror and by its registry, which have to agree."""
    ours = await mirror.verify(KIND, IDS, trust or None)
    theirs = await registry.verify(KIND, IDS, trust or None)
    for mine, other in zip(ours, theirs, strict=True):
        gone = other.reason is Reason.REMOVED and mine.reason is Reason.NOT_LISTED
        assert gone or (mine.outcome, mine.reason) == (other.outcome, other.reason)
        assert mine.block == other.block
    return [verdict.reason for verdict in ours]


async def test_a_mirror_judges_as_its_registry(chain_endpoint: RpcEndpoint) -> None:
    async with await Registry.deploy(chain_endpoint, ACCOUNT, config=SMALL) as registry:
        mirror = registry.mirror(KIND)
        assert (len(mirror), mirror.block) == (0, None)
        assert set(await alike(registry, mirror)) == {Reason.NOT_LISTED}
        world = World(None, registry)
        await world.enlist(1, 2, 3, 4, 5)
        for _ in range(4):
            await registry.register_provider()
        await registry.activate_provider(4)
        await world.enlist(6, provider_id=4)
        assert await alike(registry, mirror) == [None] * 5 + [
            Reason.PROVIDER_NOT_TRUSTED,
            *[Reason.NOT_LISTED] * 2,
        ]
        assert len(mirror) == 6
        assert (await alike(registry, mirror, 1, 4, 99)).count(None) == 6
        await registry.remove_servers(KIND, [IDS[1]])
        await registry.bump_epoch(4)
        reasons = await alike(registry, mirror, 1, 4)
        assert (reasons[1], reasons[5]) == (Reason.NOT_LISTED, Reason.EPOCH_PASSED)
        await registry.set_halted(True)
        assert set(await alike(registry, mirror)) == {Reason.HALTED}


async def test_no_question_names_a_server_or_a_choice_of_providers(
    embedded: EmbeddedChain,
) -> None:
    node = Node(embedded)
    async with await Registry.deploy(embedded, ACCOUNT) as author:
        world = World(None, author)
        for _ in range(3):
            await author.register_provider()
        await world.enlist(1, 2, 3)
        async with Registry(node, author.address) as registry:
            mirror = registry.mirror(KIND)
            (verdict,) = await mirror.verify(KIND, [IDS[0]], [1, 3])
            assert verdict.trusted
            (first,) = [c for c in node.asked if "snapshot" in _function(c) and _ids(c)]
            assert _ids(first) == (1, 2, 3, 4)
            assert not any(node_id.hex() in str(node.asked) for node_id in IDS)
            node.asked.clear()
            await mirror.verify(KIND, IDS, [1, 3])
            assert len(node.asked) == 1, "the head is the same: there is nothing to ask"
            embedded.mine(GENESIS_S)
            node.asked.clear()
            await mirror.verify(KIND, IDS, [1, 3])
            methods = [call.method for call in node.asked]
            assert methods == ["eth_getBlockByNumber", "eth_call", "eth_getBlockByNumber"]


def _function(call: Call) -> str:
    data = call.params[0].get("data", "") if call.method == "eth_call" else ""
    return "snapshot" if data[:10] == _SNAPSHOT else ""


def _ids(call: Call) -> tuple[int, ...]:
    data = bytes.fromhex(call.params[0]["data"][10:])
    return decode(["bytes32", "bytes32[]", "uint32[]"], data)[2]


_SNAPSHOT = "0x" + registry_abi().calldata("snapshot", bytes(32), [], []).hex()[:8]


async def test_an_equal_word_of_another_branch_shows_nothing(embedded: EmbeddedChain) -> None:
    async with await Registry.deploy(embedded, ACCOUNT) as registry:
        await World(None, registry).enlist(1)
        mirror = registry.mirror(KIND)
        assert (await mirror.verify(KIND, IDS[:2]))[0].trusted
        before = await registry.kind(KIND)
        embedded.rewind(1)
        async with Registry(embedded, registry.address, account=ACCOUNT) as again:
            await World(None, again).enlist(2)
            assert await again.kind(KIND) == before, "this is what makes it hard"
            verdicts = await mirror.verify(KIND, IDS[:2])
            assert [verdict.trusted for verdict in verdicts] == [False, True]


async def test_a_registry_that_is_too_large_is_refused(embedded: EmbeddedChain) -> None:
    async with await Registry.deploy(embedded, ACCOUNT) as author:
        await World(None, author).enlist(1, 2, 3)
        for count_max, what in ((2, "3 servers of the kind"), (3, "4 providers")):
            if count_max == 3:
                for _ in range(3):
                    await author.register_provider()
            config = RegistryConfig(listing_count_max=count_max)
            async with Registry(embedded, author.address, config=config) as registry:
                with pytest.raises(RpcError, match=f"too-large: {what}"):
                    await registry.mirror(KIND).refresh()


LIES: dict[str, Any] = {
    "a server is missing": lambda ids, words, at: (ids[:-1], words[:-1], at),
    "a server is twice": lambda ids, words, at: ([ids[0]] * len(ids), words, at),
    "a word too few": lambda ids, words, at: (ids, words[:-1], at),
    "another order": lambda ids, words, at: (ids[::-1], words[::-1], at),
    "not listed": lambda ids, words, at: (ids, [word | 4 << 64 for word in words], at),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
async def test_pages_that_do_not_fit_are_refused(embedded: EmbeddedChain, lie: Any) -> None:
    node = Node(embedded)
    async with await Registry.deploy(node, ACCOUNT, config=SMALL) as registry:
        await World(None, registry).enlist(1, 2, 3, 4)
        node.turn = lie
        mirror = registry.mirror(KIND)
        with pytest.raises(RpcError, match="bad-answer"):
            await mirror.refresh()
        (verdict,) = await mirror.verify(KIND, IDS[:1])
        assert verdict.outcome is Outcome.UNKNOWN
        node.turn = None
        assert (await mirror.verify(KIND, IDS[:1]))[0].trusted


async def test_what_a_mirror_is_not_for(world: World) -> None:
    mirror = world.registry.mirror(KIND)
    with pytest.raises(ConfigError, match=r"make another for push\.notify"):
        await mirror.verify("push.notify", IDS)
    with pytest.raises(ConfigError, match="a node id is 32 bytes"):
        await mirror.verify(KIND, [b"short"])
    world.line.error = "unreachable"
    own = TrustPolicy().with_own_servers([IDS[0]])
    mine, unknown = await mirror.verify(KIND, IDS[:2], own)
    assert mine.trusted
    assert unknown.outcome is Outcome.UNKNOWN


async def test_a_finder_takes_a_mirror(world: World) -> None:
    await world.enlist(1, 2)
    crowd, revoked = Crowd(), []
    crowd.announce(server(1), server(2), server(3))
    config = FinderConfig(batch_interval_s=0.02, settle_s=0.01)
    async with ServerFinder(crowd, world.registry.mirror(KIND), KIND, config=config) as finder:
        finder.on_revoked(lambda gone, verdict: revoked.append(verdict.reason))
        assert await until(lambda: len(finder.servers) == 2, 20.0)
        await world.registry.remove_servers(KIND, [IDS[0]])
        assert await until(lambda: revoked, 20.0)
        assert (await finder.pick()).node_id == IDS[1]
    assert revoked == [Reason.NOT_LISTED]
