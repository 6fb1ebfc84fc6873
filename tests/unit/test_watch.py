"""A watch on real chains: what it tells, over reorganisations and lost connections."""

import asyncio
from typing import Any

import pytest

from tests.chains import ANVIL_KEY, Endpoints, ask
from tests.crowds import KIND, World
from tests.folds import Fold, fold_until, read_state, take
from tests.nodes import key
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.net.rpc import ChainRpc, RpcEndpoint
from waypost.net.rpc.subscription import Subscription
from waypost.net.run import until
from waypost.net.trust.registry import Registry
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Call
from waypost.trust.kind import kind_word
from waypost.trust.watch.changes import (
    Deprecated,
    Halted,
    KindChange,
    ProviderChange,
    Rewound,
    ServerChange,
)
from waypost.trust.words import Status

ACCOUNT = SecretKey(ANVIL_KEY)
FAST = RegistryConfig(watch_interval_s=0.05, watch_silence_s_max=0.2)
PATIENT = RegistryConfig(watch_interval_s=60.0, watch_silence_s_max=60.0)


async def enlist(registry: Registry, *indices: int) -> None:
    await World(None, registry).enlist(*indices)


def afresh(registry: Registry, endpoint: RpcEndpoint) -> Registry:
    """The registry for an account that does not remember what it sent on another branch."""
    return Registry(endpoint, registry.address, account=ACCOUNT)


async def test_every_change_is_told_as_it_happens(chain_endpoint: RpcEndpoint) -> None:
    async with (
        await Registry.deploy(chain_endpoint, ACCOUNT, config=FAST) as registry,
        registry.watch() as watch,
    ):
        await enlist(registry, 1, 2)
        first, second = await take(watch, 2)
        assert isinstance(first, ServerChange)
        assert isinstance(second, ServerChange)
        assert (first.block_number, first.block_hash) == (second.block_number, second.block_hash)
        assert first.log_index < second.log_index
        assert [first.node_id, second.node_id] == [key(1).node_id, key(2).node_id]
        assert (first.kind, first.provider_id) == (kind_word(KIND), 1)
        assert first.word.status == Status.ACTIVE

        await registry.suspend_provider(1, "caught")
        (suspended,) = await take(watch, 1)
        assert isinstance(suspended, ProviderChange)
        assert (suspended.provider_id, suspended.word.status) == (1, Status.SUSPENDED)
        assert suspended.reason.rstrip(b"\0") == b"caught"

        await registry.remove_servers(KIND, [key(1).node_id])
        (removed,) = await take(watch, 1)
        assert isinstance(removed, ServerChange)
        assert (removed.node_id, removed.provider_id) == (key(1).node_id, 1)
        assert removed.word.status == Status.REMOVED

        await registry.register_provider()
        await registry.set_kind(KIND, 60, 3600)
        await registry.set_halted(True)
        await registry.deprecate(bytes(range(20)))
        registered, limits, halted, deprecated = await take(watch, 4)
        assert isinstance(registered, ProviderChange)
        assert (registered.provider_id, registered.word.status) == (2, Status.PENDING)
        assert isinstance(limits, KindChange)
        assert limits.word.ttl_s_max == 3600
        assert isinstance(halted, Halted)
        assert halted.halted
        assert isinstance(deprecated, Deprecated)
        assert deprecated.successor == bytes(range(20))

        fold = Fold()
        past = registry.watch(since=str((await registry.overview()).deploy_block - 1))
        await fold_until(past, fold, await read_state(registry, KIND))
        assert watch.cursor is not None


@pytest.fixture(params=["anvil-ws", "anvil-ipc", "geth-ws", "embedded"])
def telling_endpoint(request: pytest.FixtureRequest) -> Any:
    """Nodes that tell of new blocks by themselves."""
    if request.param == "embedded":
        return request.getfixturevalue("embedded")
    program, way = request.param.split("-")
    return getattr(request.getfixturevalue(f"{program}_node"), way)


async def test_a_node_that_notifies_is_not_polled(telling_endpoint: RpcEndpoint) -> None:
    async with (
        await Registry.deploy(telling_endpoint, ACCOUNT, config=PATIENT) as registry,
        registry.watch() as watch,
    ):
        waiting = asyncio.create_task(take(watch, 1))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await registry.suspend_provider(1)
        assert isinstance((await waiting)[0], ProviderChange)


async def test_other_kinds_are_left_out(world: World) -> None:
    other = world.registry.watch("push.notify")
    async with other, world.registry.watch(KIND) as watch:
        await world.enlist(1)
        await world.registry.suspend_provider(1)
        assert isinstance((await take(watch, 1))[0], ServerChange)
        assert isinstance((await take(watch, 1))[0], ProviderChange)
        assert isinstance((await take(other, 1))[0], ProviderChange)


