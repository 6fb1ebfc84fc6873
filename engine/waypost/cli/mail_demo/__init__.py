"""waypost demo: how mail reaches a client that was away, by a server that it can trust.

Each step is done, looked at, and told. Where one shows anything else than it says, the story ends
with an error.
"""

from contextlib import AsyncExitStack

from waypost.cli.mail_demo.fetching import the_client_reads, the_servers_are_compared
from waypost.cli.mail_demo.letters import letters_are_sent
from waypost.cli.mail_demo.picking import open_client, servers_are_found, trust_ends
from waypost.cli.mail_demo.telling import MailStory
from waypost.cli.mail_demo.world import Cast, open_world
from waypost.cli.output import progress_console


async def tell_of_mail(as_json: bool) -> None:
    """The whole story. Raises WaypostError where it does not go as it is told."""
    story, cast = MailStory(as_json), Cast()
    async with AsyncExitStack() as stack:
        with progress_console.status("Starting a chain, a registry and 45 nodes ..."):
            world = await stack.enter_async_context(open_world(cast))
        letters = await letters_are_sent(story, world)
        client = await stack.enter_async_context(open_client(world))
        await servers_are_found(story, world, cast, client)
        await the_client_reads(story, world, client, letters)
        await the_servers_are_compared(story, world, client, letters)
        await trust_ends(story, world, client)
