"""WebSocket and IPC: many requests on one connection, whatever the node does."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tests.chains import serve
from tests.talkers import Peer, Talk, echo, listening, result
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.net.rpc import HttpRpc, IpcRpc, Rpc, Subscribing, WebSocketRpc, rpc_at
from waypost.trust.exchange import Call

CONFIG = RegistryConfig(
    request_timeout_s=60, response_size_max_b=10_000, in_flight_count_max=20, ping_interval_s=60
)
HASTY = RegistryConfig(request_timeout_s=1.0)
WAYS = pytest.mark.parametrize("way", ["ws", "ipc"])


@asynccontextmanager
async def rpc_to(way: str, talk: Talk, config: RegistryConfig = CONFIG) -> AsyncIterator[Rpc]:
    async with listening(way, talk) as endpoint:
        rpc = rpc_at(endpoint, config)
        try:
            yield rpc
        finally:
            await rpc.close()


async def reason_of(rpc: Rpc, method: str = "eth_chainId") -> str:
    started = time.monotonic()
    with pytest.raises(RpcError) as raised:
        await rpc.request(Call(method))
    assert time.monotonic() - started < 20  # and not at the end of CONFIG's time
    return raised.value.reason


@WAYS
async def test_requests_and_batches(way: str) -> None:
    async with rpc_to(way, echo) as rpc:
        assert await rpc.request(Call("one")) == "one"
        assert await rpc.batch([Call("two"), Call("three")]) == ["two", "three"]
        assert await rpc.batch([]) == []


@WAYS
async def test_answers_are_matched_to_requests_by_id(way: str) -> None:
    async def backwards(peer: Peer) -> None:
        asked = [await peer.receive() for _ in range(10)]
        await peer.send("".join(result(one, one["method"]) for one in reversed(asked)))

    async def backwards_framed(peer: Peer) -> None:
        asked = [await peer.receive() for _ in range(10)]
        for one in reversed(asked):
            await peer.send(result(one, one["method"]))

    async with rpc_to(way, backwards if way == "ipc" else backwards_framed) as rpc:
        names = [f"method{number}" for number in range(10)]
        assert await asyncio.gather(*(rpc.request(Call(name)) for name in names)) == names


@WAYS
async def test_no_more_are_in_flight_than_the_settings_allow(way: str) -> None:
    async def patient(peer: Peer) -> None:
        asked = [await peer.receive() for _ in range(20)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await peer.receive()
        for one in asked:
            await peer.send(result(one, "done"))
        await echo(peer)

    async with rpc_to(way, patient) as rpc:
        told = await asyncio.gather(*(rpc.request(Call("x")) for _ in range(20)))
        assert told == ["done"] * 20


@WAYS
async def test_all_that_wait_fail_at_once_and_the_next_dials_again(way: str) -> None:
    connections = 0

    async def leave(peer: Peer) -> None:
        nonlocal connections
        connections += 1
        if connections > 1:
            return await echo(peer)
        for _ in range(5):
            await peer.receive()
        return await peer.close()

    async with rpc_to(way, leave) as rpc:
        failed = await asyncio.gather(*(reason_of(rpc) for _ in range(5)))
        assert failed == ["disconnected"] * 5
        told = await asyncio.gather(*(rpc.request(Call("again")) for _ in range(5)))
        assert told == ["again"] * 5
    assert connections == 2


@WAYS
async def test_a_late_answer_is_nobodys(way: str) -> None:
    async def late(peer: Peer) -> None:
        first, second = await peer.receive(), await peer.receive()
        await peer.send(result(first, "late"))
        await peer.send(result(second, "in time"))
        await peer.receive()

    async with rpc_to(way, late, HASTY) as rpc:
        assert await reason_of(rpc) == "timeout"
        assert await rpc.request(Call("x")) == "in time"


ERROR = {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "what?"}}


@WAYS
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{]", "not-json"),
        ("garbage", "not-json"),
        ("[" + " " * 20_000 + "]", "too-large"),
        ("[]", "bad-answer"),
        ("{}", "bad-answer"),
        ('{"jsonrpc":"2.0","id":"1","result":"0x1"}', "bad-answer"),
        ('{"jsonrpc":"2.0","id":1}', "bad-answer"),
        ('{"id":1,"result":"0x1"}', "bad-answer"),
        ('[{"jsonrpc":"2.0","id":1,"result":"0x1"}]', "bad-answer"),
        (json.dumps(ERROR), "rpc-error"),
        (json.dumps(ERROR | {"id": 1}), "rpc-error"),
    ],
)
async def test_garbage(way: str, text: str, expected: str) -> None:
    async def babble(peer: Peer) -> None:
        await peer.receive()
        await peer.send(text)
        await peer.receive()

    async with rpc_to(way, babble) as rpc:
        assert await reason_of(rpc) == expected


@WAYS
async def test_an_answer_to_something_else_is_no_answer(way: str) -> None:
    async def elsewhere(peer: Peer) -> None:
        while asked := await peer.receive():
            await peer.send(result({"id": asked["id"] + 100}, "0x1"))

    async with rpc_to(way, elsewhere, HASTY) as rpc:
        assert await reason_of(rpc) == "timeout"


async def test_a_message_that_breaks_off() -> None:
    async def break_off(peer: Peer) -> None:
        await peer.receive()
        await peer.send('{"jsonrpc":')
        await peer.close()

    async with rpc_to("ipc", break_off) as rpc:
        assert await reason_of(rpc) == "truncated"


@WAYS
async def test_closing_fails_what_waits_and_twice_is_fine(way: str) -> None:
    asked = asyncio.Event()

    async def listen(peer: Peer) -> None:
        await peer.receive()
        asked.set()
        await peer.receive()

    async with rpc_to(way, listen) as rpc:
        waiting = asyncio.create_task(reason_of(rpc))
        await asked.wait()
        await rpc.close()
        assert await waiting == "closed"
        await rpc.close()


async def test_nobody_there() -> None:
    for endpoint in ("ipc:/nonexistent/node.ipc", "ws://127.0.0.1:1"):
        rpc = rpc_at(endpoint, CONFIG)
        assert await reason_of(rpc) == "unreachable"
        await rpc.close()


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (429, {"Retry-After": "3"}, "rate-limited"),
        (503, {}, "http-status"),
        (200, {}, "http-status"),
        (302, {"Location": "http://127.0.0.1:1/"}, "http-status"),
    ],
)
async def test_a_handshake_refused(status: int, headers: dict[str, str], expected: str) -> None:
    async def refuse(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers=headers)

    async with serve(refuse) as url:
        rpc = WebSocketRpc("ws" + url.removeprefix("http"), CONFIG)
        with pytest.raises(RpcError) as raised:
            await rpc.request(Call("x"))
        await rpc.close()
    assert raised.value.reason == expected
    assert raised.value.retry_after_s == (3 if status == 429 else None)


async def test_a_websocket_that_went_silent_is_noticed() -> None:
    async def deaf(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    async with serve(deaf) as url:
        config = RegistryConfig(request_timeout_s=60, ping_interval_s=0.1)
        rpc = WebSocketRpc("ws" + url.removeprefix("http"), config)
        assert await reason_of(rpc) == "disconnected"
        await rpc.close()


def test_endpoints() -> None:
    kinds = {
        "http://h:1": HttpRpc,
        "https://h": HttpRpc,
        "ws://h:1": WebSocketRpc,
        "wss://h/key": WebSocketRpc,
        "ipc:/run/geth": IpcRpc,
        "/run/geth.ipc": IpcRpc,
    }
    assert {url: type(rpc_at(url, CONFIG)) for url in kinds} == kinds
    assert isinstance(rpc_at("ws://h", CONFIG), Subscribing)
    assert not isinstance(rpc_at("http://h", CONFIG), Subscribing)
    for url in ("ipc:", "ws://", "ws://[::1", "ws://h:x", "geth"):
        with pytest.raises(ConfigError):
            rpc_at(url, CONFIG)


def notification(name: str, value: Any) -> str:
    params = {"subscription": name, "result": value}
    return json.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": params})


def subscribing(rpc: Rpc) -> Subscribing:
    assert isinstance(rpc, Subscribing)
    return rpc


@WAYS
async def test_a_subscription_tells_in_order_from_the_first_on(way: str) -> None:
    unsubscribed = asyncio.Event()

    async def tell(peer: Peer) -> None:
        asked = await peer.receive()
        assert (asked["method"], asked["params"]) == ("eth_subscribe", ["newHeads"])
        await peer.send(result(asked, "0xa"))
        for number in (1, 2):
            await peer.send(notification("0xa", number))
            await peer.send(notification("0xb", "of nobody"))
        asked = await peer.receive()
        await peer.send(notification("0xa", 3))
        await peer.send(result(asked, "between"))
        asked = await peer.receive()
        assert (asked["method"], asked["params"]) == ("eth_unsubscribe", ["0xa"])
        await peer.send(result(asked, True))
        unsubscribed.set()
        await peer.receive()

    async with rpc_to(way, tell) as rpc:
        heads = subscribing(rpc).subscribe("newHeads")
        await heads.open()
        assert [await anext(heads), await anext(heads)] == [1, 2]
        assert await rpc.request(Call("x")) == "between"
        assert await anext(heads) == 3
        await heads.aclose()
        assert unsubscribed.is_set()
        assert [head async for head in heads] == []


@WAYS
async def test_a_subscription_ends_with_its_connection(way: str) -> None:
    async def tell(peer: Peer) -> None:
        await peer.send(result(await peer.receive(), "0xa"))
        await peer.send(notification("0xa", 1))
        await asyncio.sleep(0.05)
        await peer.close()

    async with rpc_to(way, tell) as rpc:
        heads = subscribing(rpc).subscribe("newHeads")
        assert await anext(heads) == 1
        with pytest.raises(RpcError, match="disconnected"):
            await anext(heads)


@WAYS
async def test_a_reader_too_far_behind_is_told(way: str) -> None:
    async def tell(peer: Peer) -> None:
        await peer.send(result(await peer.receive(), "0xa"))
        for number in range(5):
            await peer.send(notification("0xa", number))
        while asked := await peer.receive():
            await peer.send(result(asked, True))

    config = RegistryConfig(request_timeout_s=60, notification_count_max=3)
    async with rpc_to(way, tell, config) as rpc:
        heads = subscribing(rpc).subscribe("newHeads")
        await heads.open()
        assert await rpc.request(Call("x")) is True  # so that all five are in
        assert [await anext(heads) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(RpcError, match="overflow"):
            await anext(heads)


@WAYS
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"error": {"code": -32601, "message": "no notifications"}}, "rpc-error"),
        ({"result": None}, "bad-answer"),
        ({"result": {"a": 1}}, "bad-answer"),
    ],
)
async def test_a_subscription_refused(way: str, answer: dict[str, Any], expected: str) -> None:
    async def refuse(peer: Peer) -> None:
        asked = await peer.receive()
        await peer.send(json.dumps({"jsonrpc": "2.0", "id": asked["id"]} | answer))
        await peer.receive()

    async with rpc_to(way, refuse) as rpc:
        with pytest.raises(RpcError) as raised:
            await anext(subscribing(rpc).subscribe("newHeads"))
    assert raised.value.reason == expected
