"""/metrics and /health of a mail server over HTTP, on an address of its own."""

from typing import Self

from aiohttp import web
from prometheus_client.aiohttp import make_aiohttp_handler

from waypost.errors import ConfigError
from waypost.net.discv5.endpoint import cannot_bind, parse_endpoint
from waypost.net.mail.server import MailServer

_STOP_TIMEOUT_S = 1.0  # that a reader has left when it ends


class MetricsEndpoint:
    """Serves a mail server's metrics (Prometheus) and health (JSON; 200, or 503 with the
    problems); use it in `async with`, around the server's own, so that it outlives that.

    listen: "127.0.0.1:9090". Whoever reaches it can read it: keep it on loopback, or behind
    something that asks who reads. Raises ConfigError, and NodeError for an address that is busy.
    """

    def __init__(self, server: MailServer, listen: str = "127.0.0.1:9090") -> None:
        self._server = server
        self._listen = parse_endpoint(listen)
        if ":" not in listen.rpartition("]")[2]:
            raise ConfigError(f"{listen!r} has no port for metrics: write 127.0.0.1:9090")
        self._metrics = make_aiohttp_handler(server.metrics.registry)
        routes = web.Application()
        routes.router.add_get("/metrics", self._tell_metrics)
        routes.router.add_get("/health", self._tell_health)
        self._runner = web.AppRunner(routes, access_log=None, shutdown_timeout=_STOP_TIMEOUT_S)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, *self._listen).start()
        except OSError as error:
            await self._runner.cleanup()
            raise cannot_bind("metrics: TCP", self._listen, error) from error
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it is, without /metrics or /health."""
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def _tell_metrics(self, request: web.Request) -> web.StreamResponse:
        await self._server.measure()
        return await self._metrics(request)

    async def _tell_health(self, _request: web.Request) -> web.Response:
        problems = self._server.problems
        status = 503 if problems else 200
        return web.json_response({"healthy": not problems, "problems": problems}, status=status)
