"""JSON-RPC: to a node or straight into an embedded chain, and the driver of exchanges.

Whatever a node does, slow, broken or hostile, ends as an RpcError with its cause before the
deadline.
"""

from waypost.net.rpc.chain import ChainRpc
from waypost.net.rpc.driver import drive
from waypost.net.rpc.endpoints import RpcEndpoint, name_of, rpc_at
from waypost.net.rpc.http import HttpRpc
from waypost.net.rpc.ipc import IpcRpc
from waypost.net.rpc.protocol import Notifications, Rpc, Subscribing
from waypost.net.rpc.websocket import WebSocketRpc

__all__ = [
    "ChainRpc",
    "HttpRpc",
    "IpcRpc",
    "Notifications",
    "Rpc",
    "RpcEndpoint",
    "Subscribing",
    "WebSocketRpc",
    "drive",
    "name_of",
    "rpc_at",
]
