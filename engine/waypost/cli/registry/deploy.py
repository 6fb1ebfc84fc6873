"""waypost registry deploy."""

from pathlib import Path

import click

from waypost.cli.options import account_options, chain_options
from waypost.cli.output import emit, json_option, progress_console
from waypost.cli.passwords import load_key
from waypost.cli.registry.description import document_hash
from waypost.cli.registry.desk import tell_costs
from waypost.cli.registry.provider import document_option, uri_option
from waypost.net.run import run
from waypost.net.trust.administration import Transaction
from waypost.net.trust.registry import ADMIN_DELAY_S, Registry
from waypost.trust.address import address_text
from waypost.trust.administration.deployment import registry_code_hash, salt_word


@click.command(short_help="Deploy a registry.")
@chain_options
@account_options
@click.option("--admin", metavar="ADDRESS", help="The admin, instead of the account.")
@click.option("--curator", metavar="ADDRESS", help="The curator, instead of the account.")
@click.option("--guardian", metavar="ADDRESS", help="The guardian, instead of the account.")
@click.option("--provider-owner", metavar="ADDRESS", help="The owner of provider 1, likewise.")
@click.option(
    "--admin-delay",
    "admin_delay_s",
    type=click.IntRange(0, (1 << 48) - 1),
    default=ADMIN_DELAY_S,
    show_default=True,
    metavar="SECONDS",
    help="How long a change of the admin waits.",
)
@uri_option
@document_option
@click.option(
    "--salt",
    metavar="HEX",
    help="Deploy by CREATE2: same salt and roles, same address on every chain.",
)
@json_option
def deploy(
    rpc: tuple[str, ...],
    chain_id: int | None,
    account_path: Path,
    password_path: Path | None,
    dry_run: bool,
    admin: str | None,
    curator: str | None,
    guardian: str | None,
    provider_owner: str | None,
    admin_delay_s: int,
    metadata_uri: str,
    document_path: Path | None,
    salt: str | None,
    as_json: bool,
) -> None:
    """Deploy a registry. The account gets every role that is given to nobody else, and owns
    provider 1, which the metadata describe.
    """
    done: list[Transaction] = []
    word = salt_word(salt) if salt is not None else None
    metadata_hash = document_hash(document_path)

    async def send() -> Registry:
        with progress_console.status("waiting for the transaction ..."):
            deployed = await Registry.deploy(
                rpc,
                account,
                chain_id=chain_id,
                admin=admin,
                curator=curator,
                guardian=guardian,
                provider_owner=provider_owner,
                metadata_uri=metadata_uri,
                metadata_hash=metadata_hash,
                admin_delay_s=admin_delay_s,
                salt=word,
                dry_run=dry_run,
                on_transaction=done.append,
            )
            await deployed.close()
            return deployed

    with load_key(account_path, password_path) as account:
        address = address_text(run(send()).address)
    if dry_run:
        tell_costs(as_json, done)
        emit(as_json, {"dry_run": True, "registry": address}, f"it would be at {address}")
        return
    data = {
        "registry": address,
        "transaction": done[0].hash if done else None,
        "block": done[0].block_number if done else None,
        "code_hash": f"0x{registry_code_hash().hex()}",
        "salt": f"0x{word.hex()}" if word is not None else None,
    }
    emit(as_json, data, address)
