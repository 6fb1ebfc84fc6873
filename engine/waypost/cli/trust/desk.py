"""How every verb of `waypost trust` works: change the policy's file, and tell what holds now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from waypost.cli.output import Said, columns, emit, json_option, note
from waypost.cli.policy import (
    address_option,
    chain_id_option,
    chosen,
    policy_option,
    redacted,
)
from waypost.net.trust.policy_file import load_policy, policy_path, update_policy
from waypost.trust.address import address_text
from waypost.trust.policy import RegistryId, RegistryTrust, TrustPolicy
from waypost.trust.state_roots import AgreedRoots, EndpointRoots, LightClientRoots, StateRoots

Command = Callable[..., Any]
Change = Callable[[TrustPolicy, RegistryId], TrustPolicy]


@dataclass(frozen=True, slots=True)
class PolicyDesk:
    """A policy's file, and how the user wants to hear of it."""

    path: Path
    as_json: bool
    address: str | None = None
    chain_id: int | None = None

    def load(self) -> TrustPolicy:
        """The policy as it is. Raises ConfigError."""
        return load_policy(self.path)

    def registry_of(self, policy: TrustPolicy) -> RegistryId:
        """The registry that is meant. Raises ConfigError."""
        return chosen(policy, self.address, self.chain_id)

    def change(self, change: Callable[[TrustPolicy], TrustPolicy]) -> TrustPolicy:
        """Changes the file, and says which it is. Raises ConfigError."""
        policy = update_policy(change, self.path)
        note(f"written: {self.path}")
        return policy

    def change_registry(self, change: Change) -> None:
        """Changes what is wanted of the registry that is meant, and tells it."""
        meant: list[RegistryId] = []

        def changed(policy: TrustPolicy) -> TrustPolicy:
            meant[:] = [self.registry_of(policy)]
            return change(policy, meant[0])

        policy = self.change(changed)
        (registry,) = meant
        self.tell(registry_said(registry, policy.of(*registry)))

    def tell(self, said: Said) -> None:
        """One result."""
        emit(self.as_json, said.data, said.text)


def policy_options(command: Command) -> Command:
    """Add --policy and --json, which arrive together as `desk`."""

    @policy_option
    @json_option
    @wraps(command)
    def bundled(policy_path: Path | None, as_json: bool, **rest: Any) -> Any:
        return command(desk=PolicyDesk(_path(policy_path), as_json), **rest)

    return bundled


def registry_policy_options(command: Command) -> Command:
    """Add --registry, --chain-id, --policy and --json, which arrive together as `desk`."""

    @address_option
    @chain_id_option
    @policy_option
    @json_option
    @wraps(command)
    def bundled(
        address: str | None,
        chain_id: int | None,
        policy_path: Path | None,
        as_json: bool,
        **rest: Any,
    ) -> Any:
        desk = PolicyDesk(_path(policy_path), as_json, address, chain_id)
        return command(desk=desk, **rest)

    return bundled


def _path(given: Path | None) -> Path:
    return given or policy_path()


def registry_said(registry: RegistryId, trust: RegistryTrust) -> Said:
    """What is wanted of a registry, without what URLs may hold of keys."""
    chain_id, address = registry
    endpoints = [redacted(url) for url in trust.endpoints]
    data = {
        "registry": address_text(address),
        "chain_id": chain_id,
        "providers": sorted(trust.providers),
        "grant_at": str(trust.grant_at),
        "state_roots": roots_data(trust.state_roots),
        "endpoints": endpoints,
    }
    shown = {
        **data,
        "providers": ids_text(trust.providers),
        "state_roots": roots_text(trust.state_roots),
        "endpoints": ", ".join(endpoints) or None,
    }
    return Said(data, columns(shown.items()))


def ids_text(provider_ids: frozenset[int]) -> str:
    """Providers for a person."""
    return ", ".join(map(str, sorted(provider_ids))) or "none"


def roots_data(state_roots: StateRoots | None) -> Mapping[str, object] | str | None:
    """A source of state roots for a machine."""
    match state_roots:
        case EndpointRoots():
            return "endpoint"
        case AgreedRoots(count, endpoints):
            return {"agree": count, "endpoints": [redacted(url) for url in endpoints]}
        case LightClientRoots(url):
            return {"light_client": redacted(url)}
        case None:
            return None


def roots_text(state_roots: StateRoots | None) -> str:
    """A source of state roots for a person."""
    match state_roots:
        case EndpointRoots():
            return "of the endpoint that gives the proofs"
        case AgreedRoots(count, endpoints):
            names = ", ".join(map(redacted, endpoints))
            return f"that {count} of {len(endpoints)} endpoints agree on: {names}"
        case LightClientRoots(url):
            return f"of the light client at {redacted(url)}"
        case None:
            return "none: words are taken without proofs"
