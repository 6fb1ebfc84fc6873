"""waypost registry kind: the limits of a kind's listings."""

import click

from waypost.cli.output import Said, columns
from waypost.cli.registry.desk import Desk, read_options, transaction_options
from waypost.net.trust.registry import Registry

SECONDS = click.IntRange(0, (1 << 40) - 1)
kind_argument = click.argument("name", metavar="KIND")


@click.group()
def kind() -> None:
    """Limit how long the listings of a kind last. Anybody may list servers of any kind."""


@kind.command("set", short_help="Limit the lifetimes of a kind, as the curator.")
@transaction_options
@kind_argument
@click.option("--ttl-min", type=SECONDS, default=0, metavar="SECONDS", help="At least so long.")
@click.option(
    "--ttl-max", type=SECONDS, default=0, metavar="SECONDS", help="At most so long; 0: no limit."
)
@click.option(
    "--kind-flags",
    type=click.IntRange(0, (1 << 16) - 1),
    default=0,
    metavar="N",
    help="16 bits of the kind's own meaning.",
)
def set_kind(desk: Desk, name: str, ttl_min: int, ttl_max: int, kind_flags: int) -> None:
    """Limit how long listings of KIND last. Those that are there already stay as they are."""
    data = {"kind": name, "ttl_s_min": ttl_min, "ttl_s_max": ttl_max, "flags": kind_flags}
    longest = f"{ttl_max} s" if ttl_max else "any time"
    desk.transact(
        lambda registry: registry.set_kind(name, ttl_min, ttl_max, kind_flags),
        Said(data, f"listings of {name} last {ttl_min} s to {longest}"),
    )


@kind.command("show", short_help="Show the limits of a kind.")
@read_options
@kind_argument
def show(desk: Desk, name: str) -> None:
    """Show how many servers of KIND are listed, the limits, and how often it changed."""

    async def ask(registry: Registry) -> list[Said]:
        word, count = await registry.kind(name), await registry.server_count(name)
        data = {"kind": name, "servers": count, **word._asdict()}
        return [Said(data, columns(data.items()))]

    desk.ask(ask)
