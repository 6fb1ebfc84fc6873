"""waypost discv5: a node from the command line."""

from pathlib import Path

import click

from waypost._ext.record import ENR
from waypost.cli.enr import describe, parse_node_id, parse_pairs, parse_peer
from waypost.cli.output import columns, emit, json_option, progress_console
from waypost.errors import ConfigError, NodeError
from waypost.keys import PrivateKey
from waypost.net.clock import monotonic
from waypost.net.node import Node
from waypost.net.run import run, until_stopped

bootnode_option = click.option(
    "--bootnode",
    "bootnodes",
    multiple=True,
    metavar="ENR",
    help="A node to begin from; repeat for more.",
)


@click.group()
def discv5() -> None:
    """Speak Node Discovery v5.1 (discv5)."""


@discv5.command()
@click.option(
    "--addr",
    default="0.0.0.0:9000",
    show_default=True,
    help="HOST:PORT to listen on; port 0: any.",
)
@click.option(
    "--external", metavar="HOST[:PORT]", help="The endpoint that others reach, for the record."
)
@click.option(
    "--key",
    "key_path",
    type=click.Path(path_type=Path),
    help="Key file; made when absent. None: a new key each time.",
)
@click.option(
    "--pair", "pairs", multiple=True, metavar="NAME=HEX", help="Another pair of the record."
)
@bootnode_option
@json_option
def listen(
    addr: str,
    external: str | None,
    key_path: Path | None,
    pairs: tuple[str, ...],
    bootnodes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run a node until SIGINT or SIGTERM. Prints its record when it is ready."""

    async def serve() -> None:
        key = PrivateKey.load_or_create(key_path) if key_path is not None else None
        async with Node(
            key, listen=addr, external=external, bootnodes=bootnodes, pairs=parse_pairs(pairs)
        ) as node:
            host, port = node.addresses[0]
            emit(as_json, {"enr": node.record.text, "address": f"{host}:{port}"}, node.record.text)
            await until_stopped()

    run(serve())


@discv5.command()
@click.argument("record", metavar="ENR")
@json_option
def ping(record: str, as_json: bool) -> None:
    """PING a node; shows its record number and our endpoint as it sees it."""
    peer = ENR.parse(record)

    async def ask() -> None:
        async with _client(peer) as node:
            started = monotonic()
            pong = await node.ping(peer)
            data = {
                "node_id": peer.node_id.hex(),
                "record_seq": pong.record_seq,
                "seen_as": f"{pong.host}:{pong.port}",
                "round_trip_ms": round(1000 * (monotonic() - started), 1),
            }
            emit(as_json, data, columns(data))

    run(ask())


@discv5.command()
@click.argument("who", metavar="ENR|NODE_ID")
@bootnode_option
@json_option
def resolve(who: str, bootnodes: tuple[str, ...], as_json: bool) -> None:
    """Fetch a node's newest record: from itself, or by a lookup of its id from the bootnodes."""
    peer: ENR | bytes = parse_peer(who)

    async def ask() -> None:
        async with _client(peer, bootnodes) as node:
            found = await node.resolve(peer)
            data = {"enr": found.text, **describe(found)}
            emit(as_json, data, columns(data))

    run(ask())


@discv5.command()
@click.argument("target", metavar="[NODE_ID]", required=False)
@bootnode_option
@json_option
def lookup(target: str | None, bootnodes: tuple[str, ...], as_json: bool) -> None:
    """Find the nodes closest to NODE_ID, or to a random one."""
    if not bootnodes:
        raise ConfigError("a lookup begins somewhere: give at least one --bootnode ENR")

    async def ask() -> None:
        async with _client(None, bootnodes) as node:
            with progress_console.status("looking ..."):
                found = await node.lookup(parse_node_id(target) if target else node.random_id())
            for record in found:
                data = {"enr": record.text, **describe(record)}
                emit(
                    as_json,
                    data,
                    f"{record.node_id.hex()}  {record.ip or record.ip6}:{record.udp}",
                )
            if not found:
                raise NodeError("no node answered: are the bootnodes up?")

    run(ask())


def _client(peer: ENR | bytes | None, bootnodes: tuple[str, ...] = ()) -> Node:
    """A node for one question, on the address family of those that it will ask."""
    records = [ENR.parse(text) for text in bootnodes]
    if isinstance(peer, ENR):
        records.append(peer)
    ipv6_only = bool(records) and all(record.ip is None for record in records)
    return Node(listen="[::]:0" if ipv6_only else "0.0.0.0:0", bootnodes=bootnodes)
