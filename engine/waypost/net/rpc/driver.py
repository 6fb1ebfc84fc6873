"""Runs exchanges: sends their rounds to a node and hands back the answers."""

import asyncio
from collections.abc import Sequence

from waypost.errors import RpcError
from waypost.net.rpc.protocol import Rpc
from waypost.trust.exchange import Answer, Batch, Call, Exchange, T

_PAUSE_S = 0.5  # before a node that was asked too often is asked again, where it names no time


async def drive(rpc: Rpc, exchange: Exchange[T], timeout_s: float, retry_count_max: int = 0) -> T:
    """Runs an exchange to its end, the calls and batches of a round at once.

    Those that the deadline cuts off fail as `timeout`. One that a node does not answer because it
    is asked too often (`rate-limited`) is sent again, so many times at most, when the node wants
    it to be and if that is before the deadline.
    """
    deadline = asyncio.get_running_loop().time() + timeout_s
    try:
        sent = next(exchange)
        while True:
            sent = exchange.send(await _answers(rpc, sent, deadline, retry_count_max))
    except StopIteration as stop:
        result: T = stop.value
        return result


async def _answers(
    rpc: Rpc, sent: Sequence[Call | Batch], deadline: float, retry_count_max: int
) -> list[Answer]:
    if len(sent) == 1:  # most rounds: without the cost of a task
        return [await _answer(rpc, sent[0], deadline, retry_count_max)]
    return await asyncio.gather(*(_answer(rpc, one, deadline, retry_count_max) for one in sent))


async def _answer(rpc: Rpc, one: Call | Batch, deadline: float, retry_count_max: int) -> Answer:
    for retries_left in reversed(range(retry_count_max + 1)):
        try:
            async with asyncio.timeout_at(deadline):
                if isinstance(one, Batch):
                    return await rpc.batch(one.calls)
                return await rpc.request(one)
        except TimeoutError:
            return RpcError("timeout", "the deadline passed")
        except RpcError as error:
            answer = error
        pause_s = _PAUSE_S if answer.retry_after_s is None else answer.retry_after_s
        is_in_time = asyncio.get_running_loop().time() + pause_s < deadline
        if not (retries_left and answer.reason == "rate-limited" and is_in_time):
            break
        await asyncio.sleep(pause_s)
    return answer
