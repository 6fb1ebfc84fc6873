"""JSON-RPC over HTTP, one request or batch a POST, over connections that are kept alive."""

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import aiohttp

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc.codec import (
    answers_of,
    decode,
    encode_batch,
    encode_call,
    result_of,
)
from waypost.net.rpc.refusals import refused, unreachable
from waypost.net.rpc.url import shown
from waypost.trust.exchange import Answer, Call


class HttpRpc:
    """A node at an http or https URL."""

    def __init__(self, url: str, config: RegistryConfig | None = None) -> None:
        self._name = shown(url, "http", "https")
        self._url = url
        self._config = config or RegistryConfig()
        self._ids = itertools.count(1)
        self._session: aiohttp.ClientSession | None = None

    async def request(self, call: Call) -> Any:
        id_ = next(self._ids)
        return result_of(decode(await self._exchange(encode_call(call, id_))), id_)

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        if not calls:
            return []
        ids = [next(self._ids) for _ in calls]
        return answers_of(decode(await self._exchange(encode_batch(calls, ids))), ids)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _exchange(self, body: bytes) -> bytearray:
        """What the node answers to a request's body. Raises RpcError."""
        try:
            async with asyncio.timeout(self._config.request_timeout_s):
                return await self._post(body)
        except TimeoutError:
            waited_s = self._config.request_timeout_s
            raise RpcError("timeout", f"{self._name} did not answer in {waited_s:g} s") from None
        except aiohttp.ClientPayloadError:
            raise RpcError("truncated", f"{self._name} broke off in its answer") from None
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(self._name, error) from None

    async def _post(self, body: bytes) -> bytearray:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._config.connection_count_max),
                timeout=aiohttp.ClientTimeout(total=None),  # `_exchange` keeps the deadline
                headers={
                    "Accept-Encoding": "identity",  # nothing that unpacks into gigabytes
                    "Content-Type": "application/json",
                },
                auto_decompress=False,
            )
        async with self._session.post(self._url, data=body, allow_redirects=False) as response:
            if response.status != 200:
                raise refused(self._name, response.status, response.reason, response.headers)
            answer = bytearray()
            while piece := await response.content.readany():
                answer += piece
                if len(answer) > self._config.response_size_max_b:
                    size_b = self._config.response_size_max_b
                    raise RpcError("too-large", f"{self._name} sent more than {size_b} bytes")
            return answer
