"""What every way to a node offers."""

from collections.abc import Sequence
from typing import Any, Protocol

from waypost.trust.exchange import Answer, Call


class Rpc(Protocol):
    """Something that answers JSON-RPC calls."""

    async def request(self, call: Call) -> Any:
        """The result of a call. Raises RpcError."""

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        """The answers to calls that travel as one JSON-RPC batch, in the order of the calls.

        Each is a result, or the RpcError that stands for what went wrong with that call. Raises
        RpcError if the batch as a whole failed; `rpc-error` is a node that refuses batches.
        """

    async def close(self) -> None:
        """Lets go of connections. Closing twice is fine."""
