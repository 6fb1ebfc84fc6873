"""JSON-RPC: over HTTP to a node, or straight into an embedded chain; and the driver of exchanges.

Whatever a node does, slow, broken or hostile, ends as an RpcError with its cause before the
deadline.
"""

import asyncio
import itertools
import json
import os
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias
from urllib.parse import urlsplit

import aiohttp

from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Answer, Call, Exchange, T

_MESSAGE_LENGTH_MAX = 200  # of a node's own words, which end up in front of a user
_READ_SIZE_B = 1 << 16


class Rpc(Protocol):
    """Something that answers JSON-RPC calls."""

    async def request(self, call: Call) -> Any:
        """The result of a call. Raises RpcError."""

    async def close(self) -> None:
        """Lets go of connections. Closing twice is fine."""


class HttpRpc:
    """A node at an http or https URL, over connections that are kept alive."""

    def __init__(self, url: str, config: RegistryConfig | None = None) -> None:
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # a port that is no number, a bracket that is not closed
            usable = False
        if not usable:
            raise ConfigError("an RPC endpoint is a URL such as http://127.0.0.1:8545")
        self._url = url
        # Only this part of the URL is ever shown: the rest may hold a user's access key.
        self._name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._config = config or RegistryConfig()
        self._ids = itertools.count(1)
        self._session: aiohttp.ClientSession | None = None

    async def request(self, call: Call) -> Any:
        id_ = next(self._ids)
        body = {"jsonrpc": "2.0", "id": id_, "method": call.method, "params": call.params}
        try:
            async with asyncio.timeout(self._config.request_timeout_s):
                answer = await self._post(body)
        except TimeoutError:
            waited_s = self._config.request_timeout_s
            raise RpcError("timeout", f"{self._name} did not answer in {waited_s:g} s") from None
        except aiohttp.ClientPayloadError:
            raise RpcError("truncated", f"{self._name} broke off in its answer") from None
        except (aiohttp.ClientError, OSError) as error:
            raise RpcError("unreachable", f"{self._name}: {_cause(error)}") from None
        return _result(answer, id_)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, body: dict[str, Any]) -> bytes:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._config.connection_count_max),
                timeout=aiohttp.ClientTimeout(total=None),  # `request` keeps the deadline
                headers={"Accept-Encoding": "identity"},  # nothing that unpacks into gigabytes
                auto_decompress=False,
            )
        async with self._session.post(self._url, json=body, allow_redirects=False) as response:
            if response.status != 200:
                words = _one_line(f"{response.status} {response.reason}")
                raise RpcError("http-status", f"{self._name} answered {words}")
            answer = bytearray()
            async for piece in response.content.iter_chunked(_READ_SIZE_B):
                answer += piece
                if len(answer) > self._config.response_size_max_b:
                    size_b = self._config.response_size_max_b
                    raise RpcError("too-large", f"{self._name} sent more than {size_b} bytes")
            return bytes(answer)


class ChainRpc:
    """An embedded chain behind the interface of a node."""

    def __init__(self, chain: EmbeddedChain, clock: Callable[[], float] = time.time) -> None:
        self._chain = chain
        self._clock = clock

    async def request(self, call: Call) -> Any:
        return self._chain.answer(call, int(self._clock()))

    async def close(self) -> None:
        pass


RpcEndpoint: TypeAlias = str | EmbeddedChain | Rpc


def rpc_at(endpoint: RpcEndpoint, config: RegistryConfig) -> Rpc:
    """What answers at an endpoint: a node's URL, an embedded chain, or an Rpc, which is itself."""
    if isinstance(endpoint, str):
        return HttpRpc(endpoint, config)
    return ChainRpc(endpoint) if isinstance(endpoint, EmbeddedChain) else endpoint


async def drive(rpc: Rpc, exchange: Exchange[T], timeout_s: float) -> T:
    """Runs an exchange to its end, the calls of a round at once.

    Those that the deadline cuts off fail as `timeout`.
    """
    deadline = asyncio.get_running_loop().time() + timeout_s
    try:
        calls = next(exchange)
        while True:
            answers = await asyncio.gather(*(_answer(rpc, call, deadline) for call in calls))
            calls = exchange.send(answers)
    except StopIteration as stop:
        result: T = stop.value
        return result


async def _answer(rpc: Rpc, call: Call, deadline: float) -> Answer:
    try:
        async with asyncio.timeout_at(deadline):
            return await rpc.request(call)
    except TimeoutError:
        return RpcError("timeout", "the deadline passed")
    except RpcError as error:
        return error


def _result(answer: bytes, id_: int) -> Any:
    """The `result` in the JSON-RPC answer to the request with this id. Raises RpcError."""
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        raise RpcError("not-json", "the answer is not JSON") from None
    if not isinstance(document, dict) or document.get("jsonrpc") != "2.0":
        raise RpcError("bad-answer", "the answer is not JSON-RPC 2.0")
    if (error := document.get("error")) is not None:
        raise _node_error(error)
    if type(document.get("id")) is not int or document["id"] != id_:
        raise RpcError("wrong-id", "the answer belongs to another request")
    if "result" not in document:
        raise RpcError("bad-answer", "the answer has neither a result nor an error")
    return document["result"]


def _node_error(error: Any) -> RpcError:
    """What the node says went wrong. The revert data of a call come along where it sends them."""
    if not isinstance(error, dict):
        return RpcError("rpc-error", _one_line(error))
    code, data = error.get("code"), error.get("data")
    try:
        revert = bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else b""
    except ValueError:
        revert = b""
    return RpcError(
        "rpc-error",
        _one_line(error.get("message")),
        code=code if isinstance(code, int) else None,
        data=revert,
    )


def _cause(error: Exception) -> str:
    """Why a connection failed, in the system's words where the system refused it."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if number and number > 0 else _one_line(error)


def _one_line(words: object) -> str:
    """Somebody else's words, fit to be shown: one line, no control characters, not long."""
    text = "".join(char if char.isprintable() else " " for char in str(words))
    return text[:_MESSAGE_LENGTH_MAX]
