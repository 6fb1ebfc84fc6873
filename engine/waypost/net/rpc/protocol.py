"""What every way to a node offers."""

from collections.abc import Sequence
from typing import Any, Protocol, Self, runtime_checkable

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


class Notifications(Protocol):
    """What a node tells about one subscription, in order: an async iterator.

    It ends with an RpcError: the connection is lost, or its reader is too far behind
    (`overflow`). Nothing is ever left out before that.
    """

    async def open(self) -> None:
        """Subscribes now, not at the first step of the iteration. Raises RpcError."""

    def __aiter__(self) -> Self: ...

    async def __anext__(self) -> Any: ...

    async def aclose(self) -> None:
        """Unsubscribes."""


@runtime_checkable
class Subscribing(Rpc, Protocol):
    """An Rpc whose node can tell what happens without being asked."""

    def subscribe(self, *params: Any) -> Notifications:
        """The notifications of an eth_subscribe with these parameters."""
