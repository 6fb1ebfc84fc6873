"""Proofs on the command line: written, checked without a node, and asked for."""

import json

import pytest

from tests.chains import ANVIL_KEY, node, serve
from tests.commands import Ended, waypost, waypost_beside
from tests.faults import faulty, lie, on
from waypost._ext.secp256k1 import SecretKey
from waypost.config import PROOF_SIZE_MAX_B
from waypost.keys import PrivateKey
from waypost.net.rpc import ChainRpc
from waypost.net.trust.registry import Registry
from waypost.trust.address import address_text

KIND = ("--kind", "whisper.mailserver")
SERVER = SecretKey(b"\x07" * 32)
LISTED, STRANGER = SERVER.node_id.hex(), "08" * 32
HASH = "11" * 32


@pytest.fixture(autouse=True)
def _no_policy(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture
async def registry(embedded):
    """A registry on an embedded chain, in which provider 1 lists one server."""
    with PrivateKey.from_bytes(ANVIL_KEY) as account:
        async with await Registry.deploy(embedded, account) as registry:
            consent = await registry.consent("whisper.mailserver", SERVER.node_id, 1)
            await registry.add_servers(1, [consent.signed_by(SERVER)])
            yield registry


@pytest.fixture
def here(registry):
    return (*KIND, "--registry", address_text(registry.address), "--chain-id", "31337")


async def prove(embedded, here, path, *servers: str) -> str:
    """Writes a proof; the hash of its block."""
    async with serve(node(embedded)) as url:
        ended = await waypost_beside(
            "registry", "prove", *here, "--rpc", url, "--out", path, "--json", *servers
        )
    (told,) = ended.data
    assert (ended.status, told["servers"], told["bytes"]) == (
        0, len(servers), path.stat().st_size
    )  # fmt: skip
    assert told["block"] == embedded.head.number
    return str(told["header"])


def check(here, path, header: str, *more: str) -> Ended:
    return waypost(
        "registry", "verify", *here, "--proof", path, "--header", header, "--json", *more
    )


async def test_a_proof_is_checked_without_a_node(embedded, here, tmp_path):
    path = tmp_path / "proof.json"
    header = await prove(embedded, here, path, LISTED, STRANGER)
    ended = check(here, path, header)
    assert ended.failure(1) == "1 of 2 servers are not to be trusted"
    assert [verdict["why"] for verdict in ended.data] == [None, "not-listed"]
    assert {verdict["source"] for verdict in ended.data} == {"proof"}
    assert {verdict["block"] for verdict in ended.data} == {embedded.head.number}
    assert check(here, path, header, LISTED).status == 0
    assert check(here, path, header, "--trust", "2", LISTED).failure(1)
    assert "not about server" in check(here, path, header, "09" * 32).failure(2)


async def test_only_what_the_user_says_of_a_proof_counts(embedded, here, registry, tmp_path):
    path = tmp_path / "proof.json"
    header = await prove(embedded, here, path, LISTED)
    assert "wrong-block" in check(here, path, HASH).failure(1)
    chain = ("--chain-id", "1", *here[:4])
    assert "wrong-registry" in check(chain, path, header).failure(1)
    other = (*KIND, "--registry", f"0x{'11' * 20}", "--chain-id", "31337")
    assert "wrong-registry" in check(other, path, header).failure(1)
    assert "wrong-kind" in check(("--kind", "push.notify", *here[2:]), path, header).failure(1)
    document = json.loads(path.read_text())
    document["nodes"][-1] = document["nodes"][-1][:-1] + "0"
    path.write_text(json.dumps(document))
    assert "bad-proof" in check(here, path, header).failure(1)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--header", HASH], "give its --header"),
        (["--proof", "p.json"], "give its --header"),
        (["--proof", "p.json", "--header", "0x12"], "hash of a block is 32 bytes"),
        (["--proof", "p.json", "--header", HASH, "--rpc", "http://a"], "asks no node"),
        (["--proof", "p.json", "--header", HASH, "--state-root", "http://a"], "asks no node"),
        (["--proof", "/nowhere/p.json", "--header", HASH], "cannot read /nowhere/p.json"),
        (["--rpc", "http://a", "--agree", "2", LISTED], "--agree is about several"),
        (["--rpc", "http://a", "--state-root", "ftp://a", LISTED], "an RPC endpoint is a URL"),
        (
            ["--rpc", "http://a", *("--state-root", "http://a") * 2, LISTED],
            "an endpoint is named twice",
        ),
        (
            [*("--state-root", "http://a", "--state-root", "http://b"), "--agree", "3", LISTED],
            "3 of 2 endpoints cannot agree",
        ),
    ],
)
def test_mistakes_are_named_on_one_line(here, arguments, problem):
    assert problem in waypost("registry", "verify", *here, *arguments).failure(2)


def test_a_file_that_can_be_no_proof_is_not_read_whole(here, tmp_path):
    path = tmp_path / "p.json"
    with path.open("wb") as file:
        file.truncate(PROOF_SIZE_MAX_B + 1)
    asked = waypost("registry", "verify", *here, "--proof", path, "--header", HASH)
    assert f"p.json has more than {PROOF_SIZE_MAX_B} bytes" in asked.failure(2)


def test_proofs_need_the_chain_from_the_user():
    there = ("--rpc", "http://127.0.0.1:1", "--registry", f"0x{'11' * 20}")
    for verb in (["find"], ["registry", "verify", LISTED]):
        ended = waypost(*verb, *KIND, *there, "--state-root", "http://127.0.0.1:1")
        assert "give its --chain-id" in ended.failure(2)


async def test_a_proof_that_cannot_be_written(embedded, here):
    async with serve(node(embedded)) as url:
        prove = ("registry", "prove", *here, "--rpc", url, "--out", "/nowhere/p.json", LISTED)
        assert "cannot write the proof" in (await waypost_beside(*prove)).failure(2)


async def test_state_roots_of_nodes_that_agree(embedded, here):
    """The node that proves is none of them, and lies at last."""
    verify = ("registry", "verify", *here, LISTED, "--json")
    async with (
        serve(node(embedded)) as one,
        serve(node(embedded)) as two,
        faulty(ChainRpc(embedded)) as proxy,
    ):
        roots = ("--state-root", one, "--state-root", two, "--state-root", "http://127.0.0.1:1")
        asked = (*verify, "--rpc", proxy.http, *roots)
        ended = await waypost_beside(*asked, "--agree", "2")
        assert (ended.status, ended.data[0]["source"]) == (0, "proof")
        assert "no-agreement" in (await waypost_beside(*asked)).failure(1)  # all are needed
        ended = await waypost_beside(*verify, "--rpc", proxy.http, "--state-root", one)
        assert ended.status == 0
        proxy.script = on("eth_getProof", lie)
        assert "bad-proof" in (await waypost_beside(*asked, "--agree", "2")).failure(1)
