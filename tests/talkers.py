"""Servers that say what a test wants them to, over WebSocket and over IPC."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from tests.chains import serve


class Peer(Protocol):
    """The server's end of a connection."""

    async def receive(self) -> Any:
        """The next request, or None when there are no more."""

    async def send(self, text: str) -> None: ...

    async def close(self) -> None: ...


Talk = Callable[[Peer], Awaitable[None]]


class _Socket:
    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def receive(self) -> Any:
        message = await self._socket.receive()
        return json.loads(message.data) if message.type is WSMsgType.TEXT else None

    async def send(self, text: str) -> None:
        await self._socket.send_str(text)

    async def close(self) -> None:
        await self._socket.close()


class _Stream:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> Any:
        line = await self._reader.readline()  # ours end their requests with a newline
        return json.loads(line) if line else None

    async def send(self, text: str) -> None:
        self._writer.write(text.encode())
        await self._writer.drain()

    async def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def listening(way: str, talk: Talk) -> AsyncIterator[str]:
    """The endpoint of a server that runs `talk` for each connection; `way` is "ws" or "ipc"."""
    if way == "ws":

        async def handle(request: web.Request) -> web.StreamResponse:
            socket = web.WebSocketResponse(autoping=True)
            await socket.prepare(request)
            await talk(_Socket(socket))
            return socket

        async with serve(handle) as url:
            yield "ws" + url.removeprefix("http")
        return

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(_Stream(reader, writer))
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            writer.close()

    with tempfile.TemporaryDirectory() as folder:
        server = await asyncio.start_unix_server(accept, path := f"{folder}/node.ipc")
        try:
            yield path
        finally:
            server.close()


def result(asked: Any, value: object) -> str:
    """The answer to a request."""
    return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": value})


async def echo(peer: Peer) -> None:
    """Answers each call with its method, and each batch in reverse."""
    while asked := await peer.receive():
        if isinstance(asked, list):
            await peer.send(f"[{','.join(result(one, one['method']) for one in reversed(asked))}]")
        else:
            await peer.send(result(asked, asked["method"]))
