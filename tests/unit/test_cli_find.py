"""`waypost find` and `registry` against nodes and chains that misbehave, and that are well."""

import socket

import pytest
from aiohttp import web

from tests.chains import ANVIL_KEY, hang, node, serve
from tests.commands import waypost_beside
from waypost.keys import PrivateKey
from waypost.net.discv5.node import Node
from waypost.net.trust.policy_file import save_policy
from waypost.net.trust.registry import Registry
from waypost.trust.address import address_text
from waypost.trust.policy import TrustPolicy

KIND = "whisper.mailserver"
WELL_S, ILL_S = 30.0, 2.0  # how long to look where it will be found, and where it will not


@pytest.fixture
async def server():
    """A node that announces the kind, and a bootnode in one."""
    with PrivateKey.generate() as key:
        async with Node(key, listen="127.0.0.1:0", pairs={KIND: b"\x01"}) as running:
            running.key = key
            yield running


@pytest.fixture
async def registry(embedded, server):
    """A registry that lists the server under provider 1."""
    with PrivateKey.from_bytes(ANVIL_KEY) as account:
        async with await Registry.deploy(embedded, account) as deployed:
            consent = await deployed.consent(KIND, server.key.node_id, 1)
            await deployed.add_servers(1, [consent.signed_by(server.key.secret_key)])
            yield deployed


async def find(server, url, address, *options, timeout_s=ILL_S):
    return await waypost_beside(
        *("find", "--kind", KIND, "--bootnode", server.record.text, "--rpc", url),
        *("--registry", address_text(address), "--timeout", timeout_s, "--json", *options),
    )


async def test_find_picks_a_trusted_server(embedded, server, registry):
    async with serve(node(embedded)) as url:
        ended = await find(server, url, registry.address, "--chain-id", "31337", timeout_s=WELL_S)
    (data,) = ended.data
    assert ended.status == 0
    assert data.keys() == {
        *("enr", "node_id", "seq", "ip", "udp", "pairs", "provider", "own", "seen")
    }
    assert data["enr"] == server.record.text
    assert (data["provider"], data["own"]) == (1, False)
    assert data["seen"] == "1 candidate: 1 trusted"
    where = f"127.0.0.1:{server.record.udp}"
    assert ended.err.split() == [data["node_id"][:16], where, "provider", "1", "trusted"]


async def test_find_obeys_the_policy_of_a_file(embedded, server, registry, tmp_path):
    path = tmp_path / "policy.toml"
    async with serve(node(embedded)) as url:
        for chain_id, status, timeout_s in ((31337, 1, ILL_S), (1, 0, WELL_S)):
            save_policy(TrustPolicy().with_providers(chain_id, registry.address, [2]), path)
            there = (server, url, registry.address)
            ended = await find(*there, "--policy", path, timeout_s=timeout_s)
            assert ended.status == status
        refused = (await find(server, url, registry.address, "--trust", "2")).failure(1)
    assert refused.endswith("1 candidate: 1 untrusted (1 provider-not-trusted)")


def fixed(body):
    async def answer(_request):
        return web.Response(body=body)

    return answer


def answering(chain, result):
    def tamper(call, true):
        return result if call.method == "eth_call" else true

    return node(chain, tamper, lacks="eth_getStorageValues")


@pytest.mark.parametrize(
    ("handler_of", "says"),
    [
        (lambda chain: answering(chain, "0x"), "unknown (1 empty-answer"),
        (lambda chain: answering(chain, "0x00"), "unknown (1 bad-answer"),
        (lambda _: fixed(b'{"jsonrpc":"2.0","id":1,"resu'), "unknown (1 not-json"),
        (lambda _: fixed(b"<html>[/bold] \x1b[2J</html>"), "unknown (1 not-json"),
        (lambda _: fixed(b""), "unknown (1 not-json"),
        (
            lambda _: fixed(b'{"jsonrpc":"2.0","id":1,"error":{"message":"[/red]\\u001b[2J"}}'),
            "unknown (1 rpc-error: [/red] [2J)",
        ),
        (lambda _: hang, "1 candidate: 1 waiting for the registry"),
    ],
    ids=["0x", "truncated", "truncated-json", "garbage", "nothing", "hostile-words", "slow"],
)
async def test_a_registry_that_misbehaves_is_unknown(embedded, server, registry, handler_of, says):
    async with serve(handler_of(embedded)) as url:
        ended = await find(server, url, registry.address)
    assert says in ended.failure(1)
    assert ended.out == ""
    assert "\x1b" not in ended.err


async def test_no_code_and_the_wrong_chain(embedded, server, registry):
    async with serve(node(embedded)) as url:
        ended = await find(server, url, bytes(19) + b"\x01")
        assert "1 unknown (1 no-code: no contract at 0x" in ended.failure(1)
        ended = await find(server, url, registry.address, "--chain-id", "1")
        cause = f"wrong-chain: {url} serves 31337, not 1"
        assert f"1 unknown (1 {cause})" in ended.failure(1)
        assert ended.out == ""
        assert f"  unknown: {cause}\n" in ended.err


async def test_a_registry_that_is_unreachable(server):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        ended = await find(server, url, bytes(20))
    failure = ended.failure(1)
    assert failure.startswith(f"no trusted {KIND} in 2 s: 1 candidate: 1 unknown")
    assert failure.endswith(f"(1 unreachable: {url}: Connection refused)")


async def test_verify_says_all_three_and_is_0_only_if_all_are_trusted(embedded, server, registry):
    verify = ["registry", "verify", "--kind", KIND, "--registry", address_text(registry.address)]
    stranger, own_id = "07" * 32, server.key.node_id.hex()
    async with serve(node(embedded)) as url:
        good = await waypost_beside(*verify, "--rpc", url, "--json", server.record.text)
        mixed = await waypost_beside(*verify, "--rpc", url, "--json", own_id, stranger)
        text = await waypost_beside(*verify, "--rpc", url, own_id)
    down = await waypost_beside(*verify, "--rpc", url, "--json", own_id)
    assert good.status == 0
    block = embedded.head.number
    trusted = {
        "node_id": own_id, "verdict": "trusted", "why": None, "provider": 1, "block": block,
        "source": "snapshot",
    }  # fmt: skip
    assert good.data == [trusted]
    assert mixed.failure(1) == "1 of 2 servers are not to be trusted"
    refused = {"node_id": stranger, "verdict": "untrusted", "why": "not-listed", "provider": None}
    assert mixed.data == [trusted, refused | {"block": block, "source": "snapshot"}]
    assert "verdict   trusted" in text.out
    assert down.failure(1).startswith("1 of 1 servers could not be verified: unreachable: http")
    assert down.data[0]["verdict"] == "unknown"


async def test_find_listens_where_it_is_told(embedded, server, registry):
    port = server.record.udp
    async with serve(node(embedded)) as url:
        busy = await find(server, url, registry.address, "--listen", f"127.0.0.1:{port}")
        free = await find(
            server, url, registry.address, "--listen", "127.0.0.1:0", timeout_s=WELL_S
        )
    assert f"UDP 127.0.0.1:{port} is in use" in busy.failure(1)
    assert free.status == 0
