"""JSON-RPC over a Unix socket: objects one after the other, no frames around them."""

import asyncio

from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.net.rpc.duplex import DuplexRpc
from waypost.net.rpc.refusals import unreachable
from waypost.net.rpc.splitter import Splitter

_READ_SIZE_B = 1 << 16


class IpcRpc(DuplexRpc):
    """A node on this machine, at the path of its socket; `ipc:` may stand before it."""

    def __init__(self, endpoint: str, config: RegistryConfig | None = None) -> None:
        config = config or RegistryConfig()
        path = endpoint.removeprefix("ipc:")
        if not path:
            raise ConfigError("an IPC endpoint is the path of a socket, as in ipc:/run/geth.ipc")

        async def dial() -> _UnixSocket:
            try:
                reader, writer = await asyncio.open_unix_connection(path)
            except OSError as error:
                raise unreachable(path, error) from None
            return _UnixSocket(path, reader, writer, config.response_size_max_b)

        super().__init__(path, dial, config)


class _UnixSocket:
    """The socket as a link."""

    def __init__(
        self,
        path: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        response_size_max_b: int,
    ) -> None:
        self._path = path
        self._reader = reader
        self._writer = writer
        self._splitter = Splitter(response_size_max_b)

    async def send(self, message: bytes) -> None:
        try:
            await self._writer.drain()  # before, so that what a deaf node leaves cannot pile up
        except OSError as error:
            raise self._lost(error) from None
        self._writer.write(message + b"\n")

    async def receive(self) -> bytes:
        while (message := self._splitter.next()) is None:
            try:
                piece = await self._reader.read(_READ_SIZE_B)
            except OSError as error:
                raise self._lost(error) from None
            if not piece and not self._splitter.is_between:
                raise RpcError("truncated", f"{self._path} broke off in its answer")
            if not piece:
                raise RpcError("disconnected", f"{self._path} closed the connection")
            self._splitter.feed(piece)
        return message

    async def close(self) -> None:
        self._writer.close()

    def _lost(self, error: OSError) -> RpcError:
        return RpcError("disconnected", unreachable(self._path, error).detail)
