"""Endpoints that misbehave, over real HTTP: verdicts are UNKNOWN, with the cause, in time."""

import asyncio
import json
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from tests.chains import ANVIL_KEY, Handler, hang, node, serve
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.net.rpc import HttpRpc
from waypost.net.trust.registry import Registry
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Call
from waypost.trust.verdict import Outcome, Verdict

KIND = "whisper.mailserver"
SERVER = SecretKey(b"\x07" * 32)
IDS = [SERVER.node_id, bytes(32)]
PATIENT = RegistryConfig(response_size_max_b=100_000)  # a busy machine is slow, not wrong
HASTY = RegistryConfig(request_timeout_s=0.2, verify_timeout_s=0.5)


@pytest.fixture
async def address(embedded: EmbeddedChain) -> bytes:
    """A registry on the embedded chain that lists SERVER."""
    async with await Registry.deploy(embedded, SecretKey(ANVIL_KEY)) as registry:
        consent = await registry.consent(KIND, SERVER.node_id, 1)
        await registry.add_servers(1, [consent.signed_by(SERVER)])
        return registry.address


async def verdicts_from(
    handler: Handler, address: bytes, config: RegistryConfig = PATIENT, **options: Any
) -> list[Verdict]:
    async with serve(handler) as url, Registry(url, address, config=config, **options) as registry:
        started = time.monotonic()
        verdicts = await registry.verify(KIND, IDS)
        assert time.monotonic() - started < config.verify_timeout_s + 10
        return verdicts


def cause(verdicts: list[Verdict]) -> str:
    assert [v.outcome for v in verdicts] == [Outcome.UNKNOWN] * len(IDS)
    (error,) = {v.error for v in verdicts}
    assert error is not None
    assert "\n" not in str(error)
    return error.reason


async def test_a_node_that_behaves_gives_verdicts(embedded: EmbeddedChain, address: bytes) -> None:
    verdicts = await verdicts_from(node(embedded), address)
    assert [v.outcome for v in verdicts] == [Outcome.TRUSTED, Outcome.UNTRUSTED]


VERIFY_ALONE = f"""
import sys, waypost, waypost.cli

async def main():
    async with waypost.Registry(*sys.argv[1:]) as registry:
        print(*[v.trusted for v in await registry.verify({KIND!r}, {IDS!r})])

waypost.run(main())
print({{"web3", "eth_account"}} & sys.modules.keys())
"""


async def test_only_transactions_import_web3(embedded: EmbeddedChain, address: bytes) -> None:
    async with serve(node(embedded)) as url:
        command = (sys.executable, "-c", VERIFY_ALONE, url, f"0x{address.hex()}")
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        printed, _ = await process.communicate()
    assert printed.decode().splitlines() == ["True False", "set()"]


async def test_unreachable(address: bytes) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        async with Registry(url, address, config=PATIENT) as registry:
            verdicts = await registry.verify(KIND, IDS)
    assert cause(verdicts) == "unreachable"
    assert url in verdicts[0].why
    error = verdicts[0].error
    assert error is not None
    assert (error.__traceback__, error.__context__, error.__cause__) == (None, None, None)


async def test_slow(address: bytes) -> None:
    assert cause(await verdicts_from(hang, address, HASTY)) == "timeout"


async def test_the_deadline_of_a_verification_holds_for_all_of_its_calls(address: bytes) -> None:
    config = RegistryConfig(request_timeout_s=60, verify_timeout_s=0.2)
    async with serve(hang) as url, Registry(url, address, config=config) as registry:
        verdicts = await registry.verify(KIND, IDS)
        assert cause(verdicts) == "timeout"
        assert "deadline" in verdicts[0].why
        with pytest.raises(RpcError, match="timeout"):
            await registry.providers()


async def test_slow_byte_by_byte(address: bytes) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(600):
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response

    assert cause(await verdicts_from(drip, address, HASTY)) == "timeout"


async def test_wrong_chain(embedded: EmbeddedChain, address: bytes) -> None:
    verdicts = await verdicts_from(node(embedded), address, chain_id=1)
    assert cause(verdicts) == "wrong-chain"
    assert "31337" in verdicts[0].why


async def test_no_code_at_the_address(embedded: EmbeddedChain) -> None:
    assert cause(await verdicts_from(node(embedded), bytes(19) + b"\x01")) == "no-code"


async def test_a_contract_that_is_no_registry(embedded: EmbeddedChain, address: bytes) -> None:
    def other_contract(call: Call, result: object) -> object:
        return "0x" if call.method == "eth_call" else result

    handler = node(embedded, other_contract, lacks="eth_getStorageValues")
    assert cause(await verdicts_from(handler, address)) == "empty-answer"


def tampered(method: str, change: Callable[[str], str]) -> Callable[[Call, Any], Any]:
    return lambda call, result: change(result) if call.method == method else result


