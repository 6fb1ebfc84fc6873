"""The world of `waypost demo`: an embedded chain with a registry, and nodes on loopback."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from waypost.keys import PrivateKey
from waypost.net.clock import wall_clock_s
from waypost.net.discv5.node import Node
from waypost.net.trust.registry import Registry
from waypost.trust.embedded import EmbeddedChain

KIND = "whisper.mailserver"
LISTEN = "127.0.0.1:0"


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
    trusted_ids: set[bytes] = field(default_factory=set)
    user_trusts: list[int] = field(default_factory=list)
    """Providers 1 and 3; but 3 has been suspended."""
    trusted_provider_id: int = 1


@asynccontextmanager
async def open_world(cast: Cast) -> AsyncIterator[World]:
    """Deploy the registry, list the servers, start every node."""
    async with AsyncExitStack() as stack:
        account = stack.enter_context(PrivateKey.generate())
        chain = EmbeddedChain(wall_clock_s())
        registry = await stack.enter_async_context(await Registry.deploy(chain, account))
        bootnode = await stack.enter_async_context(Node(listen=LISTEN))
        world = World(chain, registry, bootnode)

        async def start(count: int, pairs: dict[str, bytes]) -> list[PrivateKey]:
            keys = [stack.enter_context(PrivateKey.generate()) for _ in range(count)]
            for key in keys:
                await stack.enter_async_context(
                    Node(key, listen=LISTEN, bootnodes=[bootnode.record], pairs=pairs)
                )
            return keys

        async def serve(count: int) -> list[PrivateKey]:
            return await start(count, {KIND: b"\x01"})

        await start(cast.plain, {})
        servers = await serve(cast.trusted)
        removed = await serve(cast.removed)
        await list_servers(registry, world.trusted_provider_id, servers + removed)
        await registry.remove_servers(KIND, [key.node_id for key in removed])
        world.trusted_ids = {key.node_id for key in servers}

        other = await registry.register_provider("https://provider-2.example")
        await registry.activate_provider(other)
        await list_servers(registry, other, await serve(cast.of_another_provider))
        suspended = await registry.register_provider("https://provider-3.example")
        await registry.activate_provider(suspended)
        await list_servers(registry, suspended, await serve(cast.of_a_suspended_provider))
        await registry.suspend_provider(suspended, "lost its keys")
        world.user_trusts = [world.trusted_provider_id, suspended]
        await serve(cast.impostors)
        yield world


async def list_servers(registry: Registry, provider_id: int, keys: list[PrivateKey]) -> None:
    """List servers of the demo's kind; each key consents by its signature."""
    bindings = []
    for key in keys:
        consent = await registry.consent(KIND, key.node_id, provider_id)
        bindings.append(consent.signed_by(key.secret_key))
    await registry.add_servers(provider_id, bindings)
