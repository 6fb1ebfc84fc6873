"""What only the registry's log tells: who was given a role, where a provider is described.

The log is asked for in one piece, and in halves where that is too much for the node.
"""

from typing import Any

from waypost._ext.digest import keccak256
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.administration.abi import registry_abi
from waypost.trust.administration.facts import read_overview
from waypost.trust.administration.roles import ROLES, Holder, role_name
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Call, Exchange, checked, hex_bytes, hex_text

_ROLE_GRANTED = keccak256(b"RoleGranted(bytes32,address,address)")
_REGISTERED = keccak256(b"ProviderRegistered(uint32,address,uint256,bytes32,string)")
_METADATA = keccak256(b"ProviderMetadata(uint32,bytes32,string)")
_NO_METHOD = -32601  # JSON-RPC 2.0: no smaller range helps


def role_holders(endpoint: Endpoint, config: RegistryConfig) -> Exchange[list[Holder]]:
    """Who holds which role at the head block, whoever granted it. Raises RpcError."""
    logs = yield from _logs(endpoint, config, [hex_text(_ROLE_GRANTED)])
    granted = dict.fromkeys((_topic(log, 1), _topic(log, 2)[12:]) for log in logs)
    block = yield from endpoint.pin()
    abi = registry_abi()
    answers = yield [
        endpoint.call_at(block, abi.calldata("hasRole", role, account))
        for role, account in granted
    ]
    held = [abi.returned("hasRole", hex_bytes(answer))[0] for answer in answers]
    holders = [pair for pair, holds in zip(granted, held, strict=True) if holds]
    order = list(ROLES.values())
    holders.sort(key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))
    return [Holder(role_name(role), account) for role, account in holders]


def metadata_uri_of(endpoint: Endpoint, provider_id: int, config: RegistryConfig) -> Exchange[str]:
    """Where a provider says that it is described: its newest word on it. Raises RpcError."""
    topics = [
        [hex_text(_REGISTERED), hex_text(_METADATA)],
        hex_text(provider_id.to_bytes(32, "big")),
    ]
    logs = yield from _logs(endpoint, config, topics)
    if not logs:
        raise RpcError("bad-answer", f"the node's log does not have provider {provider_id}")
    event = "ProviderMetadata" if _topic(logs[-1], 0) == _METADATA else "ProviderRegistered"
    return str(registry_abi().logged(event, hex_bytes(logs[-1].get("data")))[-1])


def _logs(
    endpoint: Endpoint, config: RegistryConfig, topics: list[Any]
) -> Exchange[list[dict[str, Any]]]:
    """The registry's own logs with these topics, oldest first."""
    overview = yield from read_overview(endpoint)
    ranges = [(overview.deploy_block, overview.block_number)]
    logs: list[dict[str, Any]] = []
    while ranges:
        first, last = ranges.pop()
        span = {
            "address": hex_text(endpoint.address),
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        (answer,) = yield [Call("eth_getLogs", [span | {"topics": topics}])]
        too_much = isinstance(answer, RpcError) and answer.code != _NO_METHOD
        if too_much and last - first >= config.log_range_min:
            middle = (first + last) // 2
            ranges += [(middle + 1, last), (first, middle)]
            continue
        found = checked(answer)
        if not isinstance(found, list) or not all(isinstance(log, dict) for log in found):
            raise RpcError("bad-answer", "a list of logs was expected")
        logs += found
        if len(logs) > config.listing_count_max:
            raise RpcError("too-large", f"more than {config.listing_count_max} logs")
    return logs


def _topic(log: dict[str, Any], index: int) -> bytes:
    topics = log.get("topics")
    if not isinstance(topics, list) or len(topics) <= index:
        raise RpcError("bad-answer", "a log lacks a topic")
    return hex_bytes(topics[index])
