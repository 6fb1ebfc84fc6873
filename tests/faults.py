"""A proxy before a node that spoils what it is told to, over HTTP and WebSocket.

    script = scripted(None, cut)  # cuts off the second answer, and leaves all others as they are
    async with faulty(ChainRpc(chain), script) as proxy:
        registry = Registry(proxy.http, ...)

A fault changes the reply to one message of ours: a request, or a whole batch. CLUMSY is what
broken and overloaded nodes do: each is either told from the truth or harmless. LIES look right.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

from aiohttp import WSMsgType, web

from tests.chains import serve
from waypost.errors import RpcError
from waypost.net.rpc import Rpc
from waypost.trust.exchange import Call

SEEN_COUNT_MAX = 1000


@dataclass
class Reply:
    """What the client will get. `document` is what the node said, one answer or a list of them."""

    document: Any
    previous: Any  # the document before it, as it went out, or None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None  # instead of the document
    delay_s: float = 0.0
    silent: bool = False  # never answered
    cut_at: float | None = None  # the part of the body after which the connection is closed

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The answers, one or more."""
        return self.document if isinstance(self.document, list) else [self.document]

    def bytes(self) -> bytes:
        return json.dumps(self.document).encode() if self.body is None else self.body


Fault: TypeAlias = Callable[[Reply, Random], None]
Script: TypeAlias = Callable[[Sequence[Call]], Fault | None]  # the fault for a message's calls


def scripted(*faults: Fault | None) -> Script:
    """These faults, a message each, and then none."""
    left = deque(faults)
    return lambda _calls: left.popleft() if left else None


def on(method: str, fault: Fault) -> Script:
    """A fault in each message that calls this method."""
    return lambda calls: fault if any(call.method == method for call in calls) else None


def all_of(*scripts: Script) -> Script:
    """The first of these scripts that has a fault for the message."""
    return lambda calls: next(filter(None, (script(calls) for script in scripts)), None)


def chance(seed: int, faults: Sequence[Fault], rate: float) -> Script:
    """One of these faults, in this part of the messages."""
    random = Random(seed)
    return lambda _calls: random.choice(faults) if random.random() < rate else None


