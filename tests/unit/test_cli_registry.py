"""Every verb of `waypost registry`: refused to a stranger, rehearsed, then done; and its reads."""

import asyncio
import json
import re
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web

from tests.chains import ANVIL_KEY, GENESIS_S, ask, node, serve
from tests.commands import waypost, waypost_beside
from waypost._ext.digest import keccak256
from waypost._ext.record import ENR
from waypost.keys import PrivateKey

KIND = ("--kind", "whisper.mailserver")
SALT = "0x" + "5a" * 32
ONE_ETHER = hex(10**18)


class Desk:
    """A registry and the accounts that work on it: an admin, another provider, a stranger."""

    def __init__(self, rpc: str, folder: Path) -> None:
        self.rpc = rpc
        self.folder = folder
        self.addresses: dict[str, str] = {}
        for number, name in enumerate(("admin", "other", "stranger"), 1):
            secret = ANVIL_KEY if name == "admin" else bytes([number]) * 32
            self.addresses[name] = self.key(name, secret).checksum_address

    def key(self, name: str, secret: bytes) -> PrivateKey:
        key = PrivateKey.from_bytes(secret)
        key.save(self.folder / name)
        return key

    async def run(self, *arguments: object, account: str = "") -> list[dict[str, object]]:
        ended = await self.end(*arguments, account=account)
        assert (ended.status, ended.err) == (0, ""), ended
        return ended.data

    async def end(self, *arguments: object, account: str = ""):
        signed = ("--account", self.folder / account) if account else ()
        return await waypost_beside("registry", *map(str, arguments), *self.at, *signed, "--json")

    async def do(self, *arguments: object, account: str = "admin", refused: str = "stranger"):
        """What a verb did, after a stranger was refused and a dry run changed nothing."""
        before = await self.nonces()
        if refused:
            failure = (await self.end(*arguments, account=refused)).failure(1)
            assert ": the chain refused it: " in failure
            rehearsed = (await self.end(*arguments, "--dry-run", account=refused)).failure(1)
            assert rehearsed == failure
        told = await self.run(*arguments, "--dry-run", account=account)
        assert all(each["dry_run"] and each["gas"] > 20_000 for each in told)
        assert told
        assert await self.nonces() == before
        done = await self.run(*arguments, account=account)
        assert await self.nonces() != before
        return [
            {k: v for k, v in each.items() if k not in ("transaction", "block")} for each in done
        ]

    async def nonces(self) -> list[int]:
        return await asyncio.gather(
            *(
                asyncio.to_thread(ask, self.rpc, "eth_getTransactionCount", address, "latest")
                for address in self.addresses.values()
            )
        )


@pytest.fixture(params=["embedded", "anvil"])
async def desk(request, tmp_path):
    async with AsyncExitStack() as stack:
        if request.param == "anvil":
            rpc = request.getfixturevalue("anvil")
        else:
            chain = request.getfixturevalue("embedded")
            rpc = await stack.enter_async_context(serve(node(chain)))
        desk = Desk(rpc, tmp_path)
        desk.clock_moves = request.param == "anvil"
        if desk.clock_moves:
            for name in ("other", "stranger"):
                ask(rpc, "anvil_setBalance", desk.addresses[name], ONE_ETHER)
        desk.at = ("--rpc", rpc)
        (made,) = await desk.run("deploy", "--admin-delay", 0, account="admin")
        desk.at = ("--rpc", rpc, "--registry", made["registry"])
        desk.registry = made["registry"]
        yield desk


def servers(desk: Desk, *numbers: int) -> list[Path]:
    for number in numbers:
        if not (desk.folder / f"node{number}").exists():
            desk.key(f"node{number}", bytes([number + 16]) * 32)
    return [desk.folder / f"node{number}" for number in numbers]


def node_id(path: Path) -> str:
    return PrivateKey.load(path).node_id.hex()


