"""waypost registry provider show, list: providers, in their own words if those are theirs."""

from pathlib import Path

import click

from waypost._ext.digest import keccak256
from waypost.cli.files import read_file
from waypost.cli.options import FILE, PROVIDER_ID
from waypost.cli.output import Said, columns, printable
from waypost.cli.registry.desk import Desk, read_options
from waypost.errors import ConfigError, MetadataError, RegistryError, RpcError
from waypost.net.trust.metadata import fetch_document
from waypost.net.trust.registry import Registry
from waypost.trust.address import address_text
from waypost.trust.administration.listings import Provider
from waypost.trust.administration.metadata import DOCUMENT_SIZE_MAX_B, Metadata, checked_metadata
from waypost.trust.times import time_text
from waypost.trust.words import Status

_NOBODY = bytes(20)


def document_hash(path: Path | None) -> bytes:
    """What goes on chain for a document, zeros for none. Raises ConfigError."""
    if path is None:
        return bytes(32)
    document = read_document(path)
    hash_ = keccak256(document)
    try:
        checked_metadata(document, hash_)
    except MetadataError as error:
        raise ConfigError(f"{path}: {error}") from None
    return hash_


def read_document(path: Path) -> bytes:
    """A document of a size that clients read. Raises ConfigError."""
    return read_file(path, DOCUMENT_SIZE_MAX_B)


@click.command(short_help="Show a provider.")
@read_options
@click.argument("provider_id", type=PROVIDER_ID, metavar="ID")
@click.option(
    "--metadata",
    "document_path",
    type=FILE,
    help="Its description, fetched by yourself: shown if its hash is the one on chain.",
)
@click.option("--fetch", is_flag=True, help="Fetch the description: its server learns of you.")
def show(desk: Desk, provider_id: int, document_path: Path | None, fetch: bool) -> None:
    """Show a provider and, with --metadata or --fetch, how it describes itself."""
    document = read_document(document_path) if document_path else None

    async def ask(registry: Registry) -> list[Said]:
        found = await registry.provider(provider_id)
        if found.status is Status.NONE:
            raise RegistryError(
                f"there is no provider {provider_id}: `waypost registry provider list` shows which"
            )
        try:
            uri = printable(await registry.provider_metadata_uri(provider_id))
        except RpcError:
            uri = None  # a node without old logs; everything else is in the state
        description = None
        if fetch and document is None:
            if not uri:
                raise RpcError("no-log", "the node's log does not tell where it is described")
            description = checked_metadata(await fetch_document(uri), found.metadata_hash)
        elif document is not None:
            description = checked_metadata(document, found.metadata_hash)
        return [_whole(found, uri, description)]

    desk.ask(ask)


@click.command("list")
@read_options
def list_providers(desk: Desk) -> None:
    """List every provider."""

    async def ask(registry: Registry) -> list[Said]:
        return [
            Said(
                _facts(found),
                f"{found.id:>6}  {found.status.name.lower():<10}  {address_text(found.owner)}",
            )
            for found in await registry.providers()
        ]

    desk.ask(ask)


def _facts(found: Provider) -> dict[str, object]:
    return {
        "provider": found.id,
        "status": found.status.name.lower(),
        "owner": address_text(found.owner),
        "epoch": found.epoch,
    }


def _whole(found: Provider, uri: str | None, description: Metadata | None) -> Said:
    pending = address_text(found.pending_owner) if found.pending_owner != _NOBODY else None
    data = {
        **_facts(found),
        "pending_owner": pending,
        "valid_until": found.valid_until,
        "flags": found.flags,
        "metadata_hash": found.metadata_hash.hex(),
        "metadata_uri": uri,
        "metadata": description and description._asdict(),
    }
    shown = {**data, "valid_until": time_text(found.valid_until)}
    del shown["metadata"]
    words = description._asdict() if description else {}
    return Said(data, columns([*shown.items(), *((k, v) for k, v in words.items() if v)]))
