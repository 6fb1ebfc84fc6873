"""waypost trust provider: the providers that are trusted in a registry."""

import click

from waypost.cli.options import PROVIDER_ID, RegistryAt
from waypost.cli.output import Said, columns, note, printable, progress_console
from waypost.cli.policy import kept_at
from waypost.cli.trust.desk import PolicyDesk, registry_policy_options
from waypost.errors import ConfigError, MetadataError, RegistryError, RpcError
from waypost.net.run import run
from waypost.net.trust.metadata import fetch_document
from waypost.net.trust.registry import Registry
from waypost.trust.administration.listings import Provider
from waypost.trust.administration.metadata import checked_metadata
from waypost.trust.policy import TrustPolicy
from waypost.trust.words import Status

ids_argument = click.argument(
    "provider_ids", nargs=-1, required=True, type=PROVIDER_ID, metavar="ID..."
)
rpc_option = click.option(
    "--rpc", metavar="URL", help="JSON-RPC node of the chain.  [default: the policy's]"
)
fetch_option = click.option(
    "--fetch", is_flag=True, help="Fetch how they describe themselves: their servers learn of you."
)


@click.group()
def provider() -> None:
    """Say which providers of a registry you trust.

    --registry and --chain-id say where, unless the policy has one registry only. A provider's id
    means nothing in another registry.
    """


@provider.command(short_help="Trust providers, beside those trusted already.")
@ids_argument
@click.option("--rpc", metavar="URL", help="Ask this node first whether they are there.")
@registry_policy_options
def add(desk: PolicyDesk, provider_ids: tuple[int, ...], rpc: str | None) -> None:
    """Trust providers of a registry, beside those that are trusted there already.

    In a registry that the policy does not have yet, that is the default provider. With --rpc, a
    provider that does not exist is refused, and one that is not active is told.
    """
    if rpc is not None:
        _require_known(desk, rpc, provider_ids)
    desk.change_registry(lambda policy, registry: policy.adding_providers(*registry, provider_ids))


@provider.command(short_help="No longer trust providers.")
@ids_argument
@registry_policy_options
def remove(desk: PolicyDesk, provider_ids: tuple[int, ...]) -> None:
    """No longer trust providers of a registry, be it the default one. Others stay trusted."""

    def change(policy: TrustPolicy, registry: tuple[int, bytes]) -> TrustPolicy:
        if strangers := set(provider_ids) - policy.providers_of(*registry):
            raise ConfigError(f"provider {min(strangers)} is not trusted there anyway")
        return policy.removing_providers(*registry, provider_ids)

    desk.change_registry(change)


@provider.command(short_help="Show the providers that are trusted.")
@rpc_option
@fetch_option
@registry_policy_options
def show(desk: PolicyDesk, rpc: str | None, fetch: bool) -> None:
    """Show the trusted providers of a registry: their status and, with --fetch, how they describe
    themselves. A description is shown only if its hash is the one on chain.
    """
    policy = desk.load()
    registry = desk.registry_of(policy)
    at = kept_at(policy, registry, rpc)
    for said in ask_providers(at, policy.providers_of(*registry), fetch):
        desk.tell(said)


def ask_providers(at: RegistryAt, provider_ids: frozenset[int], fetch: bool) -> list[Said]:
    """What a registry says of providers, and what they say of themselves. Raises RpcError."""

    async def ask() -> list[Said]:
        async with at.connect() as registry:
            with progress_console.status("reading the registry ..."):
                return [await _said(registry, id_, fetch) for id_ in sorted(provider_ids)]

    return run(ask())


async def _said(registry: Registry, provider_id: int, fetch: bool) -> Said:
    found = await registry.provider(provider_id)
    is_described = fetch and found.status is not Status.NONE
    words, why = await _description(registry, found) if is_described else ({}, None)
    data = {
        "provider": provider_id,
        "status": found.status.name.lower(),
        "metadata": words or None,
        "metadata_error": why,
    }
    shown = [*list(data.items())[:2], *((k, v) for k, v in words.items() if v), ("not shown", why)]
    return Said(data, columns(shown))


async def _description(registry: Registry, found: Provider) -> tuple[dict[str, str], str | None]:
    """A provider's own words, or why there are none to be shown."""
    try:
        uri = await registry.provider_metadata_uri(found.id)
        return checked_metadata(await fetch_document(uri), found.metadata_hash)._asdict(), None
    except (MetadataError, RpcError) as error:
        return {}, printable(str(error))


def _require_known(desk: PolicyDesk, rpc: str, provider_ids: tuple[int, ...]) -> None:
    policy = desk.load()
    for said in ask_providers(
        kept_at(policy, desk.registry_of(policy), rpc), frozenset(provider_ids), fetch=False
    ):
        id_, status = said.data["provider"], said.data["status"]
        if status == Status.NONE.name.lower():
            raise RegistryError(f"there is no provider {id_}: nothing was changed")
        if status not in (Status.ACTIVE.name.lower(), Status.CHALLENGED.name.lower()):
            note(f"provider {id_} is {status}: until that changes, none of its servers is trusted")
