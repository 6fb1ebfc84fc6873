"""waypost enr: make and show node records."""

from pathlib import Path

import click

from waypost._ext.record import ENR
from waypost.cli.options import FILE, pair_option, parse_pairs, parse_record
from waypost.cli.output import columns, emit, json_option, printable
from waypost.keys import PrivateKey
from waypost.net.discv5.endpoint import Endpoint


@click.group()
def enr() -> None:
    """Make and show node records (EIP-778)."""


@enr.command("show", short_help="Verify a record and show what it says.")
@click.argument("record", metavar="ENR")
@json_option
def show(record: str, as_json: bool) -> None:
    """Verify a record (enr:...) and show what it says."""
    shown = parse_record(record)
    emit(as_json, describe(shown), describe_text(shown))


@enr.command("make")
@click.option(
    "--key", "key_path", type=FILE, required=True, help="The key file of `waypost key new`."
)
@click.option("--seq", default=1, show_default=True, metavar="N", help="The sequence number.")
@click.option("--ip", help="IPv4 address.")
@click.option("--ip6", help="IPv6 address.")
@click.option("--udp", type=int, metavar="PORT", help="UDP port: discovery.")
@click.option("--tcp", type=int, metavar="PORT", help="TCP port: the service.")
@click.option("--udp6", type=int, metavar="PORT", help="UDP port over IPv6, where it differs.")
@click.option("--tcp6", type=int, metavar="PORT", help="TCP port over IPv6, where it differs.")
@pair_option
@json_option
def make(
    key_path: Path, seq: int, pairs: tuple[str, ...], as_json: bool, **endpoint: str | int | None
) -> None:
    """Sign a record with the key of a file."""
    given = {name: value for name, value in endpoint.items() if value is not None}
    with PrivateKey.load(key_path) as loaded:
        made = ENR.create(loaded, seq=seq, pairs={**parse_pairs(pairs), **given})
    emit(as_json, describe(made), describe_text(made))


def describe(record: ENR) -> dict[str, object]:
    """A record for a machine: what it names by type, and under `pairs` the rest in hex."""
    typed = {
        "ip": record.ip,
        "udp": record.udp,
        "tcp": record.tcp,
        "ip6": record.ip6,
        "udp6": record.udp6 if record.ip6 else None,
        "tcp6": record.tcp6 if record.ip6 else None,
    }
    known = {"id", "secp256k1", *typed}
    return {
        "enr": record.text,
        "node_id": record.node_id.hex(),
        "seq": record.seq,
        **{name: value for name, value in typed.items() if value is not None},
        "pairs": {name: record[name].hex() for name in record if name not in known},
    }


def describe_text(record: ENR, **more: object) -> str:
    """A record for a person, after it whatever else is known."""
    data = describe(record)
    pairs = data.pop("pairs")
    assert isinstance(pairs, dict)
    shown = [("pair", f"{printable(name)}={value}") for name, value in pairs.items()]
    return columns([*data.items(), *shown, *more.items()])


def where(record: ENR) -> str:
    """Where a record says that its node is."""
    host, port = (record.ip, record.udp) if record.ip else (record.ip6, record.udp6)
    return str(Endpoint(host, port)) if host and port else host or "no address"
