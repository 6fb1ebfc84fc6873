"""waypost trust add, remove, grant: the registries of the policy."""

from dataclasses import replace
from pathlib import Path

import click

from waypost.cli.files import read_file
from waypost.cli.options import PROVIDER_ID, RegistryAt
from waypost.cli.output import Said, note, progress_console
from waypost.cli.trust.desk import (
    PolicyDesk,
    ids_text,
    policy_options,
    registry_policy_options,
    registry_said,
)
from waypost.errors import ConfigError, RpcError
from waypost.net.run import run
from waypost.trust.address import address_text, parse_address
from waypost.trust.json_text import decode_json
from waypost.trust.policy import GrantAt, RegistryId, TrustPolicy

_DEPLOYMENT_SIZE_MAX_B = 1 << 20
_DOWN = {"unreachable", "disconnected", "timeout", "rate-limited"}  # of nodes: for now, perhaps


@click.command(short_help="Keep a registry.")
@click.argument("address", metavar="ADDRESS|FILE")
@click.option("--chain-id", type=click.IntRange(1), metavar="ID", help="The chain that it is on.")
@click.option(
    "--rpc",
    "rpcs",
    multiple=True,
    metavar="URL",
    help="A JSON-RPC node to ask about it from now on; repeat for more, the best first.",
)
@click.option(
    "--trust",
    "provider_ids",
    multiple=True,
    type=PROVIDER_ID,
    metavar="ID",
    help="A provider to trust there; repeat for more.",
)
@policy_options
def add(
    desk: PolicyDesk,
    address: str,
    chain_id: int | None,
    rpcs: tuple[str, ...],
    provider_ids: tuple[int, ...],
) -> None:
    """Keep a registry in the policy, so that `waypost find` needs neither --registry nor --rpc.

    It is named by its ADDRESS, or by the FILE of its deployment (JSON with `address` and
    `chainId`). Its default provider is trusted, and those of --trust beside it. Each --rpc is
    asked whether the registry is there, and on which chain: without any, give --chain-id. One of
    several that does not answer just now is kept all the same.

    \b
    waypost trust add 0x5FbDB2315678afecb367f032d93F642f64180aa3 --rpc https://...
    waypost trust add contracts/deployments/31337.json --rpc ipc:/run/geth.ipc
    """
    registry = _named(address, chain_id, rpcs)

    def change(policy: TrustPolicy) -> TrustPolicy:
        policy = policy.adding_providers(*registry, provider_ids)
        trust = policy.of(*registry)
        endpoints = tuple(dict.fromkeys((*trust.endpoints, *rpcs)))
        return policy.with_registry(*registry, replace(trust, endpoints=endpoints))

    policy = desk.change(change)
    desk.tell(registry_said(registry, policy.of(*registry)))


@click.command(short_help="Forget a registry.")
@click.argument("named", metavar="[ADDRESS]", required=False)
@registry_policy_options
def remove(desk: PolicyDesk, named: str | None) -> None:
    """Forget a registry, at ADDRESS or the only one, and what was said of it.

    Whoever uses it all the same trusts its default providers again: to trust nobody there, remove
    its providers instead.
    """
    desk = replace(desk, address=named or desk.address)
    gone: list[RegistryId] = []

    def change(policy: TrustPolicy) -> TrustPolicy:
        gone[:] = [desk.registry_of(policy)]
        if gone[0] not in policy.registries:
            raise ConfigError("the trust policy has no such registry: see `waypost trust show`")
        return policy.without_registry(*gone[0])

    policy = desk.change(change)
    chain_id, address = gone[0]
    text = address_text(address)
    desk.tell(
        Said(
            {"registry": text, "chain_id": chain_id, "removed": True},
            f"{text} of chain {chain_id} is forgotten; whoever uses it all the same trusts "
            f"providers {ids_text(policy.default_providers)}",
        )
    )


@click.command(short_help="Say which block can make a server trusted.")
@click.argument(
    "grant_at", type=click.Choice([at.value for at in GrantAt]), metavar="latest|finalized"
)
@registry_policy_options
def grant(desk: PolicyDesk, grant_at: str) -> None:
    """Say which block's state can make a server trusted: the `latest`, or the `finalized` one.

    With `finalized` no reorganisation of the chain can make anyone trusted for a while; a new
    server is trusted some minutes later. What takes trust away counts at once in any case.
    """
    desk.change_registry(lambda policy, registry: policy.with_grant_at(*registry, grant_at))


def _named(text: str, chain_id: int | None, rpcs: tuple[str, ...]) -> RegistryId:
    """A registry by its address or the file of its deployment, there by each node that answers.

    Raises ConfigError, RpcError.
    """
    if text.endswith(".json"):
        deployed_on, address = _deployed(Path(text))
        if chain_id not in (None, deployed_on):
            raise ConfigError(f"{text} is of chain {deployed_on}, not {chain_id}")
        chain_id = deployed_on
    else:
        address = parse_address(text)

    async def asked(rpc: str) -> int:
        async with RegistryAt(rpc, address_text(address), chain_id).connect() as registry:
            return (await registry.overview()).chain_id

    down: list[RpcError] = []
    for rpc in rpcs:
        try:
            with progress_console.status("asking whether the registry is there ..."):
                chain_id = run(asked(rpc))
        except RpcError as error:
            if error.reason not in _DOWN:
                raise
            down.append(error)
    if down and len(down) == len(rpcs):
        raise down[0]
    for cause in down:
        note(f"kept, but not asked: {cause}")
    if chain_id is None:
        raise ConfigError(
            "on which chain is it? Give --chain-id, or a node to ask as --rpc: the same address "
            "may be on many"
        )
    return chain_id, address


def _deployed(path: Path) -> RegistryId:
    text = read_file(path, _DEPLOYMENT_SIZE_MAX_B)
    try:
        fields = decode_json(text)
        return int(fields["chainId"]), parse_address(fields["address"])
    except (KeyError, TypeError, ValueError):
        raise ConfigError(f"{path} is no deployment: want `chainId` and `address`") from None
