"""JSON-RPC over a WebSocket."""

import aiohttp
from aiohttp import WSMsgType

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc.duplex import DuplexRpc
from waypost.net.rpc.refusals import refused, unreachable
from waypost.net.rpc.url import shown

_CLOSE_TIMEOUT_S = 1.0  # for a node to agree that it is over


class WebSocketRpc(DuplexRpc):
    """A node at a ws or wss URL. While it is silent, a ping shows now and then if it is there."""

    def __init__(self, url: str, config: RegistryConfig | None = None) -> None:
        config = config or RegistryConfig()
        name = shown(url, "ws", "wss")

        async def dial() -> _WebSocket:
            session = aiohttp.ClientSession(trace_configs=[_no_redirects(name)])
            try:
                socket = await session.ws_connect(
                    url,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_TIMEOUT_S),
                    heartbeat=config.ping_interval_s,
                    max_msg_size=config.response_size_max_b,
                    compress=0,
                )
            except BaseException as error:
                await session.close()
                if isinstance(error, aiohttp.WSServerHandshakeError):
                    raise refused(name, error.status, error.message, error.headers or {}) from None
                if isinstance(error, aiohttp.ClientError | OSError):
                    raise unreachable(name, error) from None
                raise
            return _WebSocket(name, session, socket)

        super().__init__(name, dial, config)


class _WebSocket:
    """The socket as a link."""

    def __init__(
        self, name: str, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
    ) -> None:
        self._name = name
        self._session = session
        self._socket = socket

    async def send(self, message: bytes) -> None:
        try:
            await self._socket.send_frame(message, WSMsgType.TEXT)
        except (aiohttp.ClientError, OSError) as error:
            raise RpcError("disconnected", unreachable(self._name, error).detail) from None

    async def receive(self) -> bytes | str:
        message = await self._socket.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            data: bytes | str = message.data
            return data
        code = getattr(message.data, "code", None)
        if code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
            raise RpcError("too-large", f"{self._name} sent a message beyond the limit")
        raise RpcError("disconnected", f"{self._name} closed the connection")

    async def close(self) -> None:
        await self._socket.close()
        await self._session.close()


def _no_redirects(name: str) -> aiohttp.TraceConfig:
    """A node that sends us elsewhere is refused: who asked trusts this one."""

    async def refuse(*_: object) -> None:
        raise RpcError("http-status", f"{name} answered with a redirect")

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(refuse)
    return trace
