"""waypost demo --trust: how a stranger becomes a provider, and how trust in it ends.

Each step is done, looked at, and told. Where one shows anything else than it says, the story ends
with an error.
"""

from contextlib import AsyncExitStack

from waypost.cli.output import progress_console
from waypost.cli.story import Tale
from waypost.cli.trust_demo.client import Client
from waypost.cli.trust_demo.lie import a_node_lies
from waypost.cli.trust_demo.life import (
    a_user_decides,
    her_servers_are_picked,
    trust_comes_back,
    trust_ends,
)
from waypost.cli.trust_demo.vote import a_stranger_applies
from waypost.cli.trust_demo.world import PETRA, TrustWorld, open_trust_world
from waypost.net.mail.server import KIND
from waypost.trust.address import address_text
from waypost.trust.policy import TrustPolicy


async def tell_of_trust(as_json: bool) -> None:
    """The whole story. Raises WaypostError where it does not go as it is told."""
    tale = Tale(as_json)
    async with AsyncExitStack() as stack:
        with progress_console.status("Starting a chain, its contracts and eleven nodes ..."):
            world = await stack.enter_async_context(open_trust_world())
        _opening(tale, world)
        policy = TrustPolicy()
        async with Client(world, policy) as client:
            await a_stranger_applies(tale, world, client)
            await a_user_decides(tale, world, client)
        policy = policy.adding_providers(world.chain.chain_id, world.registry_address, [PETRA])
        async with Client(world, policy) as client:
            await her_servers_are_picked(tale, world, client)
        await trust_ends(tale, world, policy)
        async with Client(world, policy) as client:
            await trust_comes_back(tale, world, client)
        await a_node_lies(tale, world, policy)


def _opening(tale: Tale, world: TrustWorld) -> None:
    address = address_text(world.registry_address)
    tale.step(
        "opening",
        "",
        "A registry on a chain says which provider runs which servers. Provider 1 was there from "
        "the start; its server is called veteran. Others have to apply. The registry's curator, "
        "which accepts them, is no person but a contract: an applicant stakes 100 STK, for two "
        "days anyone may object and stake as much, and then those who hold STK vote. Uma needs a "
        f"mail server. All she knows is the registry, {address}, and one node of the network. She "
        "trusts provider 1, as everybody does who has not chosen otherwise.",
        registry=address,
        kind=KIND,
    )
