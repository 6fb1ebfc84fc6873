"""Whom the user trusts: providers, for each registry on each chain, and servers of the user's own.

A policy is immutable: a change makes a new one. `policy_text` is its form in a file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from waypost._ext.record import ENR
from waypost.config import PROVIDER_COUNT_MAX
from waypost.errors import ConfigError
from waypost.trust.address import parse_address
from waypost.trust.state_roots import StateRoots, check_urls

DEFAULT_PROVIDERS = frozenset({1})  # every registry is deployed with it

RegistryId: TypeAlias = tuple[int, bytes]  # chain id, 20-byte address


class GrantAt(StrEnum):
    """The block whose state can make a server trusted. What takes trust away counts at once."""

    LATEST = "latest"
    FINALIZED = "finalized"
    """Trusted is who is so at the finalized block and at the head: no reorganisation of the chain
    can make anyone trusted for a while."""


@dataclass(frozen=True, slots=True)
class RegistryTrust:
    """What the user wants of one registry.

    `state_roots` says against what its words are proven; with None they are taken without proofs.
    `endpoints` are the URLs of nodes to ask where nobody names another. Raises ConfigError for
    what cannot be.
    """

    providers: frozenset[int] = DEFAULT_PROVIDERS
    grant_at: GrantAt = GrantAt.LATEST
    state_roots: StateRoots | None = None
    endpoints: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if len(self.providers) > PROVIDER_COUNT_MAX:
            raise ConfigError(f"trust at most {PROVIDER_COUNT_MAX} providers of a registry")
        if not all(type(id_) is int and 0 < id_ < 1 << 32 for id_ in self.providers):
            raise ConfigError("a provider id is a number from 1 to 4294967295")
        if not isinstance(self.grant_at, GrantAt):
            raise ConfigError(f"grant_at is {self.grant_at!r}: want one of {', '.join(GrantAt)}")
        check_urls(self.endpoints)


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Trusted providers and the user's own servers.

    The defaults hold in each registry that `registries` does not name. `own_servers` maps node ids
    to records, or to None where no record is known: these servers are trusted whatever a registry
    says. Raises ConfigError for what cannot be.
    """

    default_providers: frozenset[int] = DEFAULT_PROVIDERS
    registries: Mapping[RegistryId, RegistryTrust] = field(default_factory=dict)
    own_servers: Mapping[bytes, ENR | None] = field(default_factory=dict)
    default_grant_at: GrantAt = GrantAt.LATEST
    _default: RegistryTrust = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        default = RegistryTrust(self.default_providers, self.default_grant_at)
        object.__setattr__(self, "_default", default)
        for chain_id, address in self.registries:
            if type(chain_id) is not int or not 0 < chain_id < 1 << 63 or len(address) != 20:
                raise ConfigError("a registry is a chain id from 1 and an address of 20 bytes")
        if any(len(node_id) != 32 for node_id in self.own_servers):
            raise ConfigError("a node id is 32 bytes")

    # ---- what holds

    def of(self, chain_id: int, registry: str | bytes) -> RegistryTrust:
        """What holds in the registry at this address of this chain: the defaults, or its own."""
        return self.registries.get((chain_id, parse_address(registry)), self._default)

    def providers_of(self, chain_id: int, registry: str | bytes) -> frozenset[int]:
        """The providers that are trusted in this registry."""
        return self.of(chain_id, registry).providers

    def grant_at_of(self, chain_id: int, registry: str | bytes) -> GrantAt:
        """From which block on a server of this registry can be trusted."""
        return self.of(chain_id, registry).grant_at

    # ---- changes of one registry; its first one starts from the defaults

    def with_registry(
        self, chain_id: int, registry: str | bytes, trust: RegistryTrust
    ) -> "TrustPolicy":
        """This policy, but with exactly this wanted of one registry."""
        key = (chain_id, parse_address(registry))
        return replace(self, registries={**self.registries, key: trust})

    def without_registry(self, chain_id: int, registry: str | bytes) -> "TrustPolicy":
        """This policy, but with the defaults for this registry."""
        key = (chain_id, parse_address(registry))
        return replace(
            self, registries={id_: trust for id_, trust in self.registries.items() if id_ != key}
        )

    def with_providers(
        self, chain_id: int, registry: str | bytes, provider_ids: Iterable[int]
    ) -> "TrustPolicy":
        """This policy, but with exactly these providers trusted in one registry."""
        trust = replace(self.of(chain_id, registry), providers=frozenset(provider_ids))
        return self.with_registry(chain_id, registry, trust)

    def adding_providers(
        self, chain_id: int, registry: str | bytes, provider_ids: Iterable[int]
    ) -> "TrustPolicy":
        """This policy, but with these providers trusted too: those that are stay so."""
        known = self.providers_of(chain_id, registry)
        return self.with_providers(chain_id, registry, known.union(provider_ids))

    def removing_providers(
        self, chain_id: int, registry: str | bytes, provider_ids: Iterable[int]
    ) -> "TrustPolicy":
        """This policy, but without trust in these providers, be they default ones."""
        known = self.providers_of(chain_id, registry)
        return self.with_providers(chain_id, registry, known.difference(provider_ids))

    def with_grant_at(
        self, chain_id: int, registry: str | bytes, grant_at: GrantAt | str
    ) -> "TrustPolicy":
        """This policy, but with trust in one registry granted at this block."""
        trust = replace(self.of(chain_id, registry), grant_at=GrantAt(grant_at))
        return self.with_registry(chain_id, registry, trust)

    def only(self, provider_ids: Iterable[int]) -> "TrustPolicy":
        """This policy, but with exactly these providers trusted in every registry."""
        ids = frozenset(provider_ids)
        registries = {id_: replace(trust, providers=ids) for id_, trust in self.registries.items()}
        return replace(self, default_providers=ids, registries=registries)

    # ---- changes of the user's own servers

    def with_own_servers(self, servers: Iterable[ENR | bytes]) -> "TrustPolicy":
        """This policy, but with exactly these servers, records or node ids, as the user's own."""
        own = dict((s.node_id, s) if isinstance(s, ENR) else (s, None) for s in servers)
        return replace(self, own_servers=own)

    def adding_own_servers(self, servers: Iterable[ENR | bytes]) -> "TrustPolicy":
        """This policy, but with these servers as the user's own too."""
        own = dict(self.own_servers)
        for server in servers:
            if isinstance(server, ENR):
                own[server.node_id] = server
            else:
                own.setdefault(server, None)
        return replace(self, own_servers=own)

    def removing_own_servers(self, node_ids: Iterable[bytes]) -> "TrustPolicy":
        """This policy, but without these servers of the user's own."""
        gone = set(node_ids)
        return replace(
            self,
            own_servers={id_: enr for id_, enr in self.own_servers.items() if id_ not in gone},
        )


def policy_of(trust: "TrustPolicy | Iterable[int] | None") -> TrustPolicy:
    """A policy from what a caller may give: itself, ids of trusted providers, or nothing."""
    if isinstance(trust, TrustPolicy):
        return trust
    return TrustPolicy() if trust is None else TrustPolicy(frozenset(trust))
