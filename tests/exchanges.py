"""Exchanges run by hand in tests: every call is answered by a function."""

from collections.abc import Callable
from typing import Any, TypeVar

from waypost.errors import RpcError
from waypost.trust.exchange import Batch, Call, Exchange

T = TypeVar("T")


def run(exchange: Exchange[T], answer: Callable[[Call], Any], *, batches: bool = True) -> T:
    """The result of an exchange with a node that answers so, and takes batches or not."""

    def answered(one: Call | Batch) -> Any:
        if isinstance(one, Batch):
            if not batches:
                return RpcError("rpc-error", "batches are not supported", code=-32600)
            return [answered(call) for call in one.calls]
        try:
            return answer(one)
        except RpcError as error:
            return error

    try:
        sent = next(exchange)
        while True:
            sent = exchange.send([answered(one) for one in sent])
    except StopIteration as stop:
        result: T = stop.value
        return result
