"""What goes over the wire to a node: recorded, and sent once more with nothing around it."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple
from urllib.parse import urlsplit

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)


class Exchanged(NamedTuple):
    """One HTTP request, and the answer to it."""

    request: bytes
    answer: bytes


class Tap:
    """A proxy on the way to a node. `exchanged` is what has passed so far."""

    def __init__(self, url: str) -> None:
        self.exchanged: list[Exchanged] = []
        self._url = url

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """The URL to ask instead of the node's."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        async with server:
            host, port = server.sockets[0].getsockname()
            yield f"http://{host}:{port}"

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        node = urlsplit(self._url)
        answers, requests = await asyncio.open_connection(node.hostname, node.port)
        with suppress(asyncio.IncompleteReadError):  # the client has left
            while True:
                request = await _message(reader)
                requests.write(request)
                answer = await _message(answers)
                self.exchanged.append(Exchanged(request, answer))
                writer.write(answer)
        requests.close()
        writer.close()


class BareConnection(asyncio.Protocol):
    """A connection that sends requests and counts the bytes of the answers: no client does less.

    Made by `connect_bare`.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._left_b = 0
        self._done: asyncio.Future[None]

    async def repeat(self, exchanged: Sequence[Exchanged]) -> None:
        """Sends each request as soon as the answer to the one before is there."""
        for request, answer in exchanged:
            self._done = asyncio.get_running_loop().create_future()
            self._left_b = len(answer)
            self._transport.write(request)
            await self._done

    def close(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._left_b -= len(data)
        assert self._left_b >= 0, "the answer is longer than it was"
        if not self._left_b:
            self._done.set_result(None)


async def connect_bare(url: str) -> BareConnection:
    node = urlsplit(url)
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(BareConnection, node.hostname, node.port)
    return connection


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(_HEAD_END)
    length = _LENGTH.search(head)
    assert length is not None, head
    return head + await reader.readexactly(int(length[1]))
