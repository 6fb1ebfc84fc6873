"""One connection to a node that speaks HTTP/1.1: a request at a time, and its answer."""

import asyncio
import socket
import ssl
from typing import cast

from aiohappyeyeballs import start_connection

from waypost.errors import RpcError
from waypost.net.rpc.http_answer import HttpAnswer
from waypost.net.rpc.refusals import unreachable

_ATTEMPT_DELAY_S = 0.25  # RFC 8305 section 5: then the next address is tried, too


class HttpConnection(asyncio.Protocol):
    """Open until either side closes it; then what waits for an answer fails."""

    def __init__(self, name: str) -> None:
        self.idle_since_s = 0.0
        self._name = name
        self._transport: asyncio.Transport
        self._answer: HttpAnswer | None = None
        self._done: asyncio.Future[None]
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_open(self) -> bool:
        return not (self._closed.done() or self._transport.is_closing())

    async def exchange(self, request: bytes, size_max_b: int) -> bytes:
        """The body of the answer to a request. Raises RpcError.

        Closes the connection unless it can carry another request.
        """
        loop = asyncio.get_running_loop()
        self._answer = answer = HttpAnswer(self._name, size_max_b)
        self._done = loop.create_future()
        try:
            self._transport.write(request)
            await self._done
        finally:
            self._answer = None
            if answer.keeps_alive:
                self.idle_since_s = loop.time()
            else:
                self._transport.abort()
        return answer.body()

    def abort(self) -> None:
        """Closes it, soon."""
        self._transport.abort()

    async def close(self) -> None:
        """Closes it."""
        self._transport.abort()
        await asyncio.shield(self._closed)  # who gives up waiting does not end it

    # ------------------------------------------------------------ what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self._transport.abort()  # nobody asked
            return
        try:
            self._answer.feed(data)
        except RpcError as error:
            self._finish(error)
        else:
            if self._answer.is_complete:
                self._finish(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._closed.set_result(None)
        if self._answer is None:
            return
        self._answer.end()
        if self._answer.is_complete:
            self._finish(None)
        elif self._answer.has_begun:
            self._finish(RpcError("truncated", f"{self._name} broke off in its answer"))
        else:
            self._finish(unreachable(self._name, error or OSError("it closed the connection")))

    def _finish(self, error: RpcError | None) -> None:
        if self._done.done():
            return
        if error:
            self._done.set_exception(error)
        else:
            self._done.set_result(None)


async def dial(name: str, host: str, port: int, tls: ssl.SSLContext | None) -> HttpConnection:
    """A new connection, over whichever of the node's addresses is first. Raises RpcError."""
    loop = asyncio.get_running_loop()
    try:
        addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        connected = await start_connection(
            addresses, happy_eyeballs_delay=_ATTEMPT_DELAY_S, loop=loop
        )
        _, connection = await loop.create_connection(
            lambda: HttpConnection(name),
            sock=connected,
            ssl=tls,
            server_hostname=host if tls else None,
        )
    except (OSError, UnicodeError) as error:
        raise unreachable(name, error) from None
    return connection
