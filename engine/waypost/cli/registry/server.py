"""waypost registry server: listing servers, and everything that is done with listings."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from waypost._ext.record import ENR
from waypost.cli.files import read_lines
from waypost.cli.options import (
    FILE,
    KEY_FILE,
    PROVIDER_ID,
    WHEN,
    When,
    kind_option,
    parse_peer,
    parse_record,
)
from waypost.cli.output import Said, columns
from waypost.cli.registry.desk import Desk, read_options, transaction_options
from waypost.cli.registry.signatures import Signatures, consent_option
from waypost.net.trust.registry import Registry
from waypost.trust.administration.binding import Binding
from waypost.trust.administration.facts import Listing
from waypost.trust.times import time_text
from waypost.trust.words import ResourceWord, Status

provider_option = click.option(
    "--provider",
    "provider_id",
    required=True,
    type=PROVIDER_ID,
    metavar="ID",
    help="The provider's id.",
)
flags_option = click.option(
    "--flags",
    type=click.IntRange(0, (1 << 24) - 1),
    default=0,
    metavar="N",
    help="24 bits of the kind's own meaning; the keys sign them.",
)
expires_option = click.option(
    "--expires",
    type=WHEN,
    default="never",
    metavar="WHEN",
    help="When listings expire: never, +90d, a date, or seconds since 1970.",
)
keys_argument = click.argument("key_paths", nargs=-1, type=KEY_FILE, metavar="[KEY_FILE]...")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the keys of servers consent to, and until when their listings last."""

    provider_id: int
    kind: str
    flags: int
    expires: When


def terms_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --provider, --kind, --flags and --expires, which arrive together as `terms`."""

    @provider_option
    @kind_option
    @flags_option
    @expires_option
    @wraps(command)
    def bundled(provider_id: int, kind: str, flags: int, expires: When, **rest: Any) -> Any:
        return command(terms=Terms(provider_id, kind, flags, expires), **rest)

    return bundled


def servers_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add servers as arguments and --from, which arrive together as `node_ids`."""

    @click.option("--from", "list_path", type=FILE, help="A file with more of them, one a line.")
    @click.argument("servers", nargs=-1, metavar="[ENR|NODE_ID]...")
    @wraps(command)
    def bundled(list_path: Path | None, servers: tuple[str, ...], **rest: Any) -> Any:
        return command(node_ids=parse_servers(servers, list_path), **rest)

    return bundled


@click.group(short_help="Add, move, renew, remove and list servers.")
def server() -> None:
    """Add, move, renew, remove and list servers: many at once, and again after an interruption."""


@server.command("add", short_help="List servers under a provider.")
@transaction_options
@terms_options
@consent_option
@click.option("--enr", "records", multiple=True, metavar="ENR", help="Record of one of them.")
@click.option(
    "--enrs", "records_path", type=FILE, help="A file of their records, one a line: for the log."
)
@keys_argument
def add(
    desk: Desk,
    terms: Terms,
    consent_paths: tuple[Path, ...],
    records: tuple[str, ...],
    records_path: Path | None,
    key_paths: tuple[Path, ...],
) -> None:
    """List servers: those whose key files are given sign their consent here; those elsewhere have
    signed it with `waypost registry sign`. Servers that are listed already are left alone.
    """
    given = [*records, *(read_lines(records_path) if records_path else [])]
    by_id = {record.node_id: record for record in map(parse_record, given)}
    with Signatures(terms.kind, key_paths, consent_paths, desk.password_path) as signatures:
        signatures.require(by_id)
        send = _bound(terms, signatures, by_id, Registry.add_servers)
        desk.transact_all(send, signatures.node_ids, _taken("listed", terms), "already listed")


@server.command("move", short_help="Take over servers from another provider.")
@transaction_options
@terms_options
@consent_option
@keys_argument
def move(
    desk: Desk, terms: Terms, consent_paths: tuple[Path, ...], key_paths: tuple[Path, ...]
) -> None:
    """Take over listed servers whose keys consent. The account acts for the new provider."""
    with Signatures(terms.kind, key_paths, consent_paths, desk.password_path) as signatures:
        send = _bound(terms, signatures, {}, Registry.move_servers)
        desk.transact_all(send, signatures.node_ids, _taken("moved", terms), "already there")


@server.command("release", short_help="Let servers leave their provider.")
@transaction_options
@kind_option
@consent_option
@keys_argument
def release(
    desk: Desk, kind: str, consent_paths: tuple[Path, ...], key_paths: tuple[Path, ...]
) -> None:
    """Let servers leave their provider, whatever that one says: their keys consent. Any account
    may send it.
    """
    with Signatures(kind, key_paths, consent_paths, desk.password_path) as signatures:

        async def send(registry: Registry) -> list[bytes]:
            return await registry.release_servers(await signatures.releases(registry))

        desk.transact_all(
            send, signatures.node_ids, _teller("released", {"kind": kind}), "not listed"
        )


