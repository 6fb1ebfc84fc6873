"""waypost registry sign: a node key's consent, made on the machine where the key is."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import click

from waypost.cli.options import (
    FILE,
    KEY_FILE,
    WHEN,
    When,
    kind_option,
    parse_record,
    password_option,
)
from waypost.cli.output import emit, json_option
from waypost.cli.passwords import load_key
from waypost.cli.registry.server import flags_option, provider_option
from waypost.errors import ConfigError
from waypost.net.clock import wall_clock_s
from waypost.net.run import run
from waypost.net.trust.registry import Registry
from waypost.trust.address import parse_address
from waypost.trust.administration.binding import Consent, Release
from waypost.trust.administration.consent_file import SignedConsent, consent_fields, write_consents

Statement = Consent | Release

_NEVER = (1 << 256) - 1  # a deadline that does not come


@click.command(short_help="Sign servers' consents, to be handed in elsewhere.")
@click.option(
    "--registry", "address", required=True, metavar="ADDRESS", help="The registry contract."
)
@kind_option
@provider_option
@click.option("--release", "leave", is_flag=True, help="Consent to leave that provider instead.")
@flags_option
@click.option(
    "--until",
    type=WHEN,
    default="+1d",
    show_default=True,
    metavar="WHEN",
    help="The last time at which the consent serves.",
)
@click.option("--rpc", metavar="URL", help="A node that knows the nonce; without, none is asked.")
@click.option("--chain-id", type=click.IntRange(1), metavar="ID", help="The chain.")
@click.option(
    "--nonce",
    type=click.IntRange(0, (1 << 48) - 1),
    metavar="N",
    help="Signatures of theirs that were used; 0 for servers that were never listed.",
)
@click.option("--enr", "records", multiple=True, metavar="ENR", help="Record of one of them.")
@click.option(
    "--out", "out_path", type=FILE, help="A new file to write, instead of standard output."
)
@password_option
@click.argument("key_paths", nargs=-1, required=True, type=KEY_FILE, metavar="KEY_FILE...")
@json_option
def sign(
    address: str,
    kind: str,
    provider_id: int,
    leave: bool,
    flags: int,
    until: When,
    rpc: str | None,
    chain_id: int | None,
    nonce: int | None,
    records: tuple[str, ...],
    out_path: Path | None,
    password_path: Path | None,
    key_paths: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Sign that servers agree to be listed by a provider, or with --release to leave it.

    The servers' keys are in the files. What comes out is handed to `waypost registry server add`,
    `move` or `release` as --consent FILE, wherever the provider's account is. Give --rpc, or on a
    machine without a network --chain-id and --nonce.
    """
    if (rpc is None) != (nonce is not None) or (rpc is None and chain_id is None):
        raise click.UsageError("give --rpc, or else --chain-id and --nonce")
    about = About(parse_address(address), kind, provider_id, leave, flags, until, chain_id)
    by_id = {record.node_id: record for record in map(parse_record, records)}
    with ExitStack() as stack:
        keys = [stack.enter_context(load_key(path, password_path)) for path in key_paths]
        node_ids = [key.node_id for key in keys]
        if nonce is None:
            assert rpc is not None
            statements = run(about.asked(rpc, node_ids))
        else:
            statements = about.told(nonce, node_ids)
        signed = [
            SignedConsent(statement, statement.sign(key), by_id.get(key.node_id))
            for key, statement in zip(keys, statements, strict=True)
        ]
    if out_path is None:
        click.echo(write_consents(signed), nl=False)
        return
    _write_new(out_path, write_consents(signed))
    for consent in signed:
        node_id = consent.statement.node_id.hex()
        emit(as_json, consent_fields(consent), f"{out_path}: {node_id} consents")


@dataclass(frozen=True)
class About:
    """What is to be signed, but for each server's nonce."""

    registry: bytes
    kind: str
    provider_id: int
    leave: bool
    flags: int
    until: When
    chain_id: int | None

    def told(self, nonce: int, node_ids: list[bytes]) -> list[Statement]:
        """The statements of servers that all have this nonce."""
        deadline = self.until.at(wall_clock_s()) or _NEVER
        assert self.chain_id is not None
        made: list[Statement] = []
        for node_id in node_ids:
            of = (self.chain_id, self.registry, self.kind, node_id, self.provider_id)
            if self.leave:
                made.append(Release(*of, nonce, deadline))
            else:
                made.append(Consent(*of, nonce, deadline, self.flags))
        return made

    async def asked(self, rpc: str, node_ids: list[bytes]) -> list[Statement]:
        """The statements with the nonces that the registry has. Raises RpcError, ConfigError."""
        found: list[Statement] = []
        async with Registry(rpc, self.registry, chain_id=self.chain_id) as there:
            deadline = self.until.at(await there.now_s()) or _NEVER
            if self.leave:
                found += await there.releases(self.kind, node_ids)
            else:
                found += await there.consents(
                    self.kind, node_ids, self.provider_id, flags=self.flags
                )
        for statement in found:
            if statement.provider_id != self.provider_id:
                raise ConfigError(
                    f"provider {self.provider_id} does not list {statement.node_id.hex()}: "
                    "there is nothing to leave"
                )
        return [replace(statement, deadline=deadline) for statement in found]


def _write_new(path: Path, text: str) -> None:
    """A new file. Raises ConfigError, also where there is one."""
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}: name a new file") from None