async def test_the_life_of_a_provider(desk):
    document = desk.folder / "document.json"
    document.write_text('{"name": "Two", "website": "https://two.example"}')
    described = ("--metadata", document, "--metadata-uri", "https://two.example/waypost.json")
    assert await desk.do("provider", "register", account="other", refused="") == [{"provider": 2}]
    assert await desk.do("provider", "set-metadata", 2, *described, account="other") == [
        {
            "provider": 2,
            "metadata_uri": described[3],
            "metadata_hash": keccak256(document.read_bytes()).hex(),
        }
    ]
    await desk.do("provider", "activate", 2, "--reason", "reviewed", refused="other")
    await desk.do("provider", "set-status", 2, "challenged")
    await desk.do("provider", "suspend", 2)
    await desk.do("provider", "set-status", 2, "active")
    operator = ("provider", "operator")
    await desk.do(*operator, "add", 2, desk.addresses["admin"], account="other")
    (until,) = await desk.do("provider", "heartbeat", 2, "--until", "+2d")
    asked = ("read", "isOperator", 2, desk.addresses["admin"])
    assert (await desk.run(*asked))[0]["result"] is True
    await desk.do(*operator, "remove", 2, desk.addresses["admin"], account="other")
    assert (await desk.run(*asked))[0]["result"] is False

    await desk.do("provider", "transfer", 2, desk.addresses["admin"], account="other")
    (shown,) = await desk.run("provider", "show", 2, "--metadata", document)
    assert shown == {
        "provider": 2,
        "status": "active",
        "owner": desk.addresses["other"],
        "epoch": 1,
        "pending_owner": desk.addresses["admin"],
        "valid_until": until["valid_until"],
        "flags": 0,
        "metadata_hash": keccak256(document.read_bytes()).hex(),
        "metadata_uri": described[3],
        "metadata": {
            "name": "Two",
            "website": "https://two.example",
            "description": "",
            "contact": "",
        },
    }
    await desk.do("provider", "cancel", 2, account="other")
    refused = (await desk.end("provider", "accept", 2, account="admin")).failure(1)
    assert "NotPendingOwner" in refused
    await desk.do("provider", "transfer", 2, desk.addresses["admin"], account="other")
    await desk.do("provider", "accept", 2)
    await desk.do("provider", "bump-epoch", 2, refused="other")
    unsure = (await desk.end("provider", "retire", 2, account="admin")).failure(2)
    assert unsure == "End provider 2 for ever? Say --yes: there is no terminal to ask"
    await desk.do("provider", "retire", 2, "--yes")
    assert [each["status"] for each in await desk.run("provider", "list")] == ["active", "removed"]
    gone = (await desk.end("provider", "activate", 2, account="admin")).failure(1)
    assert "retired for ever" in gone
    document.write_text("{}")
    told = (await desk.end("provider", "show", 2, "--metadata", document)).failure(1)
    assert told == "the description does not match its hash: not shown"


async def test_the_life_of_servers(desk):
    paths = servers(desk, 1, 2, 3)
    ids = [node_id(path) for path in paths]
    record = ENR.create(PrivateKey.load(paths[0])).text
    add = ("server", "add", *KIND, "--provider", 1)
    unsigned = (await desk.end(*add, "--enr", record, paths[1], account="admin")).failure(2)
    assert f"node {ids[0]} has not signed" in unsigned
    listed = await desk.do(*add, "--expires", "+1d", "--enr", record, *paths)
    assert listed == [{"node_id": id_, "kind": KIND[1], "provider": 1} for id_ in ids]
    again = await desk.run(*add, *paths, account="admin")
    assert [each["transaction"] for each in again] == [None] * 3

    await desk.do("server", "renew", *KIND, "--expires", "never", *ids)
    await desk.do("server", "flags", *KIND, "--flags", 5, ids[0], record)
    shown = await desk.run("server", "show", *KIND, ids[0], "ff" * 32)
    assert [(each["status"], each["flags"]) for each in shown] == [("active", 5), ("none", 0)]
    assert [each["node_id"] for each in await desk.run("server", "list", *KIND)] == ids

    await desk.do("provider", "register", account="other", refused="")
    await desk.do("provider", "activate", 2)
    move = ("server", "move", *KIND, "--provider", 2, paths[0])
    await desk.do(*move, account="other")
    await desk.do("server", "release", *KIND, paths[0], account="stranger", refused="")
    names = desk.folder / "names"
    names.write_text(f"# those that go\n{ids[1]}\n")
    await desk.do("server", "remove", *KIND, "--from", names, ids[2])
    states = await desk.run("server", "show", *KIND, *ids)
    assert [(each["status"], each["nonce"]) for each in states] == [
        ("removed", 3),
        ("removed", 1),
        ("removed", 1),
    ]
    never = (await desk.end("server", "remove", *KIND, "ff" * 32, account="admin")).failure(1)
    assert "NotListed" in never


async def test_what_a_provider_dropped_is_listed_as_dropped(desk):
    dropped, anew = servers(desk, 1, 2)
    add = ("server", "add", *KIND, "--provider", 1)
    await desk.do(*add, dropped, anew)
    await desk.do("provider", "bump-epoch", 1)
    await desk.do(*add, anew)
    listed = await desk.run("server", "list", *KIND)
    assert {each["node_id"]: each["status"] for each in listed} == {
        node_id(dropped): "dropped",
        node_id(anew): "active",
    }


