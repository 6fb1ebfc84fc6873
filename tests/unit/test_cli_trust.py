"""`waypost trust`: the user's choice, and that the other verbs keep to it."""

import asyncio
import json
import stat

import pytest
from aiohttp import web

from tests.chains import ANVIL_KEY, node, serve
from tests.commands import waypost, waypost_beside, waypost_process
from tests.faults import faulty, lie, on, other_block
from waypost._ext.digest import keccak256
from waypost._ext.record import ENR
from waypost.keys import PrivateKey
from waypost.net.discv5.node import Node
from waypost.net.rpc import ChainRpc
from waypost.net.trust.policy_file import load_policy, save_policy
from waypost.net.trust.registry import Registry
from waypost.trust.address import address_text
from waypost.trust.policy import GrantAt, RegistryTrust, TrustPolicy
from waypost.trust.state_roots import AgreedRoots, EndpointRoots, LightClientRoots

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OTHER = "0x2C1500ce29a524fB6deE7F4c10877d56F92405Cf"
HERE = ("--registry", ADDRESS, "--chain-id", "1")
KIND = ("--kind", "whisper.mailserver")
NODE_ID = "07" * 32
SECRET = "https://user:hunter2@node.example:8545/v3/hunter2?key=hunter2"


@pytest.fixture
def file(monkeypatch, tmp_path):
    """Where the policy of this test is."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "waypost" / "trust.toml"


@pytest.fixture
async def registry(embedded):
    """A registry on an embedded chain, of which provider 2 is pending."""
    with PrivateKey.from_bytes(ANVIL_KEY) as account:
        async with await Registry.deploy(embedded, account) as deployed:
            await deployed.register_provider("https://two.example")
            yield deployed


def policy_of(file):
    return load_policy(file).of(1, ADDRESS)


def keep(file, trust):
    save_policy(TrustPolicy().with_registry(1, ADDRESS, trust), file)


# ---- the file


def test_out_of_the_box(file):
    shown = waypost("trust", "show", "--json")
    assert shown.data == [
        {
            "policy": str(file),
            "exists": False,
            "default_providers": [1],
            "default_grant_at": "latest",
        }
    ]
    assert "(not there: these are the defaults)" in waypost("trust", "show").out
    assert not file.parent.exists()


def test_a_policy_is_made_step_by_step_and_shown(file):
    with PrivateKey.generate() as key:
        record = ENR.create(key, udp=9000)
    for step in (
        ["add", ADDRESS, "--chain-id", "1"],
        ["provider", "add", "7", "9"],
        ["provider", "remove", "9"],
        ["grant", "finalized"],
        ["roots", "agreed", "--need", "2", SECRET, "ws://b.example", "ipc:/run/c.ipc"],
        ["server", "add", record.text, NODE_ID],
    ):
        ended = waypost("trust", *step)
        assert (ended.status, ended.err) == (0, f"written: {file}\n"), ended
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    agreed = AgreedRoots(2, (SECRET, "ws://b.example", "ipc:/run/c.ipc"))
    wanted = RegistryTrust(frozenset({1, 7}), GrantAt.FINALIZED, agreed)
    policy = TrustPolicy().with_registry(1, ADDRESS, wanted)
    assert load_policy(file) == policy.with_own_servers([record, bytes.fromhex(NODE_ID)])
    head, registry, *servers = waypost("trust", "show", "--json").data
    assert head["exists"]
    assert registry == {
        "registry": ADDRESS,
        "chain_id": 1,
        "providers": [1, 7],
        "grant_at": "finalized",
        "state_roots": {
            "agree": 2,
            "endpoints": ["https://node.example:8545/...", "ws://b.example", "ipc:/run/c.ipc"],
        },
        "endpoints": [],
    }
    mine = {"node_id": record.node_id.hex(), "own": True, "enr": record.text}
    assert mine in servers
    assert {"node_id": NODE_ID, "own": True, "enr": None} in servers
    text = waypost("trust", "show").out
    assert "2 of 3 endpoints agree on: https://node.example:8545/..., ws://b.example" in text
    assert "hunter2" not in text + json.dumps(registry)


def test_what_was_added_can_be_removed(file):
    waypost("trust", "add", ADDRESS, "--chain-id", "1", "--trust", "7")
    waypost("trust", "server", "add", NODE_ID)
    assert policy_of(file).providers == {1, 7}
    (data,) = waypost("trust", "server", "remove", NODE_ID, "--json").data
    assert data == {"node_id": NODE_ID, "own": False}
    other = waypost("trust", "remove", "0x" + "ab" * 20)
    assert "does not tell which registry" in other.failure(2)
    ended = waypost("trust", "remove", ADDRESS)
    assert "is forgotten; whoever uses it all the same trusts providers 1" in ended.out
    assert load_policy(file) == TrustPolicy()


def test_a_first_provider_leaves_the_default_one_trusted_unless_it_is_removed(file):
    (data,) = waypost("trust", "provider", "add", "7", *HERE, "--json").data
    assert data["providers"] == [1, 7]
    (data,) = waypost("trust", "provider", "remove", "1", *HERE, "--json").data
    assert data["providers"] == [7]
    assert load_policy(file).providers_of(2, ADDRESS) == {1}
    assert "none" in waypost("trust", "provider", "remove", "7").out


@pytest.mark.parametrize(
    ("verb", "wanted"),
    [
        (["endpoint"], EndpointRoots()),
        (["agreed", "https://a", "https://b"], AgreedRoots(2, ("https://a", "https://b"))),
        (["light-client", SECRET], LightClientRoots(SECRET)),
        (["none"], None),
    ],
)
def test_sources_of_state_roots(file, verb, wanted):
    keep(file, RegistryTrust(frozenset({3}), GrantAt.FINALIZED, EndpointRoots()))
    ended = waypost("trust", "roots", *verb)
    assert policy_of(file) == RegistryTrust(frozenset({3}), GrantAt.FINALIZED, wanted)
    assert "hunter2" not in ended.out + ended.err


def test_another_file(file, tmp_path):
    other = tmp_path / "other.toml"
    waypost("trust", "provider", "add", "7", *HERE, "--policy", other)
    assert load_policy(other).providers_of(1, ADDRESS) == {1, 7}
    assert not file.exists()
    assert waypost("trust", "show", "--policy", other, "--json").data[0]["policy"] == str(other)


def test_a_registry_is_named_by_the_file_of_its_deployment(file, tmp_path):
    deployment = tmp_path / "31337.json"
    deployment.write_text(json.dumps({"chainId": 31337, "address": ADDRESS, "more": 0}))
    assert waypost("trust", "add", deployment).status == 0
    assert load_policy(file).registries.keys() == {(31337, bytes.fromhex(ADDRESS[2:]))}
    wrong = waypost("trust", "add", deployment, "--chain-id", "1")
    assert "is of chain 31337, not 1" in wrong.failure(2)
    for content in ("[]", "{", '{"chainId": 1}', '{"chainId": "x", "address": "0x"}'):
        deployment.write_text(content)
        assert "is no deployment" in waypost("trust", "add", deployment).failure(2)
    assert "No such file" in waypost("trust", "add", tmp_path / "none.json").failure(2)


# ---- errors of one line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add", ADDRESS], "on which chain is it? Give --chain-id"),
        (["add", ADDRESS.lower()[:-1], "--chain-id", "1"], "40 hexadecimal digits"),
        (["add", ADDRESS, "--chain-id", "1", "--rpc", "x"], "http://127.0.0.1"),
        (["provider", "add", "0"], "0 is not in the range"),
        (["provider", "add", "7", "--chain-id", "9"], "keep one with `waypost trust add`"),
        (["provider", "add", "7"], "which of these: 0x2C15"),
        (["provider", "remove", "8", *HERE], "provider 8 is not trusted there anyway"),
        (["provider", "show", *HERE], f"`waypost trust add {ADDRESS} --chain-id 1 --rpc URL`"),
        (["remove", *HERE[:2], "--chain-id", "5"], "has no such registry"),
        (["grant", "safe", *HERE], "latest"),
        (["roots", "agreed", "https://a", *HERE], "1 of 1 endpoints cannot agree"),
        (["roots", "agreed", "https://a", "https://a", *HERE], "named twice"),
        (["roots", "light-client", "hunter2", *HERE], "an RPC endpoint is a URL such as"),
        (["server", "add", "x"], "neither a record (enr:...) nor a node id"),
        (["server", "remove", NODE_ID], "is not among your own servers"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_asked_wrongly_changes_nothing(file, arguments, says):
    policy = TrustPolicy().with_providers(1, ADDRESS, [1]).with_providers(1, OTHER, [1])
    save_policy(policy, file)
    ended = waypost("trust", *arguments)
    assert says in ended.failure(2)
    assert "hunter2" not in ended.err
    assert load_policy(file) == policy


async def test_two_commands_at_once_lose_nothing(file):
    add = [waypost_process("trust", "provider", "add", str(id_), *HERE) for id_ in (7, 8)]
    assert [ended.status for ended in await asyncio.gather(*add)] == [0, 0]
    assert policy_of(file).providers == {1, 7, 8}


# ---- with a node


async def test_a_registry_that_is_not_there_is_not_kept(file, embedded, registry):
    address = address_text(registry.address)
    async with serve(node(embedded)) as url:
        add = ("trust", "add", "--rpc", url)
        wrong = await waypost_beside(*add, address, "--chain-id", "5")
        absent = await waypost_beside(*add, OTHER)
        assert f"wrong-chain: {url} serves 31337, not 5" in wrong.failure(1)
        assert "no contract at" in absent.failure(1)
        assert not file.exists()
        right = await waypost_beside(*add, address, "--json")
    assert right.data[0]["endpoints"] == [url]
    assert load_policy(file).of(31337, address).endpoints == (url,)


async def test_one_of_several_nodes_may_be_down(file, embedded, registry):
    address = address_text(registry.address)
    async with serve(node(embedded)) as url:
        add = ("trust", "add", address, "--rpc", "http://127.0.0.1:1", "--chain-id", "31337")
        alone = await waypost_beside(*add)
        assert "unreachable: http://127.0.0.1:1" in alone.failure(1)
        assert not file.exists()
        both = await waypost_beside(*add, "--rpc", url)
        assert "kept, but not asked: unreachable: http://127.0.0.1:1: " in both.err
    endpoints = load_policy(file).of(31337, address).endpoints
    assert (both.status, endpoints) == (0, ("http://127.0.0.1:1", url))


async def test_providers_are_looked_up_before_they_are_trusted(file, embedded, registry):
    save_policy(TrustPolicy().with_providers(31337, registry.address, [1]), file)
    async with serve(node(embedded)) as url:
        add = ("trust", "provider", "add", "--rpc", url)
        absent = await waypost_beside(*add, "2", "3")
        assert "there is no provider 3: nothing was changed" in absent.failure(1)
        assert load_policy(file).providers_of(31337, registry.address) == {1}
        pending = await waypost_beside(*add, "2")
    assert "provider 2 is pending: until that changes" in pending.err
    assert load_policy(file).providers_of(31337, registry.address) == {1, 2}


async def test_a_description_is_shown_only_if_its_hash_matches(file, embedded, registry):
    document = b'{"name": "Two"}'

    async def describe(_request):
        return web.Response(body=document)

    trust = RegistryTrust(frozenset({1, 2}))
    policy = TrustPolicy().with_registry(31337, registry.address, trust)
    async with serve(node(embedded)) as url, serve(describe) as uri:
        save_policy(policy, file)
        ask = ("trust", "show", "--rpc", url, "--json")
        await registry.set_provider_metadata(2, uri, keccak256(document))
        plain = (await waypost_beside(*ask)).data
        good = (await waypost_beside(*ask, "--fetch")).data
        await registry.set_provider_metadata(2, uri, keccak256(b"other"))
        bad = (await waypost_beside(*ask, "--fetch")).data
        text = await waypost_beside("trust", "provider", "show", "--rpc", url, "--fetch")
        waypost("trust", "provider", "add", "7")
        (*_, nobody) = (await waypost_beside(*ask, "--fetch")).data
    assert plain[3] == {
        "provider": 2,
        "status": "pending",
        "metadata": None,
        "metadata_error": None,
    }
    assert good[3]["metadata"]["name"] == "Two"
    assert (nobody["provider"], nobody["status"], nobody["metadata_error"]) == (7, "none", None)
    assert bad[3]["metadata"] is None
    assert "does not match its hash" in bad[3]["metadata_error"]
    assert "not shown  the description does not match its hash" in text.out
    assert "Two" not in text.out
    down = await waypost_beside("trust", "show", "--rpc", url)
    assert (down.status, "not asked about: unreachable" in down.out) == (0, True)


async def test_find_needs_only_a_kind_and_a_bootnode(file, embedded, registry):
    with PrivateKey.generate() as key:
        pairs = {"whisper.mailserver": b"\x01"}
        async with (
            Node(key, listen="127.0.0.1:0", pairs=pairs) as server,
            serve(node(embedded)) as url,
        ):
            consent = await registry.consent("whisper.mailserver", key.node_id, 1)
            await registry.add_servers(1, [consent.signed_by(key.secret_key)])
            trust = RegistryTrust(endpoints=("http://127.0.0.1:1", url))
            save_policy(TrustPolicy().with_registry(31337, registry.address, trust), file)
            find = ("find", *KIND, "--bootnode", server.record.text, "--json")
            found = await waypost_beside(*find)
            (data,) = found.data
            assert data["enr"] == server.record.text
            assert f"whom to trust: {file}" in found.err
            verify = ("registry", "verify", *KIND, key.node_id.hex(), "--rpc", url)
            verify += ("--registry", address_text(registry.address))
            assert (await waypost_beside(*verify)).status == 0
            waypost("trust", "provider", "remove", "1")
            refused = await waypost_beside(*find, "--timeout", "2")
            assert "1 provider-not-trusted" in refused.failure(1)
            assert (await waypost_beside(*verify)).status == 1
            assert (await waypost_beside(*verify, "--trust", "1")).status == 0


async def test_a_policy_that_wants_proofs_gets_them(file, embedded, registry):
    """Whether the chain is named or not: a node could name one of which no proofs are wanted."""
    address = address_text(registry.address)
    there = ("registry", "verify", *KIND, "--registry", address, "--json", NODE_ID)
    async with faulty(ChainRpc(embedded)) as proxy:
        kept = RegistryTrust(state_roots=EndpointRoots(), endpoints=(proxy.http,))
        policy = TrustPolicy().with_registry(31337, registry.address, kept)
        save_policy(policy, file)
        for more in ((), ("--rpc", proxy.http), ("--chain-id", "31337"), ("--trust", "1")):
            (verdict,) = (await waypost_beside(*there, *more)).data
            assert (verdict["why"], verdict["source"]) == ("not-listed", "proof")
        proxy.script = on("eth_chainId", other_block("0x1"))
        ended = await waypost_beside(*there, "--rpc", proxy.http)
        assert f"wrong-chain: {proxy.http} serves 1, not 31337" in ended.failure(1)
        proxy.script = on("eth_getProof", lie)
        assert "bad-proof" in (await waypost_beside(*there)).failure(1)
        save_policy(policy.with_registry(1, registry.address, RegistryTrust()), file)
        ended = await waypost_beside(*there, "--rpc", proxy.http)
        assert "give its --chain-id" in ended.failure(2)
