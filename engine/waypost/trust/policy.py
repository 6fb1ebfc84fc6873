"""Whom the user trusts: providers, for each registry on each chain, and servers of the user's own.

A policy is immutable: a change makes a new one. It is kept as TOML:

    version = 1

    [[registry]]
    chain_id = 1
    address = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
    providers = [1, 7]

    [[server]]
    node_id = "a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7"
"""
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from waypost.errors import ConfigError

DEFAULT_PROVIDERS = frozenset({1})   # every registry is deployed with it
PROVIDER_COUNT_MAX = 256             # trusted in one registry: every read asks for all of them

_VERSION = 1

RegistryId = tuple[int, bytes]       # chain id, 20-byte address


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Trusted providers and the user's own servers.

    `default_providers` are trusted in each registry that `providers` does not name. `own_servers`
    are node ids: these servers are trusted whatever a registry says.
    """

    default_providers: frozenset[int] = DEFAULT_PROVIDERS
    providers: Mapping[RegistryId, frozenset[int]] = field(default_factory=dict)
    own_servers: frozenset[bytes] = frozenset()

    def __post_init__(self) -> None:
        for provider_ids in (self.default_providers, *self.providers.values()):
            if len(provider_ids) > PROVIDER_COUNT_MAX:
                raise ConfigError(f"trust at most {PROVIDER_COUNT_MAX} providers of a registry")
            if not all(type(id_) is int and 0 < id_ < 1 << 32 for id_ in provider_ids):
                raise ConfigError("a provider id is a number from 1 to 4294967295")
        for chain_id, address in self.providers:
            if type(chain_id) is not int or chain_id < 1 or len(address) != 20:
                raise ConfigError("a registry is a chain id from 1 and an address of 20 bytes")
        if not all(len(node_id) == 32 for node_id in self.own_servers):
            raise ConfigError("a node id is 32 bytes")

    def providers_of(self, chain_id: int, registry: bytes) -> frozenset[int]:
        """The providers that are trusted in the registry at this address of this chain."""
        return self.providers.get((chain_id, registry), self.default_providers)

    def with_providers(
        self, chain_id: int, registry: bytes, provider_ids: Iterable[int]
    ) -> "TrustPolicy":
        """This policy, but with exactly these providers trusted in one registry."""
        providers = {**self.providers, (chain_id, registry): frozenset(provider_ids)}
        return replace(self, providers=providers)

    def with_own_servers(self, node_ids: Iterable[bytes]) -> "TrustPolicy":
        """This policy, but with exactly these servers as the user's own."""
        return replace(self, own_servers=frozenset(node_ids))

    def to_toml(self) -> str:
        """The text form, which `from_toml` reads back."""
        lines = [f"version = {_VERSION}", f"default_providers = {sorted(self.default_providers)}"]
        for (chain_id, address), provider_ids in sorted(self.providers.items()):
            lines += [
                "",
                "[[registry]]",
                f"chain_id = {chain_id}",
                f'address = "0x{address.hex()}"',
                f"providers = {sorted(provider_ids)}",
            ]
        for node_id in sorted(self.own_servers):
            lines += ["", "[[server]]", f'node_id = "{node_id.hex()}"']
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, text: str) -> "TrustPolicy":
        """The policy that a text describes. Raises ConfigError for anything that it does not
        understand.
        """
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"the trust policy is not TOML: {error}") from None
        match document:
            case {"version": version} if version != _VERSION:
                raise ConfigError(f"this trust policy has version {version!r}: want {_VERSION}")
        try:
            return _from_document(document)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"the trust policy cannot be used: {error}") from None


def policy_of(trust: "TrustPolicy | Iterable[int] | None") -> TrustPolicy:
    """A policy from what a caller may give: a policy, the ids of trusted providers, or nothing
    (provider 1).
    """
    if isinstance(trust, TrustPolicy):
        return trust
    return TrustPolicy() if trust is None else TrustPolicy(frozenset(trust))


def _from_document(document: dict[str, Any]) -> TrustPolicy:
    _only(document, "version", "default_providers", "registry", "server")
    providers: dict[RegistryId, frozenset[int]] = {}
    for entry in document.get("registry", []):
        _only(entry, "chain_id", "address", "providers")
        address = bytes.fromhex(entry["address"].removeprefix("0x"))
        providers[entry["chain_id"], address] = frozenset(entry["providers"])
    for entry in (servers := document.get("server", [])):
        _only(entry, "node_id")
    return TrustPolicy(
        frozenset(document.get("default_providers", DEFAULT_PROVIDERS)),
        providers,
        frozenset(bytes.fromhex(entry["node_id"].removeprefix("0x")) for entry in servers),
    )


def _only(table: dict[str, Any], *known: str) -> None:
    """Refuses unknown keys: a misspelt one must not change whom the user trusts."""
    if unknown := table.keys() - set(known):
        raise ConfigError(f"unknown key {min(unknown)!r}: want one of {', '.join(known)}")