async def test_a_person_is_told_what_was_paid(desk):
    account = ("--account", desk.folder / "admin")
    add = ("registry", "server", "add", *KIND, "--provider", 1, *servers(desk, 1), *account)
    first = await waypost_beside(*map(str, (*add, *desk.at)))
    id_ = node_id(servers(desk, 1)[0])
    assert first.out == f"listed {id_}\n"
    assert re.fullmatch(r"0x[0-9a-f]{64} is in block \d+: [\d,]+ gas, \S+ paid\n", first.err)
    again = await waypost_beside(*map(str, (*add, *desk.at)))
    assert (again.out, again.err) == (f"already listed: {id_}\n", "")
    rehearsed = await waypost_beside(
        "registry", "halt", *map(str, (*account, *desk.at)), "--dry-run"
    )
    assert re.match(r"setHalted would take [\d,]+ gas: a fee of about ", rehearsed.out)


async def test_consents_that_were_signed_elsewhere(desk):
    one, two = servers(desk, 1, 2)
    chain = ("--chain-id", 31337, "--nonce", 0)
    sign = ("registry", "sign", "--registry", desk.registry, *KIND, "--provider", 1)
    asked = desk.folder / "asked"
    ended = await waypost_beside(*map(str, (*sign, "--rpc", desk.rpc, "--out", asked, one)))
    assert (ended.status, ended.err) == (0, "")
    until = GENESIS_S + 86_400
    ended = waypost(*map(str, (*sign, *chain, "--until", until, "--json", two)))
    assert json.loads(ended.out)["deadline"] == until
    told = desk.folder / "told"
    told.write_text(ended.out)
    consents = ("--consent", asked, "--consent", told)
    add = ("server", "add", *KIND, "--provider")
    wrong = (await desk.end(*add, 2, *consents, account="admin")).failure(2)
    assert "another provider, 1" in wrong
    kind = await desk.end(
        "server", "add", "--kind", "a", "--provider", 1, *consents, account="admin"
    )
    assert "another kind" in kind.failure(2)
    await desk.do(*add, 1, *consents)

    leave = desk.folder / "leave"
    ended = await waypost_beside(
        *map(str, (*sign, "--release", "--rpc", desk.rpc, "--out", leave, one, two))
    )
    assert ended.status == 0
    mixed = await desk.end("server", "release", *KIND, *consents, account="stranger")
    assert "sign with --release" in mixed.failure(2)
    await desk.do("server", "release", *KIND, "--consent", leave, account="stranger", refused="")
    stale = await desk.end(*add, 1, *consents, account="admin")
    assert "BadNodeSignature" in stale.failure(1)
    assert "sign a new one" in stale.failure(1)
    nothing = await waypost_beside(*map(str, (*sign, "--release", "--rpc", desk.rpc, one)))
    assert "there is nothing to leave" in nothing.failure(2)


async def test_roles_and_the_emergency_stop(desk):
    other, admin = desk.addresses["other"], desk.addresses["admin"]
    for role in ("curator", "guardian"):
        await desk.do("role", "grant", role, other)
    holders = await desk.run("role", "show")
    assert {(each["role"], each["account"]) for each in holders} == {
        ("admin", admin),
        *((role, account) for role in ("curator", "guardian") for account in (admin, other)),
    }
    await desk.do("role", "revoke", "curator", other)
    await desk.do("role", "renounce", "guardian", account="other", refused="")
    assert await desk.run("role", "show", other) == []

    await desk.do("halt")
    await desk.do("unhalt")
    await desk.do("kind", "set", KIND[1], "--ttl-min", 60, "--ttl-max", 600)
    (kind,) = await desk.run("kind", "show", KIND[1])
    assert (kind["ttl_s_min"], kind["ttl_s_max"], kind["servers"]) == (60, 600, 0)
    late = await desk.end(
        "server", "add", *KIND, "--provider", 1, *servers(desk, 1), account="admin"
    )
    assert "this kind's listings last 60 to 600 s" in late.failure(1)

    await desk.do("admin", "delay", 0)
    await desk.do("admin", "cancel-delay")
    await desk.do("admin", "begin", other)
    await desk.do("admin", "cancel")
    await desk.do("admin", "begin", other)
    (facts,) = await desk.run("show")
    assert (facts["admin"], facts["pending_admin"], facts["halted"]) == (admin, other, False)
    failure = (await desk.end("admin", "accept", account="stranger")).failure(1)
    assert "not offered to this account" in failure
    assert "the delay is not over" in (await desk.end("admin", "accept", account="other")).failure(
        1
    )
    if desk.clock_moves:
        ask(desk.rpc, "evm_increaseTime", 2)
        ask(desk.rpc, "evm_mine")
        await desk.do("admin", "accept", account="other")
        await desk.do("admin", "begin", admin, account="other", refused="admin")
        ask(desk.rpc, "evm_increaseTime", 2)
        ask(desk.rpc, "evm_mine")
        await desk.do("admin", "accept")
    await desk.do("deprecate", other, "--yes")
    again = (await desk.end("deprecate", other, "--yes", account="admin")).failure(1)
    assert "a successor is named once" in again