class Proxy:
    """Stands before `node`. `seen` holds the last messages' calls, `script` may be exchanged."""

    def __init__(self, node: Rpc, script: Script | None, seed: int) -> None:
        self.script = script or scripted()
        self.seen: deque[list[Call]] = deque(maxlen=SEEN_COUNT_MAX)
        self.http = self.ws = ""
        self._node = node
        self._random = Random(seed)
        self._previous: Any = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._talk(request)
        reply = await self._reply(json.loads(await request.read()))
        body = reply.bytes()
        if reply.cut_at is None:
            return web.Response(status=reply.status, headers=reply.headers, body=body)
        kept = int(reply.cut_at * len(body))
        response = web.StreamResponse(headers={"Content-Length": str(len(body))})
        if kept:
            await response.prepare(request)
            await response.write(body[:kept])
        assert request.transport is not None
        request.transport.close()
        return response

    async def _talk(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async with asyncio.TaskGroup() as group:
            tasks = []
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    asked = json.loads(message.data)
                    tasks.append(group.create_task(self._answer(socket, asked)))
            for task in tasks:
                task.cancel()
        return socket

    async def _answer(self, socket: web.WebSocketResponse, asked: Any) -> None:
        reply = await self._reply(asked)
        body = reply.bytes()
        if reply.status != 200:  # what an overloaded gateway does to a WebSocket
            await socket.close()
        elif reply.cut_at is None:
            await socket.send_bytes(body)
        else:
            if kept := int(reply.cut_at * len(body)):
                await socket.send_bytes(body[:kept])
            await socket.close()

    async def _reply(self, asked: Any) -> Reply:
        """What the node says, spoilt by the fault for it."""
        asked_list = asked if isinstance(asked, list) else [asked]
        calls = [Call(one["method"], one["params"]) for one in asked_list]
        self.seen.append(calls)
        fault = self.script(calls)
        told = [
            {"jsonrpc": "2.0", "id": one["id"]} | await self._ask(call)
            for one, call in zip(asked_list, calls, strict=True)
        ]
        reply = Reply(told if isinstance(asked, list) else told[0], self._previous)
        if fault:
            fault(reply, self._random)
        self._previous = json.loads(json.dumps(reply.document))
        await asyncio.sleep(60 if reply.silent else reply.delay_s)
        return reply

    async def _ask(self, call: Call) -> dict[str, Any]:
        try:
            return {"result": await self._node.request(call)}
        except RpcError as error:
            data = f"0x{error.data.hex()}"
            return {"error": {"code": error.code, "message": error.detail, "data": data}}


@asynccontextmanager
async def faulty(node: Rpc, script: Script | None = None, seed: int = 0) -> AsyncIterator[Proxy]:
    """A proxy on the loopback interface."""
    proxy = Proxy(node, script, seed)
    async with serve(proxy.handle) as url:
        proxy.http, proxy.ws = url, "ws" + url.removeprefix("http")
        yield proxy


# --------------------------------------------------------------- of connections and of gateways


def drop(reply: Reply, _random: Random) -> None:
    reply.silent = True


def delay(reply: Reply, random: Random) -> None:
    reply.delay_s = random.uniform(0.0, 0.03)


def close(reply: Reply, _random: Random) -> None:
    reply.cut_at = 0.0


def cut(reply: Reply, random: Random) -> None:
    reply.cut_at = random.uniform(0.1, 0.9)


def rate_limit(reply: Reply, _random: Random) -> None:
    reply.status, reply.headers, reply.body = 429, {"Retry-After": "0"}, b"slow down"


def leave_alone(wait_s: int) -> Fault:
    """The node wants to be asked again so many seconds later."""

    def refuse(reply: Reply, _random: Random) -> None:
        reply.status, reply.headers, reply.body = 429, {"Retry-After": str(wait_s)}, b""

    return refuse


def bad_gateway(reply: Reply, random: Random) -> None:
    reply.status = random.choice([500, 502, 503, 504])
    reply.body = b"<html>Bad gateway</html>"


# ------------------------------------------------------------------------------------- of JSON


def garbage(reply: Reply, random: Random) -> None:
    reply.body = random.randbytes(random.randrange(200))


def truncate(reply: Reply, random: Random) -> None:
    """Half of the JSON, as if it were all."""
    body = reply.bytes()
    reply.body = body[: random.randrange(len(body))]


def other_id(reply: Reply, random: Random) -> None:
    random.choice(reply.entries)["id"] += random.choice([-1, 1, 1000])


def no_id(reply: Reply, random: Random) -> None:
    random.choice(reply.entries)["id"] = random.choice([None, "1", [], 1.5])


def repeat(reply: Reply, _random: Random) -> None:
    """The answer to something else: the one before, with its id."""
    reply.document = reply.previous or reply.document


def shuffle(reply: Reply, random: Random) -> None:
    """A batch in another order, which is allowed."""
    random.shuffle(reply.entries)


def leave_out(reply: Reply, random: Random) -> None:
    """A batch without one of its answers, or no result at all."""
    if isinstance(reply.document, list):
        reply.document.pop(random.randrange(len(reply.document)))
    else:
        reply.document.pop("result", None)


def double(reply: Reply, random: Random) -> None:
    """One answer twice; a single one as a list."""
    if isinstance(reply.document, list):
        reply.document.append(random.choice(reply.document))
    else:
        reply.document = [reply.document, reply.document]


def unlist(reply: Reply, _random: Random) -> None:
    """One answer where a batch was asked for."""
    reply.document = reply.entries[0]


# ---------------------------------------------------------------------------------- of results


def refuse(reply: Reply, random: Random) -> None:
    """An error of the node's own, one of those that overloaded and pruned nodes give."""
    error = random.choice(
        [
            {"code": -32005, "message": "limit exceeded"},
            {"code": -32603, "message": "internal error"},
            {"code": -32000, "message": "header not found"},
            {"code": -32000, "message": "out of gas"},
        ]
    )
    entry = random.choice(reply.entries)
    entry.pop("result", None)
    entry["error"] = error


def no_method(reply: Reply, _random: Random) -> None:
    """What a node says of a method that it does not have."""
    for entry in reply.entries:
        entry.pop("result", None)
        entry["error"] = {"code": -32601, "message": "the method does not exist"}


def gone(reply: Reply, _random: Random) -> None:
    """The block is no longer on the chain: it was reorganised, or another machine answers."""
    for entry in reply.entries:
        entry.pop("result", None)
        entry["error"] = {"code": -32000, "message": "header not found"}


def change_length(reply: Reply, random: Random) -> None:
    digits = random.choice([1, 2, 63, 64, 128])

    def change(text: str) -> str:
        return text[: max(2, len(text) - digits)] if random.random() < 0.5 else text + "0" * digits

    _each_long_hex(reply, change)


def zero(reply: Reply, _random: Random) -> None:
    """What a node says of storage that it does not have."""
    _each_long_hex(reply, lambda text: "0x" + "0" * (len(text) - 2))


def empty(reply: Reply, _random: Random) -> None:
    """What a node says of a call to an account without code."""
    _each_long_hex(reply, lambda _text: "0x")


def lie(reply: Reply, random: Random) -> None:
    """One digit of the words is another. Only a proof shows that."""

    def change(text: str) -> str:
        at = random.randrange(2, len(text))
        return text[:at] + f"{int(text[at], 16) ^ random.randrange(1, 16):x}" + text[at + 1 :]

    _each_long_hex(reply, change)


def swap_within(reply: Reply, random: Random) -> None:
    """The results of a batch, each under another's id."""
    results = [entry.get("result") for entry in reply.entries]
    random.shuffle(results)
    for entry, result in zip(reply.entries, results, strict=True):
        entry["result"] = result


def swap_between(reply: Reply, _random: Random) -> None:
    """The result of the request before, under the id of this one."""
    if isinstance(reply.previous, dict) and isinstance(reply.document, dict):
        reply.document["result"] = reply.previous.get("result")


def other_block(result: Any) -> Fault:
    """The answer that was right at another block; in a batch, the last one."""

    def change(reply: Reply, _random: Random) -> None:
        reply.entries[-1]["result"] = result

    return change


CLUMSY: list[Fault] = [drop, delay, close, cut, rate_limit, bad_gateway, garbage, truncate]
CLUMSY += [other_id, no_id, repeat, shuffle, leave_out, double, unlist]
CLUMSY += [refuse, gone, change_length, zero, empty]
LIES: list[Fault] = [lie, swap_within, swap_between]


def _each_long_hex(reply: Reply, change: Callable[[str], str]) -> None:
    """Changes every string of at least a word in the results."""

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: walk(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        is_long = isinstance(value, str) and value.startswith("0x") and len(value) >= 66
        return change(value) if is_long else value

    for entry in reply.entries:
        if "result" in entry and not _is_block(entry["result"]):
            entry["result"] = walk(entry["result"])


def _is_block(result: Any) -> bool:
    """Whether it is a header: a zeroed or shortened hash there would be another block's name."""
    return isinstance(result, dict) and "hash" in result
