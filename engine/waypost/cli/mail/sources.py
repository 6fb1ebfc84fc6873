"""Which mail servers a command asks: those that are named, or what is found and trusted."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from waypost._ext.record import ENR
from waypost.cli.options import (
    RegistryAt,
    bootnode_option,
    client_node,
    listen_option,
    own_option,
    parse_bootnodes,
    parse_record,
)
from waypost.cli.policy import (
    address_option,
    chain_id_option,
    kept_rpc_option,
    policy_option,
    proof_options,
    proven_at,
    provider_option,
    registry_at,
    trust_of,
)
from waypost.errors import ConfigError
from waypost.net.finder import ServerFinder
from waypost.trust.policy import TrustPolicy
from waypost.trust.state_roots import StateRoots

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Found:
    """Servers of a kind that are searched for and verified, as by `waypost find`."""

    kind: str
    bootnodes: list[ENR]
    own: list[ENR]
    trust: TrustPolicy
    at: RegistryAt
    listen: tuple[str, ...]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ServerFinder]:
        """The finder, at work."""
        async with (
            client_node(self.listen, self.bootnodes) as node,
            self.at.connect() as registry,
            ServerFinder(node, registry, self.kind, self.trust, own=self.own) as finder,
        ):
            yield finder


@dataclass(frozen=True, slots=True)
class Named:
    """Servers that the user names and trusts."""

    servers: tuple[str, ...]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[list[str]]:
        """As a MailClient takes them."""
        yield list(self.servers)


Source = Named | Found


def source_options(command: Command) -> Command:
    """Add --server, and beside it all by which `waypost find` finds one: together as `source`."""

    @click.option(
        "--server",
        "servers",
        multiple=True,
        metavar="ENODE|ENR",
        help="Ask this server, which you trust; repeat for others that stand in. Without it, "
        "servers are found and verified as by `waypost find`.",
    )
    @click.option(
        "--kind",
        default="whisper.mailserver",
        show_default=True,
        metavar="NAME",
        help="What to find.",
    )
    @bootnode_option
    @kept_rpc_option
    @address_option
    @chain_id_option
    @provider_option
    @policy_option
    @proof_options
    @own_option
    @listen_option
    @wraps(command)
    def bundled(
        servers: tuple[str, ...],
        kind: str,
        bootnodes: tuple[str, ...],
        rpc: tuple[str, ...],
        address: str | None,
        chain_id: int | None,
        provider_ids: tuple[int, ...],
        policy_path: Path | None,
        roots: StateRoots | None,
        own: tuple[str, ...],
        listen: tuple[str, ...],
        **rest: Any,
    ) -> Any:
        if servers:
            if bootnodes or rpc or address or provider_ids or own:
                raise ConfigError("give --server, or what finds one: not both")
            return command(source=Named(servers), **rest)
        begin = parse_bootnodes(bootnodes)
        if not begin:
            raise ConfigError("name a --server, or where to look for one: --bootnode ENR")
        trust = trust_of(provider_ids, policy_path)
        at = proven_at(trust, registry_at(trust, rpc, address, chain_id), roots)
        own_records = [parse_record(text, "--own") for text in own]
        return command(source=Found(kind, begin, own_records, trust, at, listen), **rest)

    return bundled
