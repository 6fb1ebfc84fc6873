"""A trust policy as the text of a file (TOML):

    version = 1
    default_providers = [1]

    [[registry]]
    chain_id = 1
    address = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
    providers = [1, 7]
    grant_at = "finalized"
    state_roots = { agree = 2, endpoints = ["https://a.example", "https://b.example"] }
    endpoints = ["https://a.example"]

    [[server]]
    enr = "enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjz..."

    [[server]]
    node_id = "a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7"

`state_roots` may also be "endpoint" or { light_client = "http://127.0.0.1:8545" }. Of a registry
only `chain_id` and `address` are needed: the defaults stand for what is left out.
"""

import json
import tomllib
from collections.abc import Iterable
from typing import Any

from waypost._ext.record import ENR
from waypost.errors import ConfigError
from waypost.trust.address import address_text, parse_address
from waypost.trust.policy import (
    DEFAULT_PROVIDERS,
    GrantAt,
    RegistryId,
    RegistryTrust,
    TrustPolicy,
)
from waypost.trust.state_roots import AgreedRoots, EndpointRoots, LightClientRoots, StateRoots

_VERSION = 1
_HEAD = (
    "# Whom the user trusts, as `waypost trust show` tells it. `waypost trust` writes this file",
    "# anew with each change: comments are lost. URLs in it may hold access keys.",
)


def policy_text(policy: TrustPolicy) -> str:
    """The text of a policy, which `parse_policy` reads back."""
    lines = [
        *_HEAD,
        f"version = {_VERSION}",
        f"default_providers = {sorted(policy.default_providers)}",
    ]
    if policy.default_grant_at is not GrantAt.LATEST:
        lines.append(f'default_grant_at = "{policy.default_grant_at}"')
    for registry, trust in sorted(policy.registries.items(), key=lambda item: item[0]):
        lines += ["", "[[registry]]", *_registry_lines(registry, trust)]
    for node_id, record in sorted(policy.own_servers.items(), key=lambda item: item[0]):
        server = f'enr = "{record}"' if record else f'node_id = "{node_id.hex()}"'
        lines += ["", "[[server]]", server]
    return "\n".join(lines) + "\n"


def _registry_lines(registry: RegistryId, trust: RegistryTrust) -> list[str]:
    chain_id, address = registry
    lines = [
        f"chain_id = {chain_id}",
        f'address = "{address_text(address)}"',
        f"providers = {sorted(trust.providers)}",
        f'grant_at = "{trust.grant_at}"',
    ]
    match trust.state_roots:
        case EndpointRoots():
            lines.append('state_roots = "endpoint"')
        case AgreedRoots(count, endpoints):
            lines.append(f"state_roots = {{ agree = {count}, endpoints = {_texts(endpoints)} }}")
        case LightClientRoots(url):
            lines.append(f"state_roots = {{ light_client = {json.dumps(url)} }}")
    if trust.endpoints:
        lines.append(f"endpoints = {_texts(trust.endpoints)}")
    return lines


def _texts(urls: Iterable[str]) -> str:
    return json.dumps(list(urls))  # printable ASCII is written alike in JSON and in TOML


def parse_policy(text: str) -> TrustPolicy:
    """The policy in a text. Raises ConfigError for anything that it does not understand."""
    try:
        return _from_document(tomllib.loads(text))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else error
        raise ConfigError(f"the trust policy cannot be used: {what}") from None


def _from_document(document: dict[str, Any]) -> TrustPolicy:
    _only(document, "version", "default_providers", "default_grant_at", "registry", "server")
    if document["version"] != _VERSION:
        raise ConfigError(f"its version is {document['version']!r}: want {_VERSION}")
    policy = TrustPolicy(
        frozenset(document.get("default_providers", DEFAULT_PROVIDERS)),
        default_grant_at=_grant_at(document.get("default_grant_at", GrantAt.LATEST)),
    )
    for entry in document.get("registry", []):
        _only(entry, "chain_id", "address", "providers", "grant_at", "state_roots", "endpoints")
        registry = entry["chain_id"], parse_address(entry["address"])
        if registry in policy.registries:
            raise ConfigError(f"the registry {entry['address']} is named twice")
        policy = policy.with_registry(*registry, _trust(entry, policy.of(*registry)))
    servers = [_server(entry) for entry in document.get("server", [])]
    node_ids = {server.node_id if isinstance(server, ENR) else server for server in servers}
    if len(node_ids) < len(servers):
        raise ConfigError("a server is named twice")
    return policy.with_own_servers(servers)


def _trust(entry: dict[str, Any], default: RegistryTrust) -> RegistryTrust:
    return RegistryTrust(
        frozenset(entry.get("providers", default.providers)),
        _grant_at(entry.get("grant_at", default.grant_at)),
        _state_roots(entry["state_roots"]) if "state_roots" in entry else None,
        _list(entry.get("endpoints", [])),
    )


def _list(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ConfigError(f"{type(value).__name__} found where a list was expected")
    return tuple(value)


def _grant_at(value: Any) -> GrantAt:
    try:
        return GrantAt(value)
    except ValueError:
        raise ConfigError(f"grant_at is {value!r}: want one of {', '.join(GrantAt)}") from None


def _state_roots(value: Any) -> StateRoots:
    match value:
        case "endpoint":
            return EndpointRoots()
        case {"agree": count, "endpoints": [*endpoints], **rest} if not rest:
            return AgreedRoots(count, tuple(endpoints))
        case {"light_client": url, **rest} if not rest:
            return LightClientRoots(url)
    raise ConfigError(
        'state_roots is none of "endpoint", { agree = 2, endpoints = [...] } '
        "and { light_client = URL }"
    )


def _server(entry: dict[str, Any]) -> ENR | bytes:
    _only(entry, "enr", "node_id")
    if "enr" not in entry:
        return bytes.fromhex(entry["node_id"].removeprefix("0x"))
    record = ENR.parse(entry["enr"])
    if "node_id" in entry and bytes.fromhex(entry["node_id"].removeprefix("0x")) != record.node_id:
        raise ConfigError("a server's record and its node id are of different nodes")
    return record


def _only(table: dict[str, Any], *known: str) -> None:
    """Refuses unknown keys: a misspelt one must not change whom the user trusts."""
    if unknown := table.keys() - set(known):
        raise ConfigError(f"unknown key {min(unknown)!r}: want one of {', '.join(known)}")
