"""waypost registry: deploy, administer and ask the registry contract. Keys come from files, never
from arguments.
"""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from waypost._ext.record import ENR
from waypost.cli.options import (
    FILE,
    RegistryAt,
    account_option,
    chain_options,
    kind_option,
    parse_peer,
    provider_option,
    registry_options,
    trust_options,
)
from waypost.cli.output import Said, columns, emit, json_option, progress_console
from waypost.errors import WaypostError
from waypost.keys import PrivateKey
from waypost.net.registry import Registry
from waypost.net.run import run
from waypost.trust.address import address_text
from waypost.trust.policy import TrustPolicy
from waypost.trust.verdict import Outcome, Verdict
from waypost.trust.words import Status

Work = Callable[[Registry], Awaitable[list[Said]]]


def administration(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every transaction."""
    return registry_options(account_option(json_option(command)))


@click.group()
def registry() -> None:
    """Deploy, administer and ask the registry contract."""


@registry.command(short_help="Deploy a registry.")
@chain_options
@account_option
@click.option("--metadata-uri", metavar="URI", default="", help="Where provider 1 is described.")
@json_option
def deploy(
    rpc: str, chain_id: int | None, account_path: Path, metadata_uri: str, as_json: bool
) -> None:
    """Deploy a registry; the account gets every role and owns provider 1."""

    async def send(account: PrivateKey) -> str:
        with progress_console.status("waiting for the transaction ..."):
            async with await Registry.deploy(
                rpc, account, chain_id=chain_id, metadata_uri=metadata_uri
            ) as deployed:
                return address_text(deployed.address)

    with PrivateKey.load(account_path) as account:
        address = run(send(account))
    emit(as_json, {"registry": address}, address)


@registry.group()
def provider() -> None:
    """Register, activate, suspend and list providers."""


@provider.command("register", short_help="Register a provider.")
@administration
@click.option("--metadata-uri", metavar="URI", default="", help="Where it is described.")
def register(at: RegistryAt, account_path: Path, metadata_uri: str, as_json: bool) -> None:
    """Register a provider that the account owns; a curator activates it."""

    async def send(registry: Registry) -> list[Said]:
        id_ = await registry.register_provider(metadata_uri)
        return [Said({"provider": id_}, f"provider {id_} is registered: a curator activates it")]

    _transact(at, account_path, as_json, send)


@provider.command("activate", short_help="Vouch for a provider, as the curator.")
@administration
@provider_option
def activate(at: RegistryAt, account_path: Path, provider_id: int, as_json: bool) -> None:
    """Vouch for a provider, or restore it. The account must be the curator."""

    async def send(registry: Registry) -> list[Said]:
        await registry.activate_provider(provider_id)
        return [_status(provider_id, Status.ACTIVE)]

    _transact(at, account_path, as_json, send)


@provider.command("suspend", short_help="Suspend a provider, as the guardian.")
@administration
@provider_option
@click.option(
    "--reason", metavar="TEXT", default="", help="At most 32 ASCII characters, for the event."
)
def suspend(
    at: RegistryAt, account_path: Path, provider_id: int, reason: str, as_json: bool
) -> None:
    """Suspend a provider at once. The account must be the guardian; only the curator restores."""

    async def send(registry: Registry) -> list[Said]:
        await registry.suspend_provider(provider_id, reason)
        return [_status(provider_id, Status.SUSPENDED)]

    _transact(at, account_path, as_json, send)


@provider.command("list")
@registry_options
@json_option
def list_providers(at: RegistryAt, as_json: bool) -> None:
    """List every provider."""

    async def ask(registry: Registry) -> list[Said]:
        return [
            Said(
                {
                    "provider": found.id,
                    "status": found.status.name.lower(),
                    "owner": address_text(found.owner),
                    "epoch": found.epoch,
                },
                f"{found.id:>6}  {found.status.name.lower():<10}  {address_text(found.owner)}",
            )
            for found in await registry.providers()
        ]

    _ask(at, as_json, ask)


@registry.group()
def server() -> None:
    """Add, remove and list servers."""


@server.command("add", short_help="List servers under a provider.")
@administration
@provider_option
@kind_option
@click.argument("key_paths", nargs=-1, required=True, type=FILE, metavar="KEY_FILE...")
def add(
    at: RegistryAt,
    account_path: Path,
    provider_id: int,
    kind: str,
    key_paths: tuple[Path, ...],
    as_json: bool,
) -> None:
    """List the servers whose identity keys are in the files: each key signs its consent."""

    async def send(registry: Registry) -> list[Said]:
        bindings = []
        for key in keys:
            consent = await registry.consent(kind, key.node_id, provider_id)
            bindings.append(consent.signed_by(key.secret_key))
        await registry.add_servers(provider_id, bindings)
        return [
            Said(
                {"node_id": key.node_id.hex(), "kind": kind, "provider": provider_id},
                f"listed {key.node_id.hex()}",
            )
            for key in keys
        ]

    with ExitStack() as stack:
        keys = [stack.enter_context(PrivateKey.load(path)) for path in key_paths]
        _transact(at, account_path, as_json, send)


@server.command("remove", short_help="Take servers off the list.")
@administration
@kind_option
@click.argument("servers", nargs=-1, required=True, metavar="ENR|NODE_ID...")
def remove(
    at: RegistryAt, account_path: Path, kind: str, servers: tuple[str, ...], as_json: bool
) -> None:
    """Take servers off the list. The account must own their provider."""
    node_ids = _node_ids(servers)

    async def send(registry: Registry) -> list[Said]:
        await registry.remove_servers(kind, node_ids)
        return [
            Said({"node_id": node_id.hex(), "kind": kind}, f"removed {node_id.hex()}")
            for node_id in node_ids
        ]

    _transact(at, account_path, as_json, send)


@server.command("list")
@registry_options
@kind_option
@json_option
def list_servers(at: RegistryAt, kind: str, as_json: bool) -> None:
    """List every server of a kind, trusted or not."""

    async def ask(registry: Registry) -> list[Said]:
        said = []
        for found in await registry.servers(kind):
            id_, status = found.word.provider_id, Status(found.word.status).name.lower()
            data = {"node_id": found.node_id.hex(), "provider": id_, "status": status}
            said.append(Said(data, f"{found.node_id.hex()}  provider {id_:<5}  {status}"))
        return said

    _ask(at, as_json, ask)


@registry.command(short_help="Verify servers in one batched read.")
@registry_options
@kind_option
@trust_options
@click.argument("servers", nargs=-1, required=True, metavar="ENR|NODE_ID...")
@json_option
def verify(
    at: RegistryAt, kind: str, trust: TrustPolicy, servers: tuple[str, ...], as_json: bool
) -> None:
    """Verify servers in one batched read. Status 1 unless every one of them is trusted."""
    node_ids = _node_ids(servers)
    verdicts: list[Verdict] = []

    async def ask(registry: Registry) -> list[Said]:
        verdicts.extend(await registry.verify(kind, node_ids, trust))
        return [_said(verdict) for verdict in verdicts]

    _ask(at, as_json, ask)
    unknown = [verdict for verdict in verdicts if verdict.outcome is Outcome.UNKNOWN]
    if unknown:
        few = f"{len(unknown)} of {len(verdicts)} servers could not be verified"
        raise WaypostError(f"{few}: {unknown[0].why}")
    untrusted = sum(not verdict.trusted for verdict in verdicts)
    if untrusted:
        raise WaypostError(f"{untrusted} of {len(verdicts)} servers are not to be trusted")


def _said(verdict: Verdict) -> Said:
    data = {
        "node_id": verdict.node_id.hex(),
        "verdict": verdict.outcome.value,
        "why": verdict.why or None,
        "provider": verdict.provider_id,
        "block": verdict.block.number if verdict.block else None,
    }
    return Said(data, columns(data.items()))


def _status(provider_id: int, status: Status) -> Said:
    name = status.name.lower()
    return Said({"provider": provider_id, "status": name}, f"provider {provider_id} is {name}")


def _transact(at: RegistryAt, account_path: Path, as_json: bool, send: Work) -> None:
    with PrivateKey.load(account_path) as account:
        _work(at, account, as_json, send, "waiting for the transaction ...")


def _ask(at: RegistryAt, as_json: bool, ask: Work) -> None:
    _work(at, None, as_json, ask, "reading the registry ...")


def _work(
    at: RegistryAt, account: PrivateKey | None, as_json: bool, work: Work, progress: str
) -> None:
    async def connected() -> list[Said]:
        async with at.connect(account) as registry:
            with progress_console.status(progress):
                return await work(registry)

    for said in run(connected()):
        emit(as_json, said.data, said.text)


def _node_ids(servers: Iterable[str]) -> list[bytes]:
    peers = [parse_peer(text) for text in servers]
    return [peer.node_id if isinstance(peer, ENR) else peer for peer in peers]