@server.command("renew", short_help="Set when listings expire.")
@transaction_options
@kind_option
@click.option(
    "--expires",
    type=WHEN,
    required=True,
    metavar="WHEN",
    help="When listings expire: never, +90d, a date, or seconds since 1970.",
)
@servers_options
def renew(desk: Desk, kind: str, expires: When, node_ids: list[bytes]) -> None:
    """Set when listings expire. The account must act for their provider."""

    async def send(registry: Registry) -> list[bytes]:
        expires_at = expires.at(await registry.now_s())
        return await registry.renew_servers(kind, node_ids, expires_at)

    desk.transact_all(send, node_ids, _teller("renewed", {"kind": kind}), "already so")


@server.command("flags", short_help="Set the flags of listings.")
@transaction_options
@kind_option
@click.option(
    "--flags",
    type=click.IntRange(0, (1 << 24) - 1),
    required=True,
    metavar="N",
    help="24 bits of the kind's own meaning.",
)
@servers_options
def set_flags(desk: Desk, kind: str, flags: int, node_ids: list[bytes]) -> None:
    """Set the flags of listings. The account must act for their provider."""
    desk.transact_all(
        lambda registry: registry.set_server_flags(kind, node_ids, flags),
        node_ids,
        _teller("set flags of", {"kind": kind, "flags": flags}),
        "already so",
    )


@server.command("remove", short_help="Take servers off the list.")
@transaction_options
@kind_option
@servers_options
def remove(desk: Desk, kind: str, node_ids: list[bytes]) -> None:
    """Take servers off the list. The account must act for their provider."""
    desk.transact_all(
        lambda registry: registry.remove_servers(kind, node_ids),
        node_ids,
        _teller("removed", {"kind": kind}),
        "already off the list",
    )


@server.command("show", short_help="Show what the registry holds on servers.")
@read_options
@kind_option
@servers_options
def show(desk: Desk, kind: str, node_ids: list[bytes]) -> None:
    """Show what the registry holds on servers, listed or not; `verify` says whom to trust."""

    async def ask(registry: Registry) -> list[Said]:
        found = await registry.listings(kind, node_ids)
        return [_shown(*pair) for pair in zip(node_ids, found, strict=True)]

    desk.ask(ask)


@server.command("list")
@read_options
@kind_option
def list_servers(desk: Desk, kind: str) -> None:
    """List every server of a kind, trusted or not."""

    async def ask(registry: Registry) -> list[Said]:
        said, servers = [], await registry.servers(kind)
        epochs = {each.id: each.epoch for each in await registry.providers()}
        for found in servers:
            id_ = found.word.provider_id
            status = _status(found.word, dropped=found.word.epoch != epochs.get(id_))
            data = {"node_id": found.node_id.hex(), "provider": id_, "status": status}
            said.append(Said(data, f"{found.node_id.hex()}  provider {id_:<5}  {status}"))
        return said

    desk.ask(ask)


def parse_servers(servers: Iterable[str], list_path: Path | None = None) -> list[bytes]:
    """The node ids of records and node ids, on the command line and in a file."""
    texts = [*servers, *(read_lines(list_path) if list_path else [])]
    if not texts:
        raise click.UsageError("Missing argument 'ENR|NODE_ID...'")
    peers = [parse_peer(text) for text in texts]
    return [peer.node_id if isinstance(peer, ENR) else peer for peer in peers]


def _bound(
    terms: Terms,
    signatures: Signatures,
    records: Mapping[bytes, ENR],
    send: Callable[[Registry, int, list[Binding]], Awaitable[list[bytes]]],
) -> Callable[[Registry], Awaitable[list[bytes]]]:
    """What sends the servers with their signatures."""

    async def act(registry: Registry) -> list[bytes]:
        expires_at = terms.expires.at(await registry.now_s())
        bindings = await signatures.bindings(
            registry, terms.provider_id, terms.flags, expires_at, records
        )
        return await send(registry, terms.provider_id, bindings)

    return act


def _taken(verb: str, terms: Terms) -> Callable[[bytes], Said]:
    return _teller(verb, {"kind": terms.kind, "provider": terms.provider_id})


def _teller(verb: str, data: dict[str, object]) -> Callable[[bytes], Said]:
    return lambda node_id: Said({"node_id": node_id.hex(), **data}, f"{verb} {node_id.hex()}")


def _status(word: ResourceWord, *, dropped: bool) -> str:
    """A server's own status, or that its provider dropped all that it had listed by then."""
    return "dropped" if dropped else Status(word.status).name.lower()


def _shown(node_id: bytes, found: Listing) -> Said:
    word = found.word
    dropped = found.exists and word.epoch != found.epoch
    data = {
        "node_id": node_id.hex(),
        "status": _status(word, dropped=dropped),
        "provider": word.provider_id or None,
        "flags": word.flags,
        "registered_at": word.registered_at,
        "expires_at": word.expires_at,
        "nonce": word.nonce,
    }
    if not found.exists:
        return Said(data, columns(list(data.items())[:2]))
    times = {"registered_at": word.registered_at, "expires_at": word.expires_at}
    return Said(data, columns((data | {k: time_text(v) for k, v in times.items()}).items()))
