"""The client comes back: it finds servers, and picks among those that it may trust."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from waypost._ext.record import ENR
from waypost.cli.mail_demo.telling import MailStory
from waypost.cli.mail_demo.world import Cast, World
from waypost.cli.story import require
from waypost.config import FinderConfig, MailClientConfig
from waypost.errors import NothingTrusted, WaypostError
from waypost.net.discv5.node import Node
from waypost.net.finder import ServerFinder
from waypost.net.mail.client import MailClient
from waypost.net.mail.server import KIND
from waypost.net.run import until
from waypost.net.trust.registry import Registry
from waypost.trust.address import address_text
from waypost.trust.verdict import Verdict

_DISCOVERY_TIMEOUT_S = 60.0
_PICK_COUNT = 5
_REFUSAL_TIMEOUT_S = 3.0
_PATIENCE_S = 0.5
_FINDER_CONFIG = FinderConfig(retry_interval_s=0.5)


@dataclass(frozen=True)
class Client:
    """Who looks for a server: a node, and what it finds."""

    node: Node
    finder: ServerFinder
    verdicts: deque[tuple[ENR, Verdict]]
    """That have not been told yet."""


@asynccontextmanager
async def open_client(world: World) -> AsyncIterator[Client]:
    """One that knows a bootnode and the registry, and trusts two providers."""
    verdicts: deque[tuple[ENR, Verdict]] = deque()
    async with (
        Node(listen="127.0.0.1:0", bootnodes=[world.bootnode.record]) as node,
        Registry(world.chain, world.registry.address) as registry,
        ServerFinder(node, registry, KIND, world.user_trusts, config=_FINDER_CONFIG) as finder,
    ):
        finder.on_verdict(lambda *judged: verdicts.append(judged))
        yield Client(node, finder, verdicts)


async def servers_are_found(story: MailStory, world: World, cast: Cast, client: Client) -> None:
    """All that claim to be one; only those of the provider that is in force are picked."""
    address = address_text(world.registry.address)
    trusted = " and ".join(map(str, world.user_trusts))
    story.say(
        f"\nThe client comes back. It knows a bootnode and the registry {address}.\n"
        f"It trusts providers {trusted} and looks for a {KIND}:\n\n"
        "  candidate         endpoint         provider  verdict    reason",
        registry=address,
        kind=KIND,
    )
    for number in range(cast.candidates):
        came = await until(lambda: bool(client.verdicts), _DISCOVERY_TIMEOUT_S)
        require(came, f"only {number} of {cast.candidates} candidates were found")
        story.verdict(*client.verdicts.popleft())
    account = client.finder.account()
    story.say(f"\n{account}.\n", seen=account)
    for _ in range(_PICK_COUNT):
        server = await client.finder.pick()
        require(server.node_id in world.trusted_ids, "an untrusted server was picked")
        story.picked(server)
    pong = await client.node.ping(server.record)
    story.say(
        f"  it answers a PING and sees us at {pong.host}:{pong.port}",
        answered=server.node_id.hex(),
    )


async def trust_ends(story: MailStory, world: World, client: Client) -> None:
    """With its provider's suspension no server is left to pick, nor to ask for mail."""
    suspended = world.trusted_provider_id
    story.say(f"\nProvider {suspended} is suspended on chain.\n", suspended=suspended)
    await world.registry.suspend_provider(suspended, "demo")
    refusal = await _refusal(client.finder.pick(timeout=_REFUSAL_TIMEOUT_S))
    await _refusal(_mail_of_today(client))
    for row in client.verdicts:
        story.verdict(*row)
    story.say(
        f"\nNobody is asked for mail any more. The next pick refuses: {refusal}.",
        refused=str(refusal),
    )


async def _mail_of_today(client: Client) -> int:
    config = MailClientConfig(patience_s=_PATIENCE_S)
    async with MailClient(client.finder, config=config) as mail:
        return len([envelope async for envelope in mail.history()])


async def _refusal(attempt: Awaitable[object]) -> NothingTrusted:
    try:
        await attempt
    except NothingTrusted as refusal:
        return refusal
    raise WaypostError("a server was used after its provider was suspended")
