"""Driving exchanges: a round travels at once, and nothing outlives the deadline."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest
from aiohttp import web

from tests.chains import serve
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc import ChainRpc, HttpRpc, drive
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Answer, Batch, Call, Exchange

BLOCK, CHAIN, WRONG = Call("eth_blockNumber"), Call("eth_chainId"), Call("eth_wrong")


def ask(*rounds: Sequence[Call | Batch]) -> Exchange[list[Any]]:
    """All the answers to these rounds."""
    told: list[Any] = []
    for calls in rounds:
        told.append((yield calls))
    return told


def reasons(answers: Sequence[Answer]) -> list[object]:
    return [a.reason if isinstance(a, RpcError) else a for a in answers]


async def test_rounds_of_calls_and_batches(embedded: EmbeddedChain) -> None:
    exchange = ask([CHAIN], [CHAIN, Batch([WRONG, CHAIN]), WRONG], [Batch([])], [])
    first, second, third, fourth = await drive(ChainRpc(embedded), exchange, 60)
    assert first == ["0x7a69"]
    assert second[0] == "0x7a69"
    assert reasons(second[1]) == ["rpc-error", "0x7a69"]
    assert second[2].reason == "rpc-error"
    assert (third, fourth) == ([[]], [])


async def test_a_batch_is_one_request(embedded: EmbeddedChain) -> None:
    requests = []

    async def answer(request: web.Request) -> web.StreamResponse:
        requests.append(asked := json.loads(await request.read()))
        told = [{"jsonrpc": "2.0", "id": one["id"], "result": one["method"]} for one in asked]
        return web.json_response(told[::-1])

    async with serve(answer) as url:
        rpc = HttpRpc(url)
        (answers,) = await drive(rpc, ask([Batch([BLOCK, CHAIN])]), 60)
        assert await rpc.batch([]) == []
        await rpc.close()
    assert answers == [["eth_blockNumber", "eth_chainId"]]
    assert len(requests) == 1


async def test_a_batch_that_fails_is_one_error() -> None:
    async def refuse(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"jsonrpc": "2.0", "id": None, "error": {"message": "no"}})

    async with serve(refuse) as url:
        rpc = HttpRpc(url)
        (answers,) = await drive(rpc, ask([Batch([BLOCK, CHAIN])]), 60)
        await rpc.close()
    assert reasons(answers) == ["rpc-error"]


class Silent:
    """Answers the first call only."""

    def __init__(self) -> None:
        self.asked = 0

    async def request(self, call: Call) -> Any:
        self.asked += 1
        if self.asked > 1:
            await asyncio.sleep(60)
        return call.method

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        return [await self.request(call) for call in calls]

    async def close(self) -> None:
        pass


async def test_the_deadline_cuts_off_what_is_late() -> None:
    started = time.monotonic()
    exchange = ask([CHAIN, CHAIN, Batch([CHAIN])], [CHAIN])
    first, second = await drive(Silent(), exchange, 0.1)
    assert time.monotonic() - started < 20
    assert reasons(first) == ["eth_chainId", "timeout", "timeout"]
    assert reasons(second) == ["timeout"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [("7", 7.0), (" 120 ", 120.0), ("soon", None), ("-1", None), ("1e9", None), ("9" * 99, None)],
)
async def test_a_node_that_wants_to_be_left_alone(header: str, expected: float | None) -> None:
    async def refuse(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": header})

    async with serve(refuse) as url:
        rpc = HttpRpc(url, RegistryConfig(request_timeout_s=60))
        with pytest.raises(RpcError) as raised:
            await rpc.request(CHAIN)
        await rpc.close()
    assert raised.value.reason == "rate-limited"
    assert (raised.value.code, raised.value.retry_after_s) == (429, expected)
