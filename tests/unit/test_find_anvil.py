"""The whole way through the command line alone: a registry on anvil, nodes, and `waypost find`."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.chains import ANVIL_KEY, running_anvil
from tests.commands import PROGRAM, Ended, listening, waypost, waypost_beside
from waypost._ext.record import ENR

KIND = ("--kind", "whisper.mailserver")
PAIR = ("--pair", "whisper.mailserver=01")


@pytest.fixture
def account(tmp_path):
    """The key file of the one account that anvil has funded."""
    path = tmp_path / "account"
    path.touch(0o600)
    path.write_text(f"{ANVIL_KEY.hex()}\n")
    return path


@pytest.fixture
def key_files(tmp_path):
    paths = [tmp_path / f"server-{number}" for number in range(4)]
    for path in paths:
        assert waypost("key", "new", path).status == 0
    return paths


async def said(*arguments):
    """What a command that succeeds says with --json."""
    ended = await waypost_beside(*arguments, "--json")
    assert (ended.status, ended.err) == (0, ""), ended
    return ended.data


class Deployed:
    """A new registry, and the account that has every role in it."""

    @classmethod
    async def on(cls, rpc, account):
        (deployed,) = await said("registry", "deploy", "--rpc", rpc, "--account", account)
        registry = cls()
        registry.at = ("--rpc", rpc, "--registry", deployed["registry"])
        registry.signed = (*registry.at, "--account", account)
        return registry

    async def ask(self, *arguments):
        return await said("registry", *arguments, *self.at)

    async def send(self, *arguments):
        """What a transaction did, apart from where it is now."""
        done = await said("registry", *arguments, *self.signed)
        assert all(each.pop("transaction") and each.pop("block") for each in done)
        return done


async def test_providers_and_servers_from_the_command_line(anvil, account, key_files):
    registry = await Deployed.on(anvil, account)
    listed = await registry.send("server", "add", "--provider", "1", *KIND, *key_files[:2])
    ids = [each["node_id"] for each in listed]
    assert listed == [{"node_id": id_, "kind": KIND[1], "provider": 1} for id_ in ids]

    assert await registry.send("provider", "register") == [{"provider": 2}]
    active = {"provider": 2, "status": "active"}
    assert await registry.send("provider", "activate", "2") == [active]
    await registry.send("server", "add", "--provider", "2", *KIND, key_files[2])
    removed = await registry.send("server", "remove", *KIND, ids[1])
    assert removed == [{"node_id": ids[1], "kind": KIND[1]}]
    suspended = {"provider": 2, "status": "suspended"}
    why = ("--reason", "lost its keys")
    assert await registry.send("provider", "suspend", "2", *why) == [suspended]

    (funder,) = await said("key", "show", account)
    owned = {"owner": funder["address"], "epoch": 1}
    assert await registry.ask("provider", "list") == [
        {"provider": 1, "status": "active", **owned},
        {**suspended, **owned},
    ]
    listing = await registry.ask("server", "list", *KIND)
    assert [(each["provider"], each["status"]) for each in listing] == [
        (1, "active"),
        (2, "active"),
    ]
    assert listing[0]["node_id"] == ids[0]


async def test_what_the_registry_refuses_is_told_in_its_words(anvil, account, key_files):
    registry = await Deployed.on(anvil, account)
    suspend = ("registry", "provider", "suspend", "1", *registry.at)
    refused = (await waypost_beside(*suspend, "--account", key_files[0])).failure(1)
    assert refused.startswith("suspendProvider: the chain refused it: ")
    add = ("registry", "server", "add", "--provider", "9", *KIND, key_files[0])
    assert "UnknownProvider(id=9)" in (await waypost_beside(*add, *registry.signed)).failure(1)
    deploy = ("registry", "deploy", "--rpc", anvil, "--chain-id", "1", "--account", account)
    wrong = await waypost_beside(*deploy)
    assert f"wrong-chain: {anvil} serves 31337, not 1" in wrong.failure(1)


async def test_find_picks_a_trusted_server_and_no_other(anvil, account, key_files):
    registry = await Deployed.on(anvil, account)
    listed = await registry.send("server", "add", "--provider", "1", *KIND, *key_files[:2])
    trusted = {each["node_id"] for each in listed}
    async with AsyncExitStack() as stack:
        bootnode = await stack.enter_async_context(listening())
        records = [
            await stack.enter_async_context(
                listening(*PAIR, "--key", path, "--bootnode", bootnode)
            )
            for path in key_files[:3]
        ]
        assert trusted < {ENR.parse(record).node_id.hex() for record in records}
        for _ in range(3):
            ended = await waypost_beside(
                "find", *KIND, "--bootnode", bootnode, *registry.at, "--json"
            )
            (picked,) = ended.data
            assert (ended.status, picked["provider"], picked["own"]) == (0, 1, False)
            assert picked["node_id"] in trusted
            assert picked["enr"] in records


async def test_a_chain_that_stops_half_way_leaves_its_servers_unknown(account, key_files):
    async with AsyncExitStack() as nodes:
        with running_anvil() as rpc:
            registry = await Deployed.on(rpc, account)
            await registry.send("server", "add", "--provider", "1", *KIND, key_files[0])
            bootnode = await nodes.enter_async_context(listening())
            serving = (*PAIR, "--bootnode", bootnode)
            await nodes.enter_async_context(listening(*serving, "--key", key_files[1]))
            find = ("find", *KIND, "--bootnode", bootnode, *registry.at, "--timeout", "25")
            process = await asyncio.create_subprocess_exec(
                *PROGRAM,
                *find,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            assert (await process.stderr.readline()).endswith(b"untrusted: not-listed\n")
        listed = await nodes.enter_async_context(listening(*serving, "--key", key_files[0]))
        out, err = await asyncio.wait_for(process.communicate(), 60.0)
    ended = Ended(process.returncode, out.decode(), err.decode())
    assert f"2 candidates: 1 untrusted (1 not-listed), 1 unknown (1 unreachable: {rpc}" in (
        ended.failure(1)
    )
    seen, _ = ended.err.splitlines()
    assert ENR.parse(listed).node_id.hex()[:16] in seen
    assert seen.endswith(f"unknown: unreachable: {rpc}: Connection refused")
    assert ended.out == ""
