"""waypost registry: deploy, administer and ask the registry contract; one module a group of verbs.

Keys come from files, never from arguments.
"""

import click

from waypost.cli.registry.curate import curate
from waypost.cli.registry.deploy import deploy
from waypost.cli.registry.kind import kind
from waypost.cli.registry.provider import provider
from waypost.cli.registry.reads import read, show
from waypost.cli.registry.roles import admin, deprecate, halt, role, unhalt
from waypost.cli.registry.server import server
from waypost.cli.registry.sign import sign
from waypost.cli.registry.verify import prove, verify
from waypost.cli.registry.watch import watch


@click.group()
def registry() -> None:
    """Deploy, administer and ask the registry contract."""


for command in (
    deploy,
    show,
    verify,
    prove,
    read,
    watch,
    provider,
    server,
    sign,
    curate,
    kind,
    role,
    admin,
    halt,
    unhalt,
    deprecate,
):
    registry.add_command(command)
