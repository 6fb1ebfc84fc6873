"""Whom the user trusts: providers, for each registry on each chain, and servers of the user's own.

A policy is immutable: a change makes a new one. It is kept as TOML:

    version = 1
    default_providers = [1]

    [[registry]]
    chain_id = 1
    address = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
    providers = [1, 7]
    grant_at = "finalized"

    [[server]]
    enr = "enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjz..."

    [[server]]
    node_id = "a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7"
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias

from waypost._ext.record import ENR
from waypost.config import PROVIDER_COUNT_MAX
from waypost.errors import ConfigError
from waypost.trust.address import parse_address

DEFAULT_PROVIDERS = frozenset({1})  # every registry is deployed with it

_VERSION = 1

RegistryId: TypeAlias = tuple[int, bytes]  # chain id, 20-byte address


class GrantAt(StrEnum):
    """The block whose state can make a server trusted. What takes trust away counts at once."""

    LATEST = "latest"
    FINALIZED = "finalized"
    """Trusted is who is so at the finalized block and at the head: no reorganisation of the chain
    can make anyone trusted for a while."""


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Trusted providers and the user's own servers.

    `default_providers` are trusted in each registry that `providers` does not name. `own_servers`
    maps node ids to records, or to None where no record is known: these servers are trusted
    whatever a registry says. `grant_at` names the registries that do not grant at the head block,
    unless `default_grant_at` has it otherwise. Raises ConfigError for what cannot be.
    """

    default_providers: frozenset[int] = DEFAULT_PROVIDERS
    providers: Mapping[RegistryId, frozenset[int]] = field(default_factory=dict)
    own_servers: Mapping[bytes, ENR | None] = field(default_factory=dict)
    default_grant_at: GrantAt = GrantAt.LATEST
    grant_at: Mapping[RegistryId, GrantAt] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for provider_ids in (self.default_providers, *self.providers.values()):
            if len(provider_ids) > PROVIDER_COUNT_MAX:
                raise ConfigError(f"trust at most {PROVIDER_COUNT_MAX} providers of a registry")
            if not all(type(id_) is int and 0 < id_ < 1 << 32 for id_ in provider_ids):
                raise ConfigError("a provider id is a number from 1 to 4294967295")
        for chain_id, address in (*self.providers, *self.grant_at):
            if type(chain_id) is not int or chain_id < 1 or len(address) != 20:
                raise ConfigError("a registry is a chain id from 1 and an address of 20 bytes")
        if any(len(node_id) != 32 for node_id in self.own_servers):
            raise ConfigError("a node id is 32 bytes")
        for grant_at in (self.default_grant_at, *self.grant_at.values()):
            if not isinstance(grant_at, GrantAt):
                raise ConfigError(f"grant_at is {grant_at!r}: want one of {', '.join(GrantAt)}")

    def providers_of(self, chain_id: int, registry: bytes) -> frozenset[int]:
        """The providers that are trusted in the registry at this address of this chain."""
        return self.providers.get((chain_id, registry), self.default_providers)

    def grant_at_of(self, chain_id: int, registry: bytes) -> GrantAt:
        """From which block on a server of this registry can be trusted."""
        return self.grant_at.get((chain_id, registry), self.default_grant_at)

    def with_providers(
        self, chain_id: int, registry: str | bytes, provider_ids: Iterable[int]
    ) -> "TrustPolicy":
        """This policy, but with exactly these providers trusted in one registry."""
        key = (chain_id, parse_address(registry))
        return replace(self, providers={**self.providers, key: frozenset(provider_ids)})

    def with_grant_at(
        self, chain_id: int, registry: str | bytes, grant_at: GrantAt | str
    ) -> "TrustPolicy":
        """This policy, but with trust in one registry granted at this block."""
        key = (chain_id, parse_address(registry))
        return replace(self, grant_at={**self.grant_at, key: GrantAt(grant_at)})

    def with_own_servers(self, servers: Iterable[ENR | bytes]) -> "TrustPolicy":
        """This policy, but with exactly these servers, records or node ids, as the user's own."""
        own = dict((s.node_id, s) if isinstance(s, ENR) else (s, None) for s in servers)
        return replace(self, own_servers=own)

    def to_toml(self) -> str:
        """The text form, which `from_toml` reads back."""
        lines = [f"version = {_VERSION}", f"default_providers = {sorted(self.default_providers)}"]
        if self.default_grant_at is not GrantAt.LATEST:
            lines.append(f'default_grant_at = "{self.default_grant_at}"')
        for registry in sorted(self.providers.keys() | self.grant_at.keys()):
            chain_id, address = registry
            lines += [
                "",
                "[[registry]]",
                f"chain_id = {chain_id}",
                f'address = "0x{address.hex()}"',
            ]
            if registry in self.providers:
                lines.append(f"providers = {sorted(self.providers[registry])}")
            if registry in self.grant_at:
                lines.append(f'grant_at = "{self.grant_at[registry]}"')
        for node_id, record in sorted(self.own_servers.items()):
            server = f'enr = "{record}"' if record else f'node_id = "{node_id.hex()}"'
            lines += ["", "[[server]]", server]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, text: str) -> "TrustPolicy":
        """The policy in a text. Raises ConfigError for anything that it does not understand."""
        try:
            return _from_document(tomllib.loads(text))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"the trust policy cannot be used: {error}") from None


def policy_of(trust: "TrustPolicy | Iterable[int] | None") -> TrustPolicy:
    """A policy from what a caller may give: itself, ids of trusted providers, or nothing."""
    if isinstance(trust, TrustPolicy):
        return trust
    return TrustPolicy() if trust is None else TrustPolicy(frozenset(trust))


def _from_document(document: dict[str, Any]) -> TrustPolicy:
    _only(document, "version", "default_providers", "default_grant_at", "registry", "server")
    if document["version"] != _VERSION:
        raise ConfigError(f"its version is {document['version']!r}: want {_VERSION}")
    policy = TrustPolicy(
        frozenset(document.get("default_providers", DEFAULT_PROVIDERS)),
        default_grant_at=GrantAt(document.get("default_grant_at", GrantAt.LATEST)),
    )
    for entry in document.get("registry", []):
        _only(entry, "chain_id", "address", "providers", "grant_at")
        registry = entry["chain_id"], entry["address"]
        if "grant_at" in entry:
            policy = policy.with_grant_at(*registry, entry["grant_at"])
        if "providers" in entry or "grant_at" not in entry:
            policy = policy.with_providers(*registry, entry["providers"])
    return policy.with_own_servers(_server(entry) for entry in document.get("server", []))


def _server(entry: dict[str, Any]) -> ENR | bytes:
    _only(entry, "enr", "node_id")
    if "enr" in entry:
        return ENR.parse(entry["enr"])
    return bytes.fromhex(entry["node_id"].removeprefix("0x"))


def _only(table: dict[str, Any], *known: str) -> None:
    """Refuses unknown keys: a misspelt one must not change whom the user trusts."""
    if unknown := table.keys() - set(known):
        raise ConfigError(f"unknown key {min(unknown)!r}: want one of {', '.join(known)}")
