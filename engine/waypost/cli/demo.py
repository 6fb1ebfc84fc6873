"""waypost demo: the whole story on this machine, with no network and no other program."""

from collections import deque
from contextlib import AsyncExitStack

import click

from waypost._ext.record import ENR
from waypost.cli.output import json_option, progress_console
from waypost.cli.story import Story, require
from waypost.cli.trust_demo import tell_of_trust
from waypost.cli.world import KIND, Cast, World, open_world
from waypost.config import FinderConfig
from waypost.errors import NothingTrusted, WaypostError
from waypost.net.discv5.node import Node
from waypost.net.finder import ServerFinder
from waypost.net.run import run, until
from waypost.net.trust.registry import Registry
from waypost.trust.address import address_text
from waypost.trust.candidates import TrustedServer
from waypost.trust.verdict import Verdict

DISCOVERY_TIMEOUT_S = 60.0
PICK_COUNT = 5
REFUSAL_TIMEOUT_S = 3.0
CONFIG = FinderConfig(retry_interval_s=0.5)


@click.command(short_help="The whole story on this machine, without a network.")
@click.option("--trust", is_flag=True, help="Tell instead how trust is won, lost and proven.")
@json_option
def demo(trust: bool, as_json: bool) -> None:
    """Find, verify and pick a trusted mail server among impostors; then suspend its provider.

    Everything runs in this process, on loopback: a chain with the registry, a bootnode, thirty
    plain nodes and twelve that claim to be mail servers.

    With --trust another story: a stranger applies as a provider, is challenged and wins by vote; a
    user trusts it, the guardian suspends it, it comes back; and a node that lies is caught.
    """
    run(tell_of_trust(as_json) if trust else _tell(Picking(as_json)))


class Picking(Story):
    """The story of how a server is picked."""

    def verdict(self, record: ENR, verdict: Verdict) -> None:
        """One row of the table of candidates."""
        provider = str(verdict.provider_id or "-")
        row = f"  {record.node_id.hex()[:16]}  127.0.0.1:{record.udp:<5}  {provider:^8}  "
        self.say(
            f"{row}{verdict.outcome:<9}  {verdict.why}".rstrip(),
            candidate=record.node_id.hex(),
            provider=verdict.provider_id,
            verdict=verdict.outcome.value,
            reason=verdict.why,
        )

    def picked(self, server: TrustedServer) -> None:
        """One pick."""
        self.say(
            f"  picked {server.node_id.hex()[:16]} of provider {server.provider_id}",
            picked=server.node_id.hex(),
            provider=server.provider_id,
        )


async def _tell(story: Picking) -> None:
    cast = Cast()
    async with AsyncExitStack() as stack:
        with progress_console.status("Starting a chain, a registry and 43 nodes ..."):
            world = await stack.enter_async_context(open_world(cast))
        await _live_through(story, world, cast)


async def _live_through(story: Picking, world: World, cast: Cast) -> None:
    address = address_text(world.registry.address)
    story.say(
        f"A client knows a bootnode and the registry {address}.\n"
        f"It trusts providers {_listed(world.user_trusts)} and looks for a {KIND}:\n\n"
        "  candidate         endpoint         provider  verdict    reason",
        registry=address,
        kind=KIND,
    )
    async with (
        Node(listen="127.0.0.1:0", bootnodes=[world.bootnode.record]) as client,
        Registry(world.chain, world.registry.address) as registry,
        ServerFinder(client, registry, KIND, world.user_trusts, config=CONFIG) as finder,
    ):
        verdicts: deque[tuple[ENR, Verdict]] = deque()
        finder.on_verdict(lambda *judged: verdicts.append(judged))
        for number in range(cast.candidates):
            came = await until(lambda: bool(verdicts), DISCOVERY_TIMEOUT_S)
            require(came, f"only {number} of {cast.candidates} candidates were found")
            story.verdict(*verdicts.popleft())
        story.say(f"\n{finder.account()}.\n", seen=finder.account())
        for _ in range(PICK_COUNT):
            server = await finder.pick()
            require(server.node_id in world.trusted_ids, "an untrusted server was picked")
            story.picked(server)
        pong = await client.ping(server.record)
        story.say(
            f"  it answers a PING and sees us at {pong.host}:{pong.port}",
            answered=server.node_id.hex(),
        )
        suspended = world.trusted_provider_id
        story.say(f"\nProvider {suspended} is suspended on chain.\n", suspended=suspended)
        await world.registry.suspend_provider(suspended, "demo")
        refusal = await _refusal(finder)
        for row in verdicts:
            story.verdict(*row)
        story.say(f"\nThe next pick refuses: {refusal}.", refused=str(refusal))


async def _refusal(finder: ServerFinder) -> NothingTrusted:
    try:
        server = await finder.pick(timeout=REFUSAL_TIMEOUT_S)
    except NothingTrusted as refusal:
        return refusal
    raise WaypostError(f"{server.node_id.hex()} was picked after its provider was suspended")


def _listed(numbers: list[int]) -> str:
    return " and ".join(map(str, numbers))
