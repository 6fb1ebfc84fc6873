"""waypost key: make and show the key that is a node's identity."""

from pathlib import Path

import click

from waypost.cli.options import FILE
from waypost.cli.output import columns, emit, json_option
from waypost.keys import PrivateKey


@click.group()
def key() -> None:
    """Make and show identity keys (secp256k1). The secret itself is never printed."""


@key.command("new", short_help="Write a new key to a file.")
@click.argument("path", type=FILE, metavar="KEY_FILE")
@json_option
def new(path: Path, as_json: bool) -> None:
    """Write a new key to a file that only you can read. None is ever overwritten."""
    with PrivateKey.generate() as made:
        made.save(path)
        _emit(made, as_json)


@key.command("show", short_help="Show what others may know of a key.")
@click.argument("path", type=FILE, metavar="KEY_FILE")
@json_option
def show(path: Path, as_json: bool) -> None:
    """Show what others may know of a key: node id, public key, Ethereum address."""
    with PrivateKey.load(path) as loaded:
        _emit(loaded, as_json)


def _emit(shown: PrivateKey, as_json: bool) -> None:
    data = {
        "node_id": shown.node_id.hex(),
        "public_key": shown.public_key.hex(),
        "address": shown.checksum_address,
    }
    emit(as_json, data, columns(data.items()))
