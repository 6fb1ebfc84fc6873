"""waypost enr: make and show node records."""

from pathlib import Path

import click

from waypost._ext.record import ENR
from waypost.cli.output import columns, emit, json_option
from waypost.errors import ConfigError
from waypost.keys import PrivateKey


@click.group()
def enr() -> None:
    """Make and show node records (EIP-778)."""


@enr.command("show")
@click.argument("record")
@json_option
def show(record: str, as_json: bool) -> None:
    """Verify RECORD (enr:...) and show what it says."""
    _emit(ENR.parse(record), as_json)


@enr.command("make")
@click.option(
    "--key",
    "key_path",
    type=click.Path(path_type=Path),
    required=True,
    help="The key file of `waypost key new`.",
)
@click.option("--seq", default=1, show_default=True, help="The sequence number.")
@click.option("--ip", help="IPv4 address.")
@click.option("--ip6", help="IPv6 address.")
@click.option("--udp", type=int, help="UDP port: discovery.")
@click.option("--tcp", type=int, help="TCP port: the service.")
@click.option("--udp6", type=int, help="UDP port of the IPv6 address, where it differs.")
@click.option("--tcp6", type=int, help="TCP port of the IPv6 address, where it differs.")
@click.option(
    "--pair",
    "pairs",
    multiple=True,
    metavar="NAME=HEX",
    help="Another pair, such as whisper.mailserver=01.",
)
@json_option
def make(
    key_path: Path, seq: int, pairs: tuple[str, ...], as_json: bool, **endpoint: str | int | None
) -> None:
    """Sign a record with the key of a file."""
    given = {name: value for name, value in endpoint.items() if value is not None}
    with PrivateKey.load(key_path) as loaded:
        record = ENR.create(loaded, seq=seq, pairs={**parse_pairs(pairs), **given})
    _emit(record, as_json)


def parse_pairs(pairs: tuple[str, ...]) -> dict[str, bytes]:
    """NAME=HEX arguments as ENR pairs. Raises ConfigError."""
    parsed: dict[str, bytes] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        try:
            parsed[name] = bytes.fromhex(value.removeprefix("0x"))
        except ValueError:
            equals = ""
        if not name or not equals:
            raise ConfigError(f"{pair!r} is not NAME=HEX, such as whisper.mailserver=01")
    return parsed


def parse_peer(text: str) -> ENR | bytes:
    """A record, or a node id of 32 bytes. Raises RecordError, ConfigError."""
    return ENR.parse(text) if text.startswith("enr:") else parse_node_id(text)


def parse_node_id(text: str) -> bytes:
    """64 hex digits as 32 bytes. Raises ConfigError."""
    try:
        node_id = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        node_id = b""
    if len(node_id) != 32:
        raise ConfigError(f"{text!r} is neither a record (enr:...) nor a node id of 64 hex digits")
    return node_id


def describe(record: ENR) -> dict[str, object]:
    """A record for people and machines: its typed pairs, and the others in hex."""
    typed = {name: getattr(record, name) for name in ("ip", "ip6", "udp", "udp6", "tcp", "tcp6")}
    known = {"id", "secp256k1", *typed}
    return {
        "node_id": record.node_id.hex(),
        "seq": record.seq,
        **{name: value for name, value in typed.items() if value is not None},
        **{name: record[name].hex() or "(empty)" for name in record if name not in known},
    }


def _emit(record: ENR, as_json: bool) -> None:
    data = {"enr": record.text, **describe(record)}
    emit(as_json, data, columns(data))