async def test_a_cursor_goes_on_where_another_watch_ended(world: World) -> None:
    registry = world.registry
    async with registry.watch() as watch:
        await world.enlist(1, 2, 3)
        told = await take(watch, 2)
        assert watch.cursor.log_index == told[-1].log_index
    await registry.suspend_provider(1)
    rest = registry.watch(since=str(watch.cursor))
    third, suspended = await take(rest, 2)
    assert third.node_id == key(3).node_id
    assert isinstance(suspended, ProviderChange)
    assert rest.cursor.log_index is None
    await registry.activate_provider(1)
    (active,) = await take(registry.watch(since=rest.cursor), 1)
    assert active.word.status == Status.ACTIVE
    with pytest.raises(ConfigError, match="is no cursor"):
        registry.watch(since="yesterday")


async def test_a_rewound_embedded_chain_is_told(embedded: EmbeddedChain) -> None:
    async with (
        await Registry.deploy(embedded, ACCOUNT, config=FAST) as registry,
        registry.watch() as watch,
    ):
        await enlist(registry, 1)
        await registry.suspend_provider(1)
        fold = Fold(await take(watch, 2))
        embedded.rewind(1)
        (rewound,) = await take(watch, 1)
        assert rewound == Rewound(embedded.head.number, embedded.head.hash)
        fold.add(rewound)
        assert [type(change) for change in fold.changes] == [ServerChange]
        await afresh(registry, embedded).register_provider()
        fold.add((await take(watch, 1))[0])
        assert fold.changes[-1].provider_id == 2


@pytest.mark.parametrize("way", ["http", "ws", "ipc"])
@pytest.mark.parametrize("method", ["evm_revert", "anvil_reorg"])
async def test_a_reorganised_anvil_is_told(anvil_node: Endpoints, way: str, method: str) -> None:
    url = anvil_node.http
    async with (
        await Registry.deploy(getattr(anvil_node, way), ACCOUNT, config=FAST) as registry,
        registry.watch() as watch,
    ):
        snapshot = ask(url, "evm_snapshot")
        await enlist(registry, 1, 2)
        await registry.suspend_provider(1)
        fold = Fold(await take(watch, 3))
        if method == "evm_revert":
            assert ask(url, "evm_revert", snapshot)
        else:
            ask(url, "anvil_reorg", 2, [])
        async with afresh(registry, url) as again:
            await again.register_provider()
            wanted = await read_state(again, KIND)
        del wanted["provider", 1]  # it is as it was before the watch began
        await fold_until(watch, fold, wanted)
        assert fold.rewound_count == 1
        assert [type(change) for change in fold.changes] == [ProviderChange]


class Frail(ChainRpc):
    """A way to an embedded chain that can be cut, and whose subscriptions then end."""

    cut = False

    async def request(self, call: Call) -> Any:
        if self.cut:
            raise RpcError("unreachable", "the line is cut")
        return await super().request(call)

    def subscribe(self, *params: Any) -> Subscription:
        async def refuse(_: Subscription) -> None:
            raise RpcError("unreachable", "the line is cut")

        return Subscription(1, refuse, _nothing) if self.cut else super().subscribe(*params)

    async def lose(self) -> None:
        await self.close()


class Spied(Frail):
    """It remembers how many blocks it was asked for at once."""

    def __init__(self, chain: EmbeddedChain) -> None:
        super().__init__(chain)
        self.spans: list[int] = []

    async def request(self, call: Call) -> Any:
        if call.method == "eth_getLogs" and "fromBlock" in (span := call.params[0]):
            self.spans.append(int(span["toBlock"], 16) - int(span["fromBlock"], 16) + 1)
            self.check(self.spans[-1])
        return await super().request(call)

    def check(self, count: int) -> None:
        """Any number is fine."""


class Narrow(Spied):
    """It takes two blocks at once, and dies of them."""

    def check(self, count: int) -> None:
        if count > 2:
            raise RpcError("rpc-error", "block range is too wide", code=-32005)
        self.cut = True


class Mute:
    """A node that tells nothing by itself."""

    def __init__(self, way: Frail) -> None:
        self.request, self.batch, self.close = way.request, way.batch, way.close


async def _nothing(_: Subscription) -> None:
    pass


