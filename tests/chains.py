"""Chains for tests: an embedded one, anvil where it is installed, and endpoints that misbehave."""
import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from waypost.errors import RpcError
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Call

GENESIS_S = 1_800_000_000
ANVIL_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def find_anvil() -> str | None:
    installed = Path(__file__).parents[1] / "contracts/node_modules/.bin/anvil"
    return shutil.which("anvil") or (str(installed) if installed.exists() else None)


@pytest.fixture(scope="session")
def anvil() -> Iterator[str]:
    """The URL of an anvil node of this test run, on a free port of the loopback interface."""
    program = find_anvil()
    if program is None:
        pytest.skip("anvil is neither on PATH nor in contracts/node_modules/.bin (make tools)")
    with subprocess.Popen(
        [program, "--host", "127.0.0.1", "--port", "0", "--accounts", "1"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("Listening on "):
                    yield f"http://{line.split()[-1]}"
                    break
            else:
                pytest.fail("anvil ended before it listened")
        finally:
            process.terminate()


@pytest.fixture
def embedded() -> EmbeddedChain:
    return EmbeddedChain(GENESIS_S)


@asynccontextmanager
async def serve(handler: Handler) -> AsyncIterator[str]:
    """The URL of an HTTP server on the loopback interface, with this handler for everything."""
    app = web.Application(client_max_size=8 << 20)
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


Tamper = Callable[[Call, object], object]


def node(chain: EmbeddedChain, tamper: Tamper | None = None) -> Handler:
    """A JSON-RPC node over an embedded chain, whose results `tamper` may replace."""

    async def answer(request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        call = Call(body["method"], body["params"])
        reply = {"jsonrpc": "2.0", "id": body["id"]}
        try:
            result = chain.answer(call, GENESIS_S)
            reply["result"] = tamper(call, result) if tamper else result
        except RpcError as error:
            reply["error"] = {
                "code": error.code,
                "message": str(error),
                "data": "0x" + error.data.hex(),
            }
        return web.json_response(reply)

    return answer


async def hang(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()