def with_word(place: int, word: int) -> Callable[[str], str]:
    start, end = 2 + 64 * place, 2 + 64 * (place + 1)
    return lambda result: result[:start] + f"{word:064x}" + result[end:]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda result: result[:-64], "bad-answer"),  # one word short
        (lambda result: result[:-1], "bad-answer"),  # half a byte short
        (lambda result: result + "00" * 32, "bad-answer"),  # one word long
        (lambda result: "0x" + "00" * 32 * 10, "bad-answer"),
        (with_word(5, 3), "bad-answer"),  # one server too many
        (with_word(8, 0), "bad-answer"),  # one provider too few
        (with_word(1, 2), "wrong-version"),
        (with_word(0, 0), "wrong-block"),
    ],
)
async def test_a_snapshot_of_another_shape(
    embedded: EmbeddedChain, address: bytes, change: Callable[[str], str], expected: str
) -> None:
    handler = node(embedded, tampered("eth_call", change), lacks="eth_getStorageValues")
    assert cause(await verdicts_from(handler, address)) == expected


def fixed(body: bytes | str, status: int = 200, **headers: str) -> Handler:
    async def answer(_request: web.Request) -> web.StreamResponse:
        content = body if isinstance(body, bytes) else body.encode()
        return web.Response(body=content, status=status, headers=headers)

    return answer


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (fixed(b""), "not-json"),
        (fixed(b'{"jsonrpc":"2.0","id":1,"resu'), "not-json"),
        (fixed(b"\xff\xfe\x00garbage"), "not-json"),
        (fixed("<html>502</html>"), "not-json"),
        (fixed("[" * 9_000), "not-json"),
        (fixed("1" * 9_000), "not-json"),
        (fixed("[]"), "bad-answer"),
        (fixed("null"), "bad-answer"),
        (fixed('{"id":1,"result":"0x1"}'), "bad-answer"),
        (fixed('{"jsonrpc":"1.0","id":1,"result":"0x1"}'), "bad-answer"),
        (fixed(" " * 200_000), "too-large"),
        (fixed("{}", status=500), "http-status"),
        (fixed("{}", status=429), "rate-limited"),
        (fixed("", status=302, Location="http://127.0.0.1:1/"), "http-status"),
    ],
)
async def test_garbage(address: bytes, handler: Handler, expected: str) -> None:
    assert cause(await verdicts_from(handler, address)) == expected


def enveloped(**changes: Any) -> Handler:
    """An answer with the right id, and these members changed."""

    async def answer(request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        reply = {"jsonrpc": "2.0", "id": body["id"], "result": "0x1"} | changes
        return web.json_response({key: value for key, value in reply.items() if value != "-"})

    return answer


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (enveloped(id=999), "wrong-id"),
        (enveloped(id="1"), "wrong-id"),
        (enveloped(id=None), "wrong-id"),
        (enveloped(id="-"), "wrong-id"),
        (enveloped(result="-"), "bad-answer"),
        (enveloped(error={"code": -32000, "message": "no"}), "rpc-error"),
        (enveloped(error="no"), "rpc-error"),
        (enveloped(error={"message": ["\x1b[2J\nx" * 999], "data": "0xzz"}), "rpc-error"),
    ],
)
async def test_a_wrong_envelope(address: bytes, handler: Handler, expected: str) -> None:
    verdicts = await verdicts_from(handler, address)
    assert cause(verdicts) == expected
    assert "\x1b" not in verdicts[0].why
    assert len(verdicts[0].why) < 300


async def test_a_connection_that_breaks_off(address: bytes) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"jsonrpc"')
        assert request.transport is not None
        request.transport.close()
        return response

    assert cause(await verdicts_from(break_off, address)) == "truncated"


async def test_a_connection_that_is_closed_without_an_answer(address: bytes) -> None:
    async def close(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    assert cause(await verdicts_from(close, address)) == "unreachable"


async def test_a_compressed_answer_is_not_unpacked(address: bytes) -> None:
    handler = fixed(b"\x1f\x8b" + b"\0" * 100, **{"Content-Encoding": "gzip"})
    assert cause(await verdicts_from(handler, address)) == "not-json"


async def test_a_node_that_is_stopped_half_way(embedded: EmbeddedChain, address: bytes) -> None:
    """Trusted at first, then UNKNOWN: what was true before is no verdict now."""
    async with serve(node(embedded)) as url:
        registry = Registry(url, address, config=PATIENT)
        assert (await registry.verify(KIND, IDS))[0].trusted
    assert cause(await registry.verify(KIND, IDS)) == "unreachable"
    await registry.close()


async def test_an_access_key_in_the_url_stays_out_of_errors(address: bytes) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://user:secret1@127.0.0.1:{unused.getsockname()[1]}/v3/secret2?key=secret3"
        async with Registry(url, address, config=PATIENT) as registry:
            (verdict,) = await registry.verify(KIND, IDS[:1])
    assert cause([verdict] * 2) == "unreachable"
    assert "secret" not in verdict.why


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8545",
        "ftp://host",
        "ws://host",
        "http://",
        "http://[::1",
        "http://host:port",
        "http://host:99999",
    ],
)
def test_what_is_no_url_is_the_callers_mistake(url: str) -> None:
    with pytest.raises(ConfigError, match=r"http://127\.0\.0\.1:8545"):
        HttpRpc(url)
