"""waypost registry curate: the contract that holds the registry's curator role, by stake."""

import click

from waypost.cli.registry.curate.deploy import arbitrator, deploy, token
from waypost.cli.registry.curate.governance import (
    decide,
    owner,
    set_kind,
    set_parameters,
    take_office,
)
from waypost.cli.registry.curate.requests import (
    adopt_terms,
    apply,
    challenge,
    evidence,
    execute,
    exit_,
    lapse,
    withdraw,
)
from waypost.cli.registry.curate.show import show
from waypost.cli.registry.curate.vote import rule, vote


@click.group(short_help="Apply with a deposit, challenge, rule and vote.")
def curate() -> None:
    """Apply to a registry with a deposit, challenge, rule, vote and govern.

    Amounts are in tokens, such as 100 or 0.5.
    """


for command in (
    *(show, apply, challenge, evidence, execute, lapse, exit_, adopt_terms, withdraw),
    *(vote, rule, deploy, arbitrator, token),
    *(take_office, set_parameters, decide, set_kind, owner),
):
    curate.add_command(command)
