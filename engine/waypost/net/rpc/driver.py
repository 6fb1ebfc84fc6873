"""Runs exchanges: sends their rounds to a node and hands back the answers."""

import asyncio
from collections.abc import Sequence

from waypost.errors import RpcError
from waypost.net.rpc.protocol import Rpc
from waypost.trust.exchange import Answer, Batch, Call, Exchange, T


async def drive(rpc: Rpc, exchange: Exchange[T], timeout_s: float) -> T:
    """Runs an exchange to its end, the calls and batches of a round at once.

    Those that the deadline cuts off fail as `timeout`.
    """
    deadline = asyncio.get_running_loop().time() + timeout_s
    try:
        sent = next(exchange)
        while True:
            sent = exchange.send(await _answers(rpc, sent, deadline))
    except StopIteration as stop:
        result: T = stop.value
        return result


async def _answers(rpc: Rpc, sent: Sequence[Call | Batch], deadline: float) -> list[Answer]:
    if len(sent) == 1:  # most rounds: without the cost of a task
        return [await _answer(rpc, sent[0], deadline)]
    return await asyncio.gather(*(_answer(rpc, one, deadline) for one in sent))


async def _answer(rpc: Rpc, one: Call | Batch, deadline: float) -> Answer:
    try:
        async with asyncio.timeout_at(deadline):
            if isinstance(one, Batch):
                return await rpc.batch(one.calls)
            return await rpc.request(one)
    except TimeoutError:
        return RpcError("timeout", "the deadline passed")
    except RpcError as error:
        return error
