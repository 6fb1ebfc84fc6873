"""waypost registry: deploy, administer and ask the registry contract. Keys come from files, never
from arguments.
"""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import click

from waypost._ext.record import ENR
from waypost.cli.enr import parse_peer
from waypost.cli.output import columns, emit, json_option, progress_console
from waypost.errors import RpcError
from waypost.keys import PrivateKey
from waypost.net.registry import Registry
from waypost.net.run import run
from waypost.trust.address import address_text
from waypost.trust.binding import Binding
from waypost.trust.verdict import Outcome
from waypost.trust.words import Status

Command = TypeVar("Command", bound=Callable[..., Any])

rpc_option = click.option(
    "--rpc", required=True, metavar="URL", help="JSON-RPC endpoint of the chain."
)
address_option = click.option(
    "--registry", "address", required=True, metavar="ADDRESS", help="The registry contract."
)
account_option = click.option(
    "--account",
    "account_path",
    required=True,
    type=click.Path(path_type=Path),
    help="Key file of the account that signs and pays.",
)
kind_option = click.option("--kind", required=True, help="Such as whisper.mailserver.")
provider_option = click.option(
    "--provider", "provider_id", required=True, type=click.IntRange(1), help="The provider's id."
)


def administration(command: Command) -> Command:
    """The options of every transaction."""
    for option in (json_option, account_option, address_option, rpc_option):
        command = option(command)
    return command


@click.group()
def registry() -> None:
    """Deploy, administer and ask the registry contract."""


@registry.command()
@rpc_option
@account_option
@click.option("--metadata-uri", default="", help="Where provider 1 describes itself.")
@json_option
def deploy(rpc: str, account_path: Path, metadata_uri: str, as_json: bool) -> None:
    """Deploy a registry; the account gets every role and owns provider 1."""

    async def send() -> None:
        with PrivateKey.load(account_path) as account:
            async with await Registry.deploy(rpc, account, metadata_uri=metadata_uri) as deployed:
                data = {"registry": address_text(deployed.address)}
                emit(as_json, data, data["registry"])

    run(send())


@registry.group()
def provider() -> None:
    """Register, activate, suspend and list providers."""


@provider.command("register")
@administration
@click.option("--metadata-uri", default="", help="Where the provider describes itself.")
def register(rpc: str, address: str, account_path: Path, metadata_uri: str, as_json: bool) -> None:
    """Register a provider that the account owns; a curator activates it."""

    async def send(registry: Registry) -> None:
        provider_id = await registry.register_provider(metadata_uri)
        emit(as_json, {"provider": provider_id}, f"provider {provider_id}, waiting for a curator")

    _transact(rpc, address, account_path, send)


@provider.command("activate")
@administration
@provider_option
def activate(rpc: str, address: str, account_path: Path, provider_id: int, as_json: bool) -> None:
    """Vouch for a provider. The account must be the curator."""

    async def send(registry: Registry) -> None:
        await registry.activate_provider(provider_id)
        emit(
            as_json,
            {"provider": provider_id, "status": "active"},
            f"provider {provider_id} is active",
        )

    _transact(rpc, address, account_path, send)


@provider.command("suspend")
@administration
@provider_option
@click.option("--reason", default="", help="At most 32 ASCII characters, kept in the event.")
def suspend(
    rpc: str, address: str, account_path: Path, provider_id: int, reason: str, as_json: bool
) -> None:
    """Suspend a provider at once, as the guardian. Only the curator restores it."""

    async def send(registry: Registry) -> None:
        await registry.suspend_provider(provider_id, reason)
        emit(
            as_json,
            {"provider": provider_id, "status": "suspended"},
            f"provider {provider_id} is suspended",
        )

    _transact(rpc, address, account_path, send)


@provider.command("list")
@rpc_option
@address_option
@json_option
def list_providers(rpc: str, address: str, as_json: bool) -> None:
    """List every provider."""

    async def ask(registry: Registry) -> None:
        for found in await registry.providers():
            status = found.status.name.lower()
            owner = address_text(found.owner)
            data = {"provider": found.id, "status": status, "owner": owner, "epoch": found.epoch}
            emit(as_json, data, f"{found.id:>6}  {status:<10}  {owner}")

    _ask(rpc, address, ask)


@registry.group()
def server() -> None:
    """Add, remove and list servers."""


