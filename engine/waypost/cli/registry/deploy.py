"""waypost registry deploy."""

from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

import click

from waypost.cli.options import RegistryAt, chain_options
from waypost.cli.output import emit
from waypost.cli.registry.description import document_hash
from waypost.cli.registry.desk import Desk, tell_costs, transacting
from waypost.cli.registry.provider import document_option, uri_option
from waypost.net.trust.administration.deployment import deploy as deploy_contract
from waypost.net.trust.registry import ADMIN_DELAY_S
from waypost.trust.address import address_text
from waypost.trust.administration.deployment import (
    registry_code_hash,
    registry_creation,
    salt_word,
)

_NOWHERE = address_text(bytes(20))


def _nowhere_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --rpc and --chain-id, which arrive together as `at`: a registry that is still to be."""

    @chain_options
    @wraps(command)
    def bundled(rpc: tuple[str, ...], chain_id: int | None, **rest: Any) -> Any:
        return command(at=RegistryAt(rpc, _NOWHERE, chain_id), **rest)

    return bundled


deployer_options = transacting(_nowhere_options, Desk)


@click.command(short_help="Deploy a registry.")
@deployer_options
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
def deploy(
    desk: Desk,
    admin: str | None,
    curator: str | None,
    guardian: str | None,
    provider_owner: str | None,
    admin_delay_s: int,
    metadata_uri: str,
    document_path: Path | None,
    salt: str | None,
) -> None:
    """Deploy a registry. The account gets every role that is given to nobody else, and owns
    provider 1, which the metadata describe.
    """
    word = salt_word(salt) if salt is not None else None
    creation = partial(
        registry_creation,
        admin=admin,
        curator=curator,
        guardian=guardian,
        provider_owner=provider_owner,
        metadata_uri=metadata_uri,
        metadata_hash=document_hash(document_path),
        admin_delay_s=admin_delay_s,
    )
    address = address_text(desk.send(lambda maker: deploy_contract(maker, creation, word)))
    if desk.dry_run:
        tell_costs(desk.as_json, desk.done)
        emit(desk.as_json, {"dry_run": True, "registry": address}, f"it would be at {address}")
        return
    done = desk.done[0] if desk.done else None
    data = {
        "registry": address,
        "transaction": done and done.hash,
        "block": done and done.block_number,
        "code_hash": f"0x{registry_code_hash().hex()}",
        "salt": f"0x{word.hex()}" if word is not None else None,
    }
    emit(desk.as_json, data, address)
