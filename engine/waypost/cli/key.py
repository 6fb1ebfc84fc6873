"""waypost key: make and show the key that is a node's identity."""

from pathlib import Path

import click

from waypost.cli.options import FILE
from waypost.cli.output import columns, emit, json_option
from waypost.keys import PrivateKey


@click.group()
def key() -> None:
    """Make and show identity keys (secp256k1). The secret itself is never printed."""


@key.command("new")
@click.argument("path", type=FILE, metavar="KEY_FILE")
@json_option
def new(path: Path, as_json: bool) -> None:
    """Write a new key to a file that only you can read. None is ever overwritten."""
    with PrivateKey.generate() as made:
        made.save(path)
        _emit(made, as_json)


@key.command("show")
@click.argument("path", type=FILE, metavar="KEY_FILE")
@json_option
def show(path: Path, as_json: bool) -> None:
    """Show the node id, public key and Ethereum address of the key in a file."""
    with PrivateKey.load(path) as loaded:
        _emit(loaded, as_json)


def _emit(shown: PrivateKey, as_json: bool) -> None:
    data = {
        "node_id": shown.node_id.hex(),
        "public_key": shown.public_key.hex(),
        "address": shown.checksum_address,
    }
    emit(as_json, data, columns(data.items()))