@server.command("add")
@administration
@provider_option
@kind_option
@click.argument(
    "key_paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="KEY_FILE..."
)
def add(
    rpc: str,
    address: str,
    account_path: Path,
    provider_id: int,
    kind: str,
    key_paths: tuple[Path, ...],
    as_json: bool,
) -> None:
    """List the servers whose identity keys are in the files: each key signs its consent."""

    async def send(registry: Registry) -> None:
        with ExitStack() as stack:
            keys = [stack.enter_context(PrivateKey.load(path)) for path in key_paths]
            bindings: list[Binding] = []
            with progress_console.status("collecting consents ..."):
                for key in keys:
                    consent = await registry.consent(kind, key.node_id, provider_id)
                    bindings.append(consent.signed_by(key.secret_key))
            with progress_console.status(f"listing {len(bindings)} servers ..."):
                await registry.add_servers(provider_id, bindings)
            for key in keys:
                data = {"node_id": key.node_id.hex(), "kind": kind, "provider": provider_id}
                emit(as_json, data, f"listed {key.node_id.hex()}")

    _transact(rpc, address, account_path, send)


@server.command("remove")
@administration
@kind_option
@click.argument("servers", nargs=-1, required=True, metavar="ENR|NODE_ID...")
def remove(
    rpc: str, address: str, account_path: Path, kind: str, servers: tuple[str, ...], as_json: bool
) -> None:
    """Take servers off the list."""
    node_ids = _node_ids(servers)

    async def send(registry: Registry) -> None:
        await registry.remove_servers(kind, node_ids)
        for node_id in node_ids:
            emit(as_json, {"node_id": node_id.hex(), "kind": kind}, f"removed {node_id.hex()}")

    _transact(rpc, address, account_path, send)


@server.command("list")
@rpc_option
@address_option
@kind_option
@json_option
def list_servers(rpc: str, address: str, kind: str, as_json: bool) -> None:
    """List every server of a kind, trusted or not."""

    async def ask(registry: Registry) -> None:
        for found in await registry.servers(kind):
            status = Status(found.word.status).name.lower()
            data = {
                "node_id": found.node_id.hex(),
                "provider": found.word.provider_id,
                "status": status,
            }
            emit(
                as_json,
                data,
                f"{found.node_id.hex()}  provider {found.word.provider_id}  {status}",
            )

    _ask(rpc, address, ask)


@registry.command()
@rpc_option
@address_option
@kind_option
@click.option(
    "--trust",
    multiple=True,
    type=int,
    default=(1,),
    show_default=True,
    help="A provider id; repeat for more.",
)
@click.argument("servers", nargs=-1, required=True, metavar="ENR|NODE_ID...")
@json_option
def verify(
    rpc: str,
    address: str,
    kind: str,
    trust: tuple[int, ...],
    servers: tuple[str, ...],
    as_json: bool,
) -> None:
    """Verify servers in one batched read. Status 1 unless every one of them is trusted."""
    node_ids = _node_ids(servers)

    async def ask(registry: Registry) -> None:
        verdicts = await registry.verify(kind, node_ids, trust)
        for verdict in verdicts:
            data = {
                "node_id": verdict.node_id.hex(),
                "verdict": verdict.outcome.value,
                "why": verdict.why or None,
                "provider": verdict.provider_id,
                "block": verdict.block.number if verdict.block else None,
            }
            emit(as_json, data, columns(data))
        unknown = sum(verdict.outcome is Outcome.UNKNOWN for verdict in verdicts)
        if unknown:
            raise RpcError("unverified", f"{unknown} of {len(verdicts)} could not be verified")
        if not all(verdict.trusted for verdict in verdicts):
            raise SystemExit(1)

    _ask(rpc, address, ask)


def _transact(
    rpc: str, address: str, account_path: Path, send: Callable[[Registry], Awaitable[None]]
) -> None:
    async def connected() -> None:
        with PrivateKey.load(account_path) as account:
            async with Registry(rpc, address=address, account=account) as registry:
                await send(registry)

    run(connected())


def _ask(rpc: str, address: str, ask: Callable[[Registry], Awaitable[None]]) -> None:
    async def connected() -> None:
        async with Registry(rpc, address=address) as registry:
            await ask(registry)

    run(connected())


def _node_ids(servers: Iterable[str]) -> list[bytes]:
    peers = [parse_peer(text) for text in servers]
    return [peer.node_id if isinstance(peer, ENR) else peer for peer in peers]
