"""waypost discv5: a node from the command line."""

from pathlib import Path

import click

from waypost._ext.record import ENR
from waypost.cli.enr import describe, describe_text, where
from waypost.cli.options import (
    FILE,
    bootnode_option,
    client_node,
    listen_option,
    pair_option,
    parse_bootnodes,
    parse_node_id,
    parse_pairs,
    parse_peer,
    parse_record,
)
from waypost.cli.output import columns, emit, json_option, note, progress_console
from waypost.errors import ConfigError, NodeError
from waypost.keys import PrivateKey
from waypost.net.clock import monotonic
from waypost.net.discv5.endpoint import Endpoint
from waypost.net.discv5.node import Node
from waypost.net.run import run, stop_signal

DEFAULT_LISTEN = "0.0.0.0:9000"


@click.group()
def discv5() -> None:
    """Speak Node Discovery v5.1 (discv5)."""


@discv5.command(short_help="Run a node until it is stopped.")
@listen_option
@click.option(
    "--external",
    multiple=True,
    metavar="HOST[:PORT]",
    help="Where others reach it, for its record; one of each family at most.",
)
@click.option(
    "--key",
    "key_path",
    type=FILE,
    help="Its key file, made where there is none. Without: a new key each time.",
)
@pair_option
@bootnode_option
@json_option
def listen(
    listen: tuple[str, ...],
    external: tuple[str, ...],
    key_path: Path | None,
    pairs: tuple[str, ...],
    bootnodes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run a node until SIGINT or SIGTERM. Prints its record when it is ready.

    Without --listen it listens on 0.0.0.0:9000. Its record tells others the addresses of --listen
    and --external.
    """

    begin, further = parse_bootnodes(bootnodes), parse_pairs(pairs)

    async def serve(key: PrivateKey) -> None:
        stop = stop_signal()  # before the record is out: whoever reads it may stop us
        async with Node(
            key,
            listen=listen or DEFAULT_LISTEN,
            external=external,
            bootnodes=begin,
            pairs=further,
        ) as node:
            addresses = [str(address) for address in node.addresses]
            emit(as_json, {"enr": node.record.text, "addresses": addresses}, node.record.text)
            if node.record.ip is None and node.record.ip6 is None:
                note(
                    "Others cannot reach it by this record, which names no address: listen on an "
                    "address of this machine, or give --external."
                )
            await stop.wait()

    with PrivateKey.load_or_create(key_path) if key_path else PrivateKey.generate() as key:
        run(serve(key))


@discv5.command()
@click.argument("record", metavar="ENR")
@listen_option
@json_option
def ping(record: str, listen: tuple[str, ...], as_json: bool) -> None:
    """PING a node: is it up, and where does it see us?"""
    peer = parse_record(record)

    async def ask() -> None:
        async with client_node(listen, [], peer) as node:
            started = monotonic()
            pong = await node.ping(peer)
            data = {
                "node_id": peer.node_id.hex(),
                "record_seq": pong.record_seq,
                "seen_as": str(Endpoint(pong.host, pong.port)),
                "round_trip_ms": round(1000 * (monotonic() - started), 1),
            }
            emit(as_json, data, columns(data.items()))

    run(ask())


@discv5.command(short_help="Fetch a node's newest record.")
@click.argument("who", metavar="ENR|NODE_ID")
@bootnode_option
@listen_option
@json_option
def resolve(who: str, bootnodes: tuple[str, ...], listen: tuple[str, ...], as_json: bool) -> None:
    """Fetch a node's newest record: from itself, or by a lookup of its id from the bootnodes."""
    peer: ENR | bytes = parse_peer(who)
    known = peer if isinstance(peer, ENR) else None
    begin = parse_bootnodes(bootnodes)
    if known is None and not begin:
        raise ConfigError(
            "a node id does not say where the node is: give at least one --bootnode ENR"
        )

    async def ask() -> None:
        async with client_node(listen, begin, known) as node:
            with progress_console.status("looking ..."):
                found = await node.resolve(peer)
            emit(as_json, describe(found), describe_text(found))

    run(ask())


@discv5.command(short_help="Find the nodes closest to a node id.")
@click.argument("target", metavar="[NODE_ID]", required=False)
@bootnode_option
@listen_option
@json_option
def lookup(
    target: str | None, bootnodes: tuple[str, ...], listen: tuple[str, ...], as_json: bool
) -> None:
    """Find the nodes closest to NODE_ID, or to a random one."""
    target_id = parse_node_id(target) if target else None
    begin = parse_bootnodes(bootnodes)
    if not begin:
        raise ConfigError("a lookup begins somewhere: give at least one --bootnode ENR")

    async def ask() -> None:
        async with client_node(listen, begin) as node:
            with progress_console.status("looking ..."):
                found = await node.lookup(target_id or node.random_id())
            for record in found:
                emit(as_json, describe(record), f"{record.node_id.hex()}  {where(record)}")
            if not found:
                raise NodeError("no node answered: are the bootnodes up?")

    run(ask())
