"""waypost trust: whom you trust, kept in a file; one module a group of verbs."""

import click

from waypost.cli.trust.provider import provider
from waypost.cli.trust.registry import add, grant, remove
from waypost.cli.trust.roots import roots
from waypost.cli.trust.server import server
from waypost.cli.trust.show import show


@click.group(short_help="Say whom you trust.")
def trust() -> None:
    """Say whom you trust: providers of registries, and servers of your own.

    \b
    waypost trust add 0x5FbD... --rpc https://...   keep a registry
    waypost trust provider add 7                    trust provider 7 there, beside provider 1
    waypost trust provider remove 1                 no longer trust the default provider there
    waypost trust server add enr:...                a server of your own: always allowed
    waypost trust show                              the whole policy

    `waypost find` and `waypost registry verify` obey this policy.
    """


for command in (show, add, remove, provider, server, roots, grant):
    trust.add_command(command)
