"""waypost find: a trusted server of a kind, picked at random."""

import click
from rich.markup import escape

from waypost._ext.record import ENR
from waypost.cli.enr import describe, describe_text, where
from waypost.cli.options import (
    RegistryAt,
    bootnode_option,
    client_node,
    kind_option,
    listen_option,
    own_option,
    parse_bootnodes,
    parse_record,
    seconds_option,
)
from waypost.cli.output import emit, json_option, note, progress_console
from waypost.cli.policy import kept_registry_options, proof_options, proven_at
from waypost.errors import ConfigError, NodeError, NothingTrusted
from waypost.net.finder import ServerFinder
from waypost.net.run import run
from waypost.trust.candidates import TrustedServer
from waypost.trust.policy import TrustPolicy
from waypost.trust.state_roots import StateRoots
from waypost.trust.verdict import Verdict


@click.command(short_help="Find a trusted server of a kind.")
@kind_option
@bootnode_option
@kept_registry_options
@proof_options
@own_option
@seconds_option("--timeout", "timeout_s", 30.0, "How long to look.")
@listen_option
@json_option
def find(
    kind: str,
    bootnodes: tuple[str, ...],
    at: RegistryAt,
    trust: TrustPolicy,
    roots: StateRoots | None,
    own: tuple[str, ...],
    timeout_s: float,
    listen: tuple[str, ...],
    as_json: bool,
) -> None:
    """Find servers of a kind, verify them in the registry, and pick a trusted one at random.

    Whom to trust, and which registry and node to ask, is said by options, or by the policy that
    `waypost trust` keeps. Each candidate and the verdict on it goes to standard error, the server
    that is picked to standard output. Status 1 where none can be trusted, or none be verified.
    """
    at = proven_at(trust, at, roots)
    begin = parse_bootnodes(bootnodes)
    own_records = [parse_record(text, "--own") for text in own]
    if not (begin or own_records or any(trust.own_servers.values())):
        raise ConfigError("discovery begins somewhere: give at least one --bootnode ENR")

    async def search() -> tuple[TrustedServer, str]:
        async with (
            client_node(listen, begin) as node,
            at.connect() as registry,
            ServerFinder(node, registry, kind, trust, own=own_records) as finder,
        ):
            with progress_console.status(f"looking for {escape(kind)} ..."):
                finder.on_verdict(_note_verdict)
                try:
                    return await finder.pick(timeout=timeout_s), finder.account()
                except NothingTrusted:
                    if not node.stats()["udp_in"]:
                        raise NodeError(
                            f"no node answered in {timeout_s:g} s: are the bootnodes up?"
                        ) from None
                    raise

    server, seen = run(search())
    more = {"provider": server.provider_id, "own": server.own, "seen": seen}
    emit(as_json, {**describe(server.record), **more}, describe_text(server.record, **more))


def _note_verdict(record: ENR, verdict: Verdict) -> None:
    provider = f"provider {verdict.provider_id}" if verdict.provider_id else "no provider"
    note(f"  {record.node_id.hex()[:16]}  {where(record):<21}  {provider:<12}  {verdict}")