async def test_the_same_address_on_every_chain(desk):
    deploy = (
        "registry",
        "deploy",
        "--rpc",
        desk.rpc,
        "--account",
        desk.folder / "admin",
        "--json",
    )
    deploy = [*map(str, deploy), "--salt", SALT, "--curator", desk.addresses["other"]]
    first = await waypost_beside(*deploy, "--dry-run")
    if not desk.clock_moves:
        assert "no deployment proxy at 0x4e59b448" in first.failure(1)
        return
    (cost, would_be), (made,) = first.data, (await waypost_beside(*deploy)).data
    assert cost["function"] == "deploy"
    (again,) = (await waypost_beside(*deploy)).data
    assert made["registry"] == again["registry"] == would_be["registry"]
    assert (again["transaction"], again["salt"]) == (None, SALT)
    code = ask(desk.rpc, "eth_getCode", made["registry"], "latest")
    assert made["code_hash"] == f"0x{keccak256(bytes.fromhex(code[2:])).hex()}"
    desk.at = ("--rpc", desk.rpc, "--registry", made["registry"])
    assert {"role": "curator", "account": desk.addresses["other"]} in await desk.run(
        "role", "show"
    )
    assert "is not" in (await waypost_beside(*deploy[:6], "--salt", "0x12")).failure(2)


async def test_reads_of_the_contract(desk):
    (path,) = servers(desk, 1)
    read = {"isTrusted": (KIND[1], node_id(path), "1,2"), "providerCount": (), "kindWord": ("a",)}
    told = [await desk.run("read", name, *given) for name, given in read.items()]
    assert [each[0]["result"] for each in told] == [False, 1, 0]
    (slot,) = await desk.run("read", "resourceSlot", KIND[1], node_id(path))
    (word,) = await desk.run("read", "extsload", slot["result"])
    assert word["result"] == ["0x" + "00" * 32]
    for wrong, says in (
        (("read", "nosuch"), "is no read: choose one of CURATOR_ROLE"),
        (("read", "bumpEpoch", 1), "is no read"),
        (("read", "kindWord"), "kindWord takes (bytes32)"),
        (("read", "providerSlot", "x"), "'x' is no uint32"),
    ):
        assert says in (await desk.end(*wrong)).failure(2)


async def test_a_description_from_where_the_provider_says(desk):
    document = b'{"name": "\\u001b[31mTwo\\u202e", "website": 7}'
    served = {"/good": document, "/big": b" " * 70_000}

    async def answer(request):
        if request.path == "/loop":
            raise web.HTTPFound("/loop")
        if request.path == "/away":
            raise web.HTTPFound("ftp://127.0.0.1/x")
        if request.path == "/near":
            raise web.HTTPFound("/good")
        return web.Response(body=served.get(request.path, b"{}"))

    path = desk.folder / "document"
    path.write_bytes(document)
    async with serve(answer) as url:
        for where, says in {
            "/near": "",
            "/other": "does not match its hash",
            "/big": "more than 65536 bytes",
            "/loop": "again and again",
            "/away": "give --metadata",
        }.items():
            described = ("--metadata", path, "--metadata-uri", url + where)
            await desk.run("provider", "set-metadata", 1, *described, account="admin")
            shown = await desk.end("provider", "show", 1, "--fetch")
            if says:
                assert says in shown.failure(1)
            else:
                assert shown.data[0]["metadata"]["name"] == "\ufffd[31mTwo\ufffd"
                assert shown.data[0]["metadata"]["website"] == ""
    ipfs = ("--metadata", path, "--metadata-uri", "ipfs://x")
    await desk.run("provider", "set-metadata", 1, *ipfs, account="admin")
    assert (await desk.run("provider", "show", 1))[0]["metadata_uri"] == "ipfs://x"
    assert "only http or https" in (await desk.end("provider", "show", 1, "--fetch")).failure(1)
    path.write_text("[]")
    refused = await desk.end("provider", "set-metadata", 1, *ipfs, account="admin")
    assert "not a JSON object" in refused.failure(2)
