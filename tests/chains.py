"""Chains for tests: an embedded one, anvil and geth where they are, and nodes that misbehave."""

import asyncio
import json
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from aiohttp import web

from waypost._ext.secp256k1 import SecretKey
from waypost.errors import RpcError
from waypost.net.rpc import RpcEndpoint
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Call

GENESIS_S = 4_000_000_000  # in 2096: a chain whose time is ahead of every clock
ANVIL_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Endpoints:
    """The ways to one node."""

    http: str
    ws: str
    ipc: str


def find_anvil() -> str | None:
    return _find("anvil", "contracts/node_modules/.bin")


@contextmanager
def running_anvil() -> Iterator[str]:
    """The URL of an anvil node on a free loopback port. Without anvil, the test is skipped."""
    with anvil_endpoints() as endpoints:
        yield endpoints.http


@contextmanager
def anvil_endpoints() -> Iterator[Endpoints]:
    """An anvil node on a free loopback port. Without anvil, the test is skipped."""
    program = find_anvil()
    if program is None:
        pytest.skip("anvil is neither on PATH nor in contracts/node_modules/.bin (make tools)")
    with tempfile.TemporaryDirectory() as folder:
        ipc = f"{folder}/anvil.ipc"
        options = ["--host", "127.0.0.1", "--port", "0", "--accounts", "1", "--ipc", ipc]
        with _running([program, *options], r"^Listening on (\S+)\n", folder) as address:
            yield Endpoints(f"http://{address}", f"ws://{address}", ipc)


GETH_OPTIONS = shlex.split(
    "--dev --dev.gaslimit 30000000 --nodiscover --maxpeers 0 --nat none --authrpc.port 0 "
    "--http --http.addr 127.0.0.1 --http.port 0 --http.api eth,net,web3 "
    "--ws --ws.addr 127.0.0.1 --ws.port 0 --ws.api eth,net,web3 "
    "--cache 64 --lightkdf --log.format terminal"
)


@contextmanager
def geth_endpoints() -> Iterator[Endpoints]:
    """A geth node in developer mode: a chain of its own, loopback only, a block a transaction.

    The account of ANVIL_KEY has funds there too. Without geth, the test is skipped.
    """
    program = _find("geth", ".tools/bin")
    if program is None:
        pytest.skip("geth is neither on PATH nor in .tools/bin (make tools)")
    with tempfile.TemporaryDirectory() as folder:
        ipc = f"{folder}/geth.ipc"
        command = [program, *GETH_OPTIONS, "--datadir", f"{folder}/data", "--ipcpath", ipc]
        with _running(command, r"HTTP server started +endpoint=(\S+) ", folder) as address:
            _fund(f"http://{address}")
            yield Endpoints(f"http://{address}", f"ws://{address}", ipc)


def _find(program: str, folder: str) -> str | None:
    installed = Path(__file__).parents[1] / folder / program
    return shutil.which(program) or (str(installed) if installed.exists() else None)


@contextmanager
def _running(command: list[str], listening: str, folder: str) -> Iterator[str]:
    """Where a program says that it listens, and the program until the block is left."""
    log = Path(folder, "log")  # a pipe that nobody reads would fill and stop it
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        try:
            deadline = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < deadline:
                if found := re.search(listening, log.read_text(), re.MULTILINE):
                    yield found[1]
                    return
                time.sleep(0.02)
            pytest.fail(f"{command[0]} does not listen: {log.read_text()}")
        finally:
            process.terminate()


def _fund(url: str) -> None:
    """Gives the account of the tests a million ether from the developer's account."""
    account = SecretKey(ANVIL_KEY).address.hex()
    (developer,) = ask(url, "eth_accounts")
    value = hex(10**24)
    ask(url, "eth_sendTransaction", {"from": developer, "to": f"0x{account}", "value": value})
    deadline = time.monotonic() + 60
    while ask(url, "eth_getBalance", f"0x{account}", "latest") == "0x0":
        assert time.monotonic() < deadline, "the funds do not arrive"
        time.sleep(0.02)


def ask(url: str, method: str, *params: object) -> Any:
    """The result of a call, by other means than those under test."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    request = Request(url, body.encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=60) as response:
        return json.load(response)["result"]


@pytest.fixture(scope="session")
def anvil_node() -> Iterator[Endpoints]:
    """The anvil node that the tests of this run share."""
    with anvil_endpoints() as endpoints:
        yield endpoints


@pytest.fixture(scope="session")
def anvil(anvil_node: Endpoints) -> str:
    """Its URL."""
    return anvil_node.http


@pytest.fixture(scope="session")
def geth_node() -> Iterator[Endpoints]:
    """The geth node that the tests of this run share."""
    with geth_endpoints() as endpoints:
        yield endpoints


NODES = ["anvil-http", "anvil-ws", "anvil-ipc", "geth-http", "geth-ws", "geth-ipc"]


@pytest.fixture(params=NODES)
def node_endpoint(request: pytest.FixtureRequest) -> str:
    """Each way to each node, one after the other."""
    return endpoint_of(request)


@pytest.fixture(params=["embedded", *NODES])
def chain_endpoint(request: pytest.FixtureRequest) -> RpcEndpoint:
    """Each chain that the registry is tested on, by each way to it; ANVIL_KEY has funds on all."""
    if request.param == "embedded":
        chain: EmbeddedChain = request.getfixturevalue("embedded")
        return chain
    return endpoint_of(request)


def endpoint_of(request: pytest.FixtureRequest) -> str:
    """The endpoint that a parameter such as "geth-ws" names."""
    program, way = request.param.split("-")
    url: str = getattr(request.getfixturevalue(f"{program}_node"), way)
    return url


@pytest.fixture
def embedded() -> EmbeddedChain:
    return EmbeddedChain(GENESIS_S, funded={SecretKey(ANVIL_KEY).address: 10**24})


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


def node(chain: EmbeddedChain, tamper: Tamper | None = None, lacks: str = "") -> Handler:
    """A JSON-RPC node over an embedded chain, whose results `tamper` may replace.

    It does not know the method `lacks`: so a read of the registry takes another one.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        call = Call(body["method"], body["params"])
        reply = {"jsonrpc": "2.0", "id": body["id"]}
        try:
            if call.method == lacks:
                raise RpcError("rpc-error", f"{lacks} does not exist", code=-32601)
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
