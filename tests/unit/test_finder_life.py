"""How a finder ends, with nothing left behind; and its life over real nodes on loopback."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.crowds import FAST, KIND, Crowd, YesMan, server
from tests.nodes import key
from waypost.config import FinderConfig
from waypost.errors import NodeError, WaypostError
from waypost.keys import PrivateKey
from waypost.net.discv5.node import Node
from waypost.net.finder import ServerFinder
from waypost.net.run import until


def other_tasks():
    return asyncio.all_tasks() - {asyncio.current_task()}


async def test_close_leaves_no_task_and_is_for_good(world):
    world.crowd.announce(server(1))
    finder = world.finder()
    picking = asyncio.create_task(finder.pick())
    await asyncio.sleep(0.05)
    await finder.close()
    await finder.close()
    with pytest.raises(WaypostError, match="the finder is closed"):
        await picking
    assert other_tasks() == set()
    with pytest.raises(WaypostError, match="the finder is closed"):
        await finder.pick()


async def test_a_finder_that_was_never_used_closes():
    await ServerFinder(Crowd(), YesMan(), KIND).close()


async def test_a_node_that_closes_ends_it_all(world):
    finder = world.finder()
    picking = asyncio.create_task(finder.pick())
    reading = asyncio.create_task(anext(aiter(finder)))
    await asyncio.sleep(0.05)
    world.crowd.close()
    for waiting in (picking, reading):
        with pytest.raises(NodeError, match="node was closed"):
            await asyncio.wait_for(waiting, 20.0)
    assert await until(lambda: other_tasks() == set(), 20.0)


async def test_a_callback_that_raises_reaches_whoever_waits(world):
    def explode(_record, _verdict):
        raise ZeroDivisionError

    world.crowd.announce(server(1))
    async with world.finder() as finder:
        finder.on_verdict(explode)
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(finder.pick(), 20.0)


# ---- over real nodes


@asynccontextmanager
async def loopback(*, server_keys, plain=2):
    """A bootnode, its plain nodes and servers, and a client, by name."""
    async with AsyncExitStack() as stack:

        async def start(node_key=None, pairs=None, bootnodes=()):
            node = Node(node_key, listen="127.0.0.1:0", pairs=pairs, bootnodes=bootnodes)
            return await stack.enter_async_context(node)

        bootnode = await start()
        for _ in range(plain):
            await start(bootnodes=[bootnode.record])
        servers = [
            await start(server_key, {KIND: b"\x01"}, [bootnode.record])
            for server_key in server_keys
        ]
        yield bootnode, servers, await start(bootnodes=[bootnode.record])


async def test_over_real_nodes_it_finds_its_server_also_where_that_has_moved(world):
    await world.enlist(1)
    keys = [PrivateKey(key(1)), PrivateKey(key(2))]
    async with (
        loopback(server_keys=keys) as (bootnode, (moving, _), client),
        ServerFinder(client, world.registry, KIND, config=FinderConfig(**FAST)) as finder,
    ):
        first = await finder.pick()
        assert first.record == moving.record
        assert await until(lambda: finder.account().startswith("2 candidates"), 20.0)
        await moving.close()
        async with Node(
            keys[0], listen="127.0.0.1:0", pairs={KIND: b"\x01"}, bootnodes=[bootnode.record]
        ) as moved:
            wanted = moved.record
            assert await until(lambda: finder.servers[0].record == wanted, 30.0)
            assert (await finder.pick()).record.udp == wanted.udp


async def test_a_real_node_that_closes_under_a_pick(world):
    async with Node(listen="127.0.0.1:0") as node:
        finder = ServerFinder(node, world.registry, KIND)
        picking = asyncio.create_task(finder.pick())
        await asyncio.sleep(0.05)
    with pytest.raises(NodeError):
        await asyncio.wait_for(picking, 20.0)
    assert await until(lambda: other_tasks() == set(), 20.0)


async def test_a_node_that_is_not_running_says_so(world):
    finder = ServerFinder(Node(listen="127.0.0.1:0"), world.registry, KIND)
    with pytest.raises(NodeError, match="not running"):
        await finder.pick()
    await finder.close()
