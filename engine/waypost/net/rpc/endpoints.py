"""From what a user names to what answers there."""

from typing import TypeAlias

from waypost.config import RegistryConfig
from waypost.net.rpc.chain import ChainRpc
from waypost.net.rpc.http import HttpRpc
from waypost.net.rpc.protocol import Rpc
from waypost.trust.embedded import EmbeddedChain

RpcEndpoint: TypeAlias = str | EmbeddedChain | Rpc


def rpc_at(endpoint: RpcEndpoint, config: RegistryConfig) -> Rpc:
    """What answers at an endpoint: a node's URL, an embedded chain, or an Rpc, which is itself."""
    if isinstance(endpoint, str):
        return HttpRpc(endpoint, config)
    return ChainRpc(endpoint) if isinstance(endpoint, EmbeddedChain) else endpoint
