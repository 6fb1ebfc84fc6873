"""From what a user names to what answers there."""

from typing import TypeAlias

from waypost.config import RegistryConfig
from waypost.net.rpc.chain import ChainRpc
from waypost.net.rpc.http import HttpRpc
from waypost.net.rpc.ipc import IpcRpc
from waypost.net.rpc.protocol import Rpc
from waypost.net.rpc.websocket import WebSocketRpc
from waypost.trust.embedded import EmbeddedChain

RpcEndpoint: TypeAlias = str | EmbeddedChain | Rpc


def rpc_at(endpoint: RpcEndpoint, config: RegistryConfig) -> Rpc:
    """What answers at an endpoint: a node's URL, an embedded chain, or an Rpc, which is itself.

    A URL is http(s)://, ws(s)://, or ipc: before the path of a socket; a path that ends in .ipc
    needs nothing before it.
    """
    if isinstance(endpoint, EmbeddedChain):
        return ChainRpc(endpoint, config=config)
    if not isinstance(endpoint, str):
        return endpoint
    scheme = endpoint.partition(":")[0]
    if scheme in ("ws", "wss"):
        return WebSocketRpc(endpoint, config)
    if scheme == "ipc" or (endpoint.endswith(".ipc") and "://" not in endpoint):
        return IpcRpc(endpoint, config)
    return HttpRpc(endpoint, config)


def name_of(rpc: Rpc) -> str:
    """What it may be called before others: of a URL, not what may be an access key."""
    return str(getattr(rpc, "name", type(rpc).__name__))
