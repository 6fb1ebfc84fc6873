"""Chains for tests: an embedded one, anvil where it is installed, and endpoints that misbehave."""

import asyncio
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
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


@contextmanager
def running_anvil() -> Iterator[str]:
    """The URL of an anvil node on a free loopback port. Without anvil, the test is skipped."""
    program = find_anvil()
    if program is None:
        pytest.skip("anvil is neither on PATH nor in contracts/node_modules/.bin (make tools)")
    command = [program, "--host", "127.0.0.1", "--port", "0", "--accounts", "1"]
    with (
        tempfile.NamedTemporaryFile() as log,  # a pipe that nobody reads would fill and stop it
        subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield f"http://{_address_in(Path(log.name), process)}"
        finally:
            process.terminate()


def _address_in(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Where anvil says that it listens."""
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        if found := re.search(r"^Listening on (\S+)\n", log.read_text(), re.MULTILINE):
            return found[1]
        time.sleep(0.02)
    pytest.fail(f"anvil does not listen: {log.read_text()}")


@pytest.fixture(scope="session")
def anvil() -> Iterator[str]:
    """The URL of the anvil node that the tests of this run share."""
    with running_anvil() as url:
        yield url


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
