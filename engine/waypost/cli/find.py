"""waypost find: a trusted server of a kind, picked at random."""

import click

from waypost._ext.record import ENR
from waypost.cli.discv5 import bootnode_option
from waypost.cli.enr import describe
from waypost.cli.output import columns, emit, json_option, progress_console
from waypost.errors import ConfigError
from waypost.net.finder import ServerFinder
from waypost.net.node import Node
from waypost.net.registry import Registry
from waypost.net.run import run
from waypost.trust.verdict import Verdict


@click.command()
@click.option("--kind", required=True, help="Such as whisper.mailserver.")
@bootnode_option
@click.option("--rpc", required=True, metavar="URL", help="JSON-RPC endpoint of the chain.")
@click.option(
    "--registry", "address", required=True, metavar="ADDRESS", help="The registry contract."
)
@click.option(
    "--trust",
    multiple=True,
    type=int,
    default=(1,),
    show_default=True,
    help="A provider id; repeat for more.",
)
@click.option(
    "--own",
    multiple=True,
    metavar="ENR",
    help="A server of your own: allowed whatever the registry says.",
)
@click.option(
    "--timeout", "timeout_s", default=30.0, show_default=True, help="Seconds to look for."
)
@json_option
def find(
    kind: str,
    bootnodes: tuple[str, ...],
    rpc: str,
    address: str,
    trust: tuple[int, ...],
    own: tuple[str, ...],
    timeout_s: float,
    as_json: bool,
) -> None:
    """Find servers of a kind, verify them in the registry, and pick a trusted one at random."""
    if not bootnodes and not own:
        raise ConfigError("discovery begins somewhere: give at least one --bootnode ENR")

    async def search() -> None:
        async with (
            Node(bootnodes=bootnodes) as node,
            Registry(rpc, address=address) as registry,
            ServerFinder(node, registry, kind, trust, own=own) as finder,
        ):
            finder.on_verdict(_say_progress)
            server = await finder.pick(timeout=timeout_s)
        data = {
            "enr": server.record.text,
            "provider": server.provider_id,
            "own": server.own,
            **describe(server.record),
            "seen": finder.account(),
        }
        emit(as_json, data, columns(data))

    run(search())


def _say_progress(record: ENR, verdict: Verdict) -> None:
    provider = f"provider {verdict.provider_id}" if verdict.provider_id else "no provider"
    where = f"{record.ip or record.ip6}:{record.udp}"
    progress_console.print(
        f"  {record.node_id.hex()[:16]}  {where}  {provider:<12} {verdict}", highlight=False
    )
