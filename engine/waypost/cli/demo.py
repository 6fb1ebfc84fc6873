"""waypost demo: a story on this machine, with no network and no other program."""

import click

from waypost.cli.mail_demo import tell_of_mail
from waypost.cli.output import json_option
from waypost.cli.trust_demo import tell_of_trust
from waypost.net.run import run


@click.command(short_help="The whole story on this machine, without a network.")
@click.option("--trust", is_flag=True, help="Tell instead how trust is won, lost and proven.")
@json_option
def demo(trust: bool, as_json: bool) -> None:
    """Find, verify and pick a trusted mail server among impostors, and fetch mail from it.

    Letters are sent to a client that is away. It comes back, finds twelve that claim to be mail
    servers, asks one that the registry vouches for, reads its letters and compares what the
    servers have; then their provider is suspended. Everything runs in this process, on loopback: a
    chain with the registry, a bootnode, thirty plain nodes, mail servers with their archives, and
    two nodes that relay.

    With --trust another story: a stranger applies as a provider, is challenged and wins by vote; a
    user trusts it, the guardian suspends it, it comes back; and a node that lies is caught.
    """
    run(tell_of_trust(as_json) if trust else tell_of_mail(as_json))
