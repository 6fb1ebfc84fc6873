"""The world of `waypost demo`: an embedded chain with a registry, nodes on loopback, and the
Whisper network with its mail servers.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from waypost.cli.mail_demo.network import MailNetwork, open_network
from waypost.cli.world import LISTEN, list_servers
from waypost.keys import PrivateKey
from waypost.net.clock import wall_clock_s
from waypost.net.discv5.node import Node
from waypost.net.mail.server import KIND
from waypost.net.trust.registry import Registry
from waypost.trust.embedded import EmbeddedChain


@dataclass(frozen=True)
class Cast:
    """How many of whom take part."""

    trusted: int = 5
    of_another_provider: int = 2
    of_a_suspended_provider: int = 1
    removed: int = 1
    impostors: int = 3
    plain: int = 30

    @property
    def candidates(self) -> int:
        """Nodes that announce the kind."""
        return sum(
            (
                self.trusted,
                self.of_another_provider,
                self.of_a_suspended_provider,
                self.removed,
                self.impostors,
            )
        )


@dataclass
class World:
    """Everything that the demo runs, and the truth about it that the client does not know."""

    chain: EmbeddedChain
    registry: Registry
    """With the administrator's account: curator and guardian in one."""
    bootnode: Node
    mail: MailNetwork
    """Its servers are those that the client will trust; the others only claim to serve."""
    reader: PrivateKey
    """The client's, by which it reads its letters."""
    user_trusts: list[int] = field(default_factory=list)
    """Providers 1 and 3; but 3 has been suspended."""
    trusted_provider_id: int = 1

    @property
    def trusted_ids(self) -> set[bytes]:
        """The node ids of the servers of provider 1."""
        return set(self.mail.servers)


@asynccontextmanager
async def open_world(cast: Cast) -> AsyncIterator[World]:
    """Deploy the registry, list the servers, start every node."""
    async with AsyncExitStack() as stack:

        def new_keys(count: int) -> list[PrivateKey]:
            return [stack.enter_context(PrivateKey.generate()) for _ in range(count)]

        async def start(key: PrivateKey, pairs: Mapping[str, bytes]) -> None:
            node = Node(key, listen=LISTEN, bootnodes=[bootnode.record], pairs=pairs)
            await stack.enter_async_context(node)

        async def claim(count: int) -> list[PrivateKey]:
            keys = new_keys(count)
            for key in keys:
                await start(key, {KIND: b"\x01"})
            return keys

        account, reader, *servers = new_keys(2 + cast.trusted)
        chain = EmbeddedChain(wall_clock_s())
        registry = await stack.enter_async_context(await Registry.deploy(chain, account))
        bootnode = await stack.enter_async_context(Node(listen=LISTEN))
        mail = await stack.enter_async_context(open_network(servers))
        world = World(chain, registry, bootnode, mail, reader)
        for key in new_keys(cast.plain):
            await start(key, {})
        for box in mail.servers.values():
            await start(box.key, box.pairs)

        removed = await claim(cast.removed)
        await list_servers(registry, world.trusted_provider_id, servers + removed)
        await registry.remove_servers(KIND, [key.node_id for key in removed])
        other = await registry.register_provider("https://provider-2.example")
        await registry.activate_provider(other)
        await list_servers(registry, other, await claim(cast.of_another_provider))
        suspended = await registry.register_provider("https://provider-3.example")
        await registry.activate_provider(suspended)
        await list_servers(registry, suspended, await claim(cast.of_a_suspended_provider))
        await registry.suspend_provider(suspended, "lost its keys")
        world.user_trusts = [world.trusted_provider_id, suspended]
        await claim(cast.impostors)
        yield world
