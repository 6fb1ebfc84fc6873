"""waypost trust show: the whole policy."""

import click

from waypost.cli.output import Said, columns
from waypost.cli.policy import kept_at
from waypost.cli.trust.desk import PolicyDesk, ids_text, policy_options, registry_said
from waypost.cli.trust.provider import ask_providers, fetch_option
from waypost.cli.trust.server import server_said
from waypost.errors import RpcError
from waypost.trust.policy import TrustPolicy


@click.command(short_help="Show the whole policy.")
@click.option("--rpc", metavar="URL", help="Ask this node about the providers, too.")
@fetch_option
@policy_options
def show(desk: PolicyDesk, rpc: str | None, fetch: bool) -> None:
    """Show the whole policy: where it is kept, each registry, and your own servers.

    With --rpc, the status of each provider of a registry on that node's chain is shown, and with
    --fetch how they describe themselves, if the hash of that is the one on chain. Of URLs only
    the host is shown: the rest may be a key.
    """
    policy = desk.load()
    desk.tell(_defaults(desk, policy))
    for registry, trust in sorted(policy.registries.items(), key=lambda item: item[0]):
        _tell(desk, registry_said(registry, trust))
        if rpc is None:
            continue
        try:
            for said in ask_providers(kept_at(policy, registry, rpc), trust.providers, fetch):
                _tell(desk, said)
        except RpcError as error:
            _tell(desk, Said({"error": str(error)}, f"not asked about: {error}"))
    for node_id, record in sorted(policy.own_servers.items(), key=lambda item: item[0]):
        _tell(desk, server_said(node_id, record))


def _tell(desk: PolicyDesk, said: Said) -> None:
    """Each after an empty line, for a person."""
    desk.tell(said._replace(text=f"\n{said.text}"))


def _defaults(desk: PolicyDesk, policy: TrustPolicy) -> Said:
    exists = desk.path.exists()
    data = {
        "policy": str(desk.path),
        "exists": exists,
        "default_providers": sorted(policy.default_providers),
        "default_grant_at": str(policy.default_grant_at),
    }
    shown = {
        "policy": desk.path if exists else f"{desk.path} (not there: these are the defaults)",
        "default_providers": ids_text(policy.default_providers),
        "default_grant_at": policy.default_grant_at,
    }
    return Said(data, columns(shown.items()))
