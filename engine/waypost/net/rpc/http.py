"""JSON-RPC over HTTP, one request or batch a POST, over connections that are kept alive.

A client of our own on asyncio and llhttp: of a request, a general one costs more than a node on
this machine takes to answer it.
"""

import asyncio
import itertools
import ssl
from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc.codec import (
    answers_of,
    decode,
    encode_batch,
    encode_call,
    result_of,
)
from waypost.net.rpc.http_connection import HttpConnection, dial
from waypost.net.rpc.url import shown
from waypost.trust.exchange import Answer, Call

_IDLE_MAX_S = 15.0  # of a connection: nodes close theirs after a minute or so, perhaps just now
_PORTS = {"http": 80, "https": 443}
_URL_SAFE = "/?%:@!$&'()*+,;=~"  # RFC 3986, besides what quote() leaves as it is


class HttpRpc:
    """A node at an http or https URL."""

    def __init__(self, url: str, config: RegistryConfig | None = None) -> None:
        self.name = shown(url, "http", "https")
        self._url = url
        self._head = _head(url)
        self._config = config or RegistryConfig()
        self._ids = itertools.count(1)
        self._places = asyncio.Semaphore(self._config.connection_count_max)
        self._kept: list[HttpConnection] = []  # idle
        self._busy: set[HttpConnection] = set()
        self._tls: ssl.SSLContext | None = None
        self._close_count = 0

    async def request(self, call: Call) -> Any:
        id_ = next(self._ids)
        return result_of(decode(await self._exchange(encode_call(call, id_))), id_)

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        if not calls:
            return []
        ids = [next(self._ids) for _ in calls]
        return answers_of(decode(await self._exchange(encode_batch(calls, ids))), ids)

    async def close(self) -> None:
        self._close_count += 1
        connections = [*self._kept, *self._busy]
        self._kept.clear()
        for connection in connections:
            connection.abort()
        for connection in connections:
            await connection.close()

    async def _exchange(self, body: bytes) -> bytes:
        """What the node answers to a request's body. Raises RpcError."""
        request = b"%bContent-Length: %d\r\n\r\n%b" % (self._head, len(body), body)
        close_count = self._close_count
        try:
            async with asyncio.timeout(self._config.request_timeout_s), self._places:
                connection = self._idle() or await self._dial()
                if self._close_count != close_count:  # meanwhile: nobody would close this one
                    connection.abort()
                    raise RpcError("closed", "the connection was closed")
                self._busy.add(connection)
                try:
                    return await connection.exchange(request, self._config.response_size_max_b)
                finally:
                    self._busy.remove(connection)
                    if connection.is_open:
                        self._kept.append(connection)
        except TimeoutError:
            waited_s = self._config.request_timeout_s
            raise RpcError("timeout", f"{self.name} did not answer in {waited_s:g} s") from None

    def _idle(self) -> HttpConnection | None:
        """The connection that was used last, if it may still be used."""
        now_s = asyncio.get_running_loop().time()
        while self._kept:
            connection = self._kept.pop()
            if connection.is_open and now_s - connection.idle_since_s < _IDLE_MAX_S:
                return connection
            connection.abort()
        return None

    async def _dial(self) -> HttpConnection:
        parts = urlsplit(self._url)
        assert parts.hostname is not None
        if parts.scheme == "https" and self._tls is None:
            self._tls = ssl.create_default_context()
        port = parts.port or _PORTS[parts.scheme]
        return await dial(self.name, parts.hostname, port, self._tls)


def _head(url: str) -> bytes:
    """What every request begins with: its line and headers, but for the length of the body."""
    parts = urlsplit(url)
    target = quote(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", _URL_SAFE)
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {parts.netloc.rpartition('@')[2]}",
        "User-Agent: waypost",
        "Accept: application/json",
        "Accept-Encoding: identity",  # nothing that unpacks into gigabytes
        "Content-Type: application/json",
    ]
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(f"Authorization: Basic {b64encode(user.encode()).decode()}")
    return "".join(f"{line}\r\n" for line in lines).encode()
