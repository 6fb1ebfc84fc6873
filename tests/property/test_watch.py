"""Whatever happens to a chain and the way to it, changes add up to what the registry holds."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chains import ANVIL_KEY, GENESIS_S
from tests.crowds import KIND, World
from tests.folds import Fold, read_state
from tests.nodes import key
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc import ChainRpc
from waypost.net.trust.registry import Registry
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Call

ACCOUNT = SecretKey(ANVIL_KEY)
CONFIG = RegistryConfig(
    watch_interval_s=0.005,
    watch_silence_s_max=0.02,
    watch_block_count_max=200,
    watch_range_count_max=4,
    watch_lag_count_max=2,
)
CHANGES = ["add", "add", "remove", "suspend", "activate", "activate", "epoch", "register"]
TROUBLE = ["rewind", "rewind", "rewind", "mine", "lose", "cut", "resume"]
STEPS = st.tuples(
    st.sampled_from(CHANGES + TROUBLE),
    st.integers(1, 5),  # which server, how many blocks, how many failures
    st.booleans(),  # whether what the watch tells is read before the next step
)


class Frail(ChainRpc):
    """A way to a chain that fails a few times when it is cut."""

    failures_left = 0

    async def request(self, call: Call) -> Any:
        if self.failures_left:
            self.failures_left -= 1
            raise RpcError("unreachable", "the line is cut")
        return await super().request(call)


class Story:
    """A registry, a watch of it, and what the watch told."""

    def __init__(self, chain: EmbeddedChain, address: bytes, floor: int) -> None:
        self.chain, self.address, self.floor = chain, address, floor
        self.frail = Frail(chain)
        self.registry = Registry(self.frail, address, config=CONFIG)
        self.watch = self.registry.watch(since=str(floor - 1))
        self.fold = Fold()

    async def act(self, what: str, number: int) -> None:
        async with Registry(self.chain, self.address, account=ACCOUNT) as author:
            match what:
                case "add":
                    listed = {server.node_id for server in await author.servers(KIND)}
                    active = (await author.provider(1)).status == 2
                    if active and key(number).node_id not in listed:
                        await World(None, author).enlist(number)
                case "remove":
                    listed = {server.node_id for server in await author.servers(KIND)}
                    if key(number).node_id in listed:
                        await author.remove_servers(KIND, [key(number).node_id])
                case "suspend":
                    await author.suspend_provider(1)
                case "activate":
                    await author.activate_provider(1)
                case "epoch":
                    await author.bump_epoch(1)
                case "register":
                    await author.register_provider()
                case "mine":
                    for _ in range(30 * number):
                        self.chain.mine(GENESIS_S)
                case "rewind":
                    self.chain.rewind(min(number, self.chain.head.number - self.floor))
                case "lose":
                    await self.frail.close()
                case "cut":
                    self.frail.failures_left = number
                case "resume" if self._can_resume():
                    await self.watch.aclose()
                    self.watch = self.registry.watch(since=str(self.watch.cursor))

    def _can_resume(self) -> bool:
        """Whether the chain still has a block that the cursor names."""
        cursor = self.watch.cursor
        if cursor is None or cursor.block_hash is None:
            return False
        for number, hash_ in ((cursor.block_number, cursor.block_hash), *cursor.anchors):
            call = Call("eth_getBlockByNumber", [hex(number), False])
            block = self.chain.answer(call, GENESIS_S)
            if block is not None and block["hash"].startswith(f"0x{hash_.hex()}"):
                return True
        return False

    async def read(self, seconds: float) -> None:
        """Takes what the watch tells in a while."""
        try:
            async with asyncio.timeout(seconds):
                async for change in self.watch:
                    self.fold.add(change)
        except TimeoutError:
            pass

    async def end(self) -> None:
        """The fold has to become what the registry holds, whatever was rewound."""
        async with Registry(self.chain, self.address) as author:
            wanted = await read_state(author, KIND)
        try:
            async with asyncio.timeout(30.0):
                while self.fold.state != wanted:
                    self.fold.add(await anext(self.watch))
        finally:
            await self.registry.close()


async def told(steps: list[tuple[str, int, bool]]) -> None:
    chain = EmbeddedChain(GENESIS_S, funded={ACCOUNT.address: 10**24})
    registry = await Registry.deploy(chain, ACCOUNT)
    for _ in range(3):
        chain.mine(GENESIS_S)
    story = Story(chain, registry.address, floor=1)
    await story.read(0.03)
    for what, number, is_read in steps:
        await story.act(what, number)
        if is_read:
            await story.read(0.03)
    await story.end()


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """What runs the chain changes the recursion limit, once: not during an example."""
    asyncio.run(told([]))


@settings(max_examples=25)
@given(steps=st.lists(STEPS, min_size=4, max_size=16))
def test_the_changes_add_up_to_what_the_registry_holds(
    steps: list[tuple[str, int, bool]],
) -> None:
    asyncio.run(told(steps))