async def test_nothing_is_lost_or_doubled_over_lost_connections(embedded: EmbeddedChain) -> None:
    frail = Frail(embedded)
    async with (
        await Registry.deploy(embedded, ACCOUNT) as author,
        Registry(frail, author.address, config=FAST) as registry,
        registry.watch() as watch,
    ):
        fold, ids = Fold(), iter(range(1, 100))
        reading = asyncio.create_task(_gather(watch, fold))
        for _ in range(5):
            await enlist(author, next(ids), next(ids))
            await frail.lose()
            await enlist(author, next(ids))
            frail.cut = True
            await asyncio.sleep(0.06)
            await enlist(author, next(ids))
            frail.cut = False
            await asyncio.sleep(0.06)
        assert await until(lambda: len(fold.changes) == 20, 20.0)
        reading.cancel()
        listed = [change.node_id for change in fold.changes]
        assert listed == [key(index).node_id for index in range(1, 21)]
        assert fold.rewound_count == 0


@pytest.mark.parametrize("notifies", [True, False])
async def test_another_endpoint_goes_on_where_the_first_one_dies(
    embedded: EmbeddedChain, notifies: bool
) -> None:
    config = RegistryConfig(watch_interval_s=0.1, watch_silence_s_max=60.0)
    first, second = Frail(embedded), Frail(embedded)
    ways = [first, second] if notifies else [Mute(first), Mute(second)]
    async with (
        await Registry.deploy(embedded, ACCOUNT) as author,
        Registry(ways, author.address, config=config) as registry,
        registry.watch() as watch,
    ):
        fold = Fold()
        reading = asyncio.create_task(_gather(watch, fold))
        await enlist(author, 1, 2)
        assert await until(lambda: len(fold.changes) == 2, 20.0)
        assert not registry.stats().fail_over_count

        first.cut = True
        await first.lose()
        await enlist(author, 3)
        await author.suspend_provider(1)
        assert await until(lambda: len(fold.changes) == 4, 20.0)
        assert registry.stats().fail_over_count

        async def is_polled() -> bool:
            before = registry.stats().endpoints[1].request_count
            await asyncio.sleep(0.5)
            return registry.stats().endpoints[1].request_count > before

        async with asyncio.timeout(20.0):
            while await is_polled() is notifies:  # the second one notifies soon, if it can
                pass

        await author.activate_provider(1)
        assert await until(lambda: len(fold.changes) == 5, 20.0)
        first.cut, second.cut = False, True
        await second.lose()
        await enlist(author, 4)
        assert await until(lambda: len(fold.changes) == 6, 20.0)
        wanted = await read_state(author, KIND)
        assert {key: fold.state[key] for key in wanted} == wanted
        assert fold.rewound_count == 0
        reading.cancel()


async def test_the_limits_of_a_watch_are_those_of_the_endpoint_that_is_read(
    embedded: EmbeddedChain,
) -> None:
    config = RegistryConfig(watch_interval_s=0.02, watch_block_count_max=8)
    narrow, wide = Narrow(embedded), Spied(embedded)
    async with (
        await Registry.deploy(embedded, ACCOUNT) as author,
        Registry([narrow, wide], author.address, config=config) as registry,
    ):
        floor = embedded.head.number - 1
        for _ in range(100):
            embedded.mine(embedded.head.timestamp)
        watch = registry.watch(since=str(floor))
        reading = asyncio.create_task(take(watch, 5))
        assert await until(lambda: bool(wide.spans), 20.0)
        assert narrow.cut
        assert max(wide.spans) > 16
        reading.cancel()


async def _gather(watch: Any, fold: Fold) -> None:
    async for change in watch:
        fold.add(change)


async def test_a_long_outage_ends_a_watch_which_can_go_on(embedded: EmbeddedChain) -> None:
    config = RegistryConfig(watch_interval_s=0.02, watch_outage_s_max=0.1)
    frail = Frail(embedded)
    async with (
        await Registry.deploy(embedded, ACCOUNT) as author,
        Registry(frail, author.address, config=config) as registry,
        registry.watch() as watch,
    ):
        frail.cut = True
        with pytest.raises(RpcError, match="unreachable"):
            await take(watch, 1)
        await enlist(author, 1)
        frail.cut = False
        assert (await take(watch, 1))[0].node_id == key(1).node_id


async def test_a_closed_registry_ends_its_watches(embedded: EmbeddedChain) -> None:
    async with await Registry.deploy(embedded, ACCOUNT) as registry:
        watch = registry.watch()
        waiting = asyncio.create_task(take(watch, 1))
        await asyncio.sleep(0.05)
    with pytest.raises(RpcError, match="closed"):
        await waiting
    assert embedded._listeners == []
