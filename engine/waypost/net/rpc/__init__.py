"""JSON-RPC: to a node or straight into an embedded chain, and the driver of exchanges.

Whatever a node does, slow, broken or hostile, ends as an RpcError with its cause before the
deadline.
"""

from waypost.net.rpc.chain import ChainRpc
from waypost.net.rpc.driver import drive
from waypost.net.rpc.endpoints import RpcEndpoint, rpc_at
from waypost.net.rpc.http import HttpRpc
from waypost.net.rpc.protocol import Rpc

__all__ = ["ChainRpc", "HttpRpc", "Rpc", "RpcEndpoint", "drive", "rpc_at"]
