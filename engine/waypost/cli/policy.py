"""The user's trust policy on the command line: which file it is, and what it has to say."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from waypost.cli.options import FILE, PROVIDER_ID, RegistryAt
from waypost.cli.output import note
from waypost.errors import ConfigError
from waypost.net.trust.policy_file import load_policy, policy_path
from waypost.trust.address import address_text, parse_address
from waypost.trust.policy import RegistryId, TrustPolicy
from waypost.trust.state_roots import AgreedRoots, LightClientRoots, StateRoots

Command = Callable[..., Any]

policy_option = click.option(
    "--policy",
    "policy_path",
    type=FILE,
    metavar="FILE",
    help="Your trust policy, if not where `waypost trust show` finds it.",
)
kept_rpc_option = click.option(
    "--rpc",
    multiple=True,
    metavar="URL",
    help="JSON-RPC node of the chain; repeat for stand-ins.  [default: the policy's]",
)
address_option = click.option(
    "--registry",
    "address",
    metavar="ADDRESS",
    help="The registry contract.  [default: the policy's]",
)
chain_id_option = click.option(
    "--chain-id",
    type=click.IntRange(1),
    metavar="ID",
    help="Its chain: no other will do.  [default: the policy's]",
)
provider_option = click.option(
    "--trust",
    "provider_ids",
    multiple=True,
    type=PROVIDER_ID,
    metavar="ID",
    help="Trust this provider and not those of your policy; repeat for more.",
)


def trust_options(command: Command) -> Command:
    """Add --trust and --policy, which arrive together as `trust`."""

    @provider_option
    @policy_option
    @wraps(command)
    def bundled(provider_ids: tuple[int, ...], policy_path: Path | None, **rest: Any) -> Any:
        return command(trust=trust_of(provider_ids, policy_path), **rest)

    return bundled


def trust_of(provider_ids: tuple[int, ...], path: Path | None) -> TrustPolicy:
    """The user's policy, narrowed to these providers, if there are any. Raises ConfigError."""
    trust = read_policy(path)
    return trust.only(provider_ids) if provider_ids else trust


def kept_registry_options(command: Command) -> Command:
    """Add --rpc, --chain-id and --registry, which arrive together as `at`, and those of
    `trust_options`. What is not given is taken from the policy.
    """

    @kept_rpc_option
    @address_option
    @chain_id_option
    @trust_options
    @wraps(command)
    def bundled(
        rpc: tuple[str, ...],
        address: str | None,
        chain_id: int | None,
        trust: TrustPolicy,
        **rest: Any,
    ) -> Any:
        return command(at=registry_at(trust, rpc, address, chain_id), trust=trust, **rest)

    return bundled


def proof_options(command: Command) -> Command:
    """Add --state-root and --agree, which arrive together as `roots`: None if nothing is said."""

    @click.option(
        "--state-root",
        "urls",
        multiple=True,
        metavar="URL",
        help="Prove every word against the state that this light client, or node of yours, "
        "names; several have to agree. The policy says the same for good.",
    )
    @click.option(
        "--agree",
        "count",
        type=click.IntRange(2),
        metavar="K",
        help="How many --state-root have to agree.  [default: all]",
    )
    @wraps(command)
    def bundled(urls: tuple[str, ...], count: int | None, **rest: Any) -> Any:
        if count and len(urls) < 2:
            raise ConfigError("--agree is about several --state-root: name them")
        roots: StateRoots | None = None
        if len(urls) == 1:
            roots = LightClientRoots(urls[0])
        elif urls:
            roots = AgreedRoots(count or len(urls), urls)
        return command(roots=roots, **rest)

    return bundled


def registry_at(
    policy: TrustPolicy, rpc: tuple[str, ...], address: str | None, chain_id: int | None
) -> RegistryAt:
    """The registry that is meant; what is not given is taken from the policy. ConfigError."""
    if not rpc or address is None:
        return kept_at(policy, chosen(policy, address, chain_id), rpc)
    return RegistryAt(rpc, address, chain_id)


def read_policy(path: Path | None) -> TrustPolicy:
    """The policy of the user; where it is a file, that is told. Raises ConfigError."""
    if path is not None and not path.exists():
        raise ConfigError(f"there is no trust policy {path}: `waypost trust` makes one")
    held = path or policy_path()
    policy = load_policy(held)
    if held.exists():
        note(f"whom to trust: {held}")
    return policy


def chosen(policy: TrustPolicy, address: str | None, chain_id: int | None) -> RegistryId:
    """The one registry that is meant; whatever is said needs no place in the policy.

    Raises ConfigError.
    """
    wanted = parse_address(address) if address is not None else None
    if wanted is not None and chain_id is not None:
        return chain_id, wanted
    known = sorted(
        id_ for id_ in policy.registries if chain_id in (None, id_[0]) and wanted in (None, id_[1])
    )
    match known:
        case [one]:
            return one
        case []:
            raise ConfigError(
                "the trust policy does not tell which registry: give --registry and --chain-id, "
                "or keep one with `waypost trust add`"
            )
    several = ", ".join(f"{address_text(address)} of chain {chain}" for chain, address in known)
    raise ConfigError(f"say by --registry and --chain-id which of these: {several}")


def kept_at(
    policy: TrustPolicy, registry: RegistryId, rpc: str | tuple[str, ...] | None
) -> RegistryAt:
    """A registry and the nodes to ask about it. Raises ConfigError where none is known."""
    chain_id, address = registry
    endpoints = policy.of(*registry).endpoints
    if not rpc and not endpoints:
        text = address_text(address)
        raise ConfigError(
            f"which node shall be asked? Give --rpc, or keep one: `waypost trust add {text} "
            f"--chain-id {chain_id} --rpc URL`"
        )
    return RegistryAt(rpc or endpoints, address_text(address), chain_id)


def proven_at(policy: TrustPolicy, at: RegistryAt, roots: StateRoots | None) -> RegistryAt:
    """The registry with the state roots that are said, or else are the policy's.

    Proofs that are wanted need the chain's id from the user: a node could name another chain, of
    which no proofs are wanted. Raises ConfigError where it is not known.
    """
    address = parse_address(at.address)
    kept = {
        chain_id: trust.state_roots
        for (chain_id, registry), trust in policy.registries.items()
        if registry == address and at.chain_id in (None, chain_id)
    }
    if roots is None and not any(kept.values()):
        return at
    chain_id = at.chain_id or (next(iter(kept)) if len(kept) == 1 else None)
    if chain_id is None:
        raise ConfigError("proofs are of one chain: give its --chain-id")
    return replace(at, chain_id=chain_id, state_roots=roots or kept.get(chain_id))


def redacted(url: str) -> str:
    """A URL without what may be an access key: its path, its query, its user."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(no URL)"
    if not parts.netloc:
        return url if parts.scheme in ("", "ipc") else "(no URL)"
    host = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return f"{host}/..." if parts._replace(scheme="", netloc="").geturl().strip("/") else host
