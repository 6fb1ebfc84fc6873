"""Every verb of `waypost registry curate`: refused to who may not, rehearsed, then done."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.chains import ANVIL_KEY, GENESIS_S, ask, node, running_anvil, serve
from tests.commands import Ended, waypost_beside
from waypost.keys import PrivateKey
from waypost.trust.embedded import EmbeddedChain

DAY_S = 86_400
TOKEN = 10**18
PEOPLE = ("admin", "provider", "challenger", "voter", "stranger")


class Office:
    """A registry, its curation, and key files of people; whose verbs it runs."""

    def __init__(self, rpc: str, folder: Path, chain: EmbeddedChain | None) -> None:
        self.rpc, self.folder, self.chain = rpc, folder, chain
        self.keys = {name: PrivateKey.generate() for name in PEOPLE}
        self.keys["admin"] = PrivateKey.from_bytes(ANVIL_KEY)
        for name, key in self.keys.items():
            key.save(folder / name)
        self.arbitrator = ""
        self.address = ""

    def move(self, seconds: int) -> None:
        if self.chain is not None:
            self.chain.mine(self.chain.head.timestamp + seconds)
        else:
            ask(self.rpc, "evm_increaseTime", seconds)
            ask(self.rpc, "evm_mine")

    async def end(self, *arguments: object, by: str = "", at: str = "--curation") -> Ended:
        where = ("--rpc", self.rpc, *((at, self.address) if at == "--curation" else ()))
        signed = ("--account", self.folder / by) if by else ()
        words = map(str, ("registry", *arguments, *where, *signed, "--json"))
        return await waypost_beside(*words)

    async def run(self, *arguments: object, by: str = "", at: str = "--curation") -> Any:
        ended = await self.end(*arguments, by=by, at=at)
        assert (ended.status, ended.err) == (0, ""), ended
        return ended.data[-1]

    async def do(
        self, *arguments: object, by: str, refused: str = "", says: str = "the chain refused it"
    ) -> Any:
        """What a verb did, after another was refused and a dry run changed nothing."""
        arguments = ("curate", *arguments)
        if refused:
            assert says in (await self.end(*arguments, by=refused)).failure(1)
            assert says in (await self.end(*arguments, "--dry-run", by=refused)).failure(1)
        count = await self.count(by)
        told = (await self.end(*arguments, "--dry-run", by=by)).data
        assert told
        assert all(each["dry_run"] for each in told)
        assert await self.count(by) == count
        done = await self.run(*arguments, by=by)
        assert await self.count(by) > count
        assert re.fullmatch("0x[0-9a-f]{64}", done.pop("transaction"))
        assert done.pop("block") > 0
        return done

    async def fails(self, *arguments: object, by: str) -> str:
        return (await self.end("curate", *arguments, by=by)).failure(1)

    async def count(self, name: str) -> str:
        address = self.keys[name].checksum_address
        count: str = await asyncio.to_thread(
            ask, self.rpc, "eth_getTransactionCount", address, "latest"
        )
        return count


async def open_office(office: Office, arbitrator: tuple[object, ...]) -> None:
    """The registry with provider 2, and its curation, by the command line alone."""

    async def made(*arguments: object, by: str = "admin") -> Any:
        return await office.run(*arguments, by=by, at="")

    registry = (await made("deploy"))["registry"]
    office.registry = ("--registry", registry)
    token = (await made("curate", "token", "deploy", "Stake", "STK", 5000))["token"]
    office.token = ("--token", token)
    for name in PEOPLE[1:-1]:
        to = office.keys[name].checksum_address
        given = await made("curate", "token", "transfer", *office.token, to, 1000)
        assert given["amount"] == 1000 * TOKEN
    given = office.token if arbitrator[0] == "vote" else ()
    office.arbitrator = (await made("curate", "arbitrator", *arbitrator, *given))["arbitrator"]
    deploy = ("curate", "deploy", *office.registry, *office.token, "--deposit", "100")
    deploy += ("--arbitrator", office.arbitrator, "--challenge-period", "3d")
    rehearsed = await office.end(*deploy, "--dry-run", by="admin", at="")
    assert rehearsed.data[0]["gas"] > 1_000_000
    office.address = (await made(*deploy))["curation"]
    await made("provider", "register", *office.registry, by="provider")
    assert "NotCurator" in await office.fails("apply", 2, by="provider")
    assert (await office.do("take-office", by="admin", refused="stranger"))["in_office"]


VOTE = ("vote", "--commit-period", "2d", "--reveal-period", "48h", "--quorum", "50")


@pytest.fixture(scope="module")
def anvil() -> Iterator[str]:
    """A node of our own, whose clock others do not need."""
    with running_anvil() as url:
        yield url


@pytest.fixture(params=["embedded", "anvil"])
async def office(request: pytest.FixtureRequest, tmp_path: Path):
    async with AsyncExitStack() as stack:
        chain = None
        if request.param == "anvil":
            rpc = request.getfixturevalue("anvil")
        else:
            chain = request.getfixturevalue("embedded")
            rpc = await stack.enter_async_context(serve(node(chain)))
        office = Office(rpc, tmp_path, chain)
        for key in office.keys.values():
            if chain is not None:
                chain.rewrite(key.address, GENESIS_S, balance=10**24)
            else:
                ask(rpc, "anvil_setBalance", key.checksum_address, hex(10**24))
        yield office


async def test_an_application_that_is_challenged_and_voted_on(office: Office) -> None:
    await open_office(office, VOTE)
    case = office.folder / "case.pdf"
    case.write_bytes(b"we are two")
    apply = ("apply", 2, "--evidence", case, "--evidence-uri", "https://two.example/case.pdf")
    done = await office.do(*apply, by="provider", refused="challenger", says="NotProviderOwner")
    assert done == {"request": 1, "provider": 2}
    (again,) = (await office.end("curate", *apply, by="provider")).data
    assert again == done | {"transaction": None, "block": None}

    assert "needs 100000000000000000000" in await office.fails("challenge", 1, by="stranger")
    done = await office.do("challenge", 1, "--reason", "no such company", by="challenger")
    assert done == {"request": 1, "dispute": 1}
    assert "WrongPhase" in await office.fails("execute", 1, by="stranger")
    await office.do("evidence", 1, "https://two.example/more", by="provider")

    votes = ("--votes", office.folder / "votes")
    done = await office.do("vote", "commit", 1, "requester", "60.5", *votes, by="voter")
    assert done == {"dispute": 1, "choice": "requester", "amount": "60.5"}
    assert "RevealNotOpen" in await office.fails("vote", "reveal", 1, *votes, by="voter")
    office.move(2 * DAY_S)
    lost = await office.fails("vote", "reveal", 1, "--votes", office.folder / "x", by="voter")
    assert "does not have the vote of dispute 1" in lost
    late = ("vote", "commit", 1, "refused", 1, *votes)
    assert "CommitOver" in await office.fails(*late, by="challenger")
    reveal = ("vote", "reveal", 1, *votes)
    done = await office.do(*reveal, by="voter", refused="stranger", says="committed to nothing")
    assert done == {"dispute": 1, "choice": "requester"}
    assert "VoteNotOver" in await office.fails("vote", "execute", 1, by="stranger")
    office.move(2 * DAY_S)
    done = await office.do("vote", "execute", 1, by="stranger")
    assert done == {"dispute": 1, "ruling": "requester"}

    gone = await office.do("vote", "unlock", 1, by="voter", refused="stranger")
    assert gone["amount"] == 60 * TOKEN + TOKEN // 2
    await office.do("withdraw", by="provider", refused="stranger", says="NothingToWithdraw")
    assert "NothingToClaim" in await office.fails("vote", "claim", 1, by="stranger")
    shown = await office.run("curate", "show", "--provider", 2)
    assert (shown["request"], shown["phase"], shown["provider_status"]) == (1, "listed", "active")


async def test_a_listing_its_terms_and_its_exit(office: Office) -> None:
    await open_office(office, VOTE)
    await office.run("curate", "apply", 2, by="provider")
    assert "TooEarly" in await office.fails("execute", 1, by="stranger")
    office.move(3 * DAY_S)
    assert (await office.do("execute", 1, by="stranger"))["phase"] == "listed"

    terms = ("set-parameters", "--deposit", 150, "--dispensation", 2500, "--ruling-period", "5w")
    assert (await office.do(*terms, by="admin", refused="stranger")) == {"terms": 1}
    whole = await office.run("curate", "show")
    assert (whole["terms"], whole["deposit"], whole["dispensation_bps"]) == (1, 150 * TOKEN, 2500)
    assert (whole["ruling_period_s"], whole["exit_delay_s"]) == (35 * DAY_S, 3 * DAY_S)
    await office.do("adopt-terms", 1, by="provider", refused="voter", says="NotRequester")
    assert (await office.run("curate", "show", 1))["terms"] == 1

    await office.run("curate", "challenge", 1, "--terms", 1, by="challenger")
    votes = ("--votes", office.folder / "votes")
    await office.run("curate", "vote", "commit", 1, "requester", 60, *votes, by="voter")
    office.move(2 * DAY_S)
    await office.run("curate", "vote", "reveal", 1, *votes, by="voter")
    office.move(2 * DAY_S)
    await office.run("curate", "vote", "execute", 1, by="stranger")
    claimed = await office.do("vote", "claim", 1, by="voter", refused="stranger")
    assert claimed["amount"] == 150 * TOKEN // 4

    assert "ExitNotStarted" in await office.fails("exit", "finish", 1, by="stranger")
    await office.do("exit", "start", 1, by="provider", refused="stranger")
    office.move(3 * DAY_S)
    await office.do("exit", "finish", 1, by="stranger")
    shown = await office.run("curate", "show", "--for", office.keys["provider"].checksum_address)
    assert shown["withdrawable"] == 150 * TOKEN + 150 * TOKEN * 3 // 4
    closed = await office.end("curate", "show", "--provider", 2)
    assert "has no open request" in closed.failure(1)


async def test_one_curator_rules_and_governance_decides(office: Office) -> None:
    await open_office(office, ("multisig",))
    await office.run("curate", "apply", 2, by="provider")
    await office.run("curate", "challenge", 1, by="challenger")
    rule = ("rule", 1, "challenger", "--reason", "it is so")
    done = await office.do(*rule, by="admin", refused="stranger", says="OwnableUnauthorized")
    assert done == {"dispute": 1, "ruling": "challenger"}
    await office.do("withdraw", "--to", office.keys["stranger"].checksum_address, by="challenger")
    stranger = office.keys["stranger"].checksum_address
    held = await office.end("curate", "token", "show", *office.token, stranger, at="")
    assert [each.get("amount") for each in held.data] == [None, 200 * TOKEN]

    await office.run("curate", "apply", 2, by="provider")
    await office.run("curate", "challenge", 2, by="challenger")
    assert "TooEarly" in await office.fails("lapse", 2, by="stranger")
    office.move(21 * DAY_S)
    await office.do("lapse", 2, by="stranger")
    decided = await office.do(
        "decide", 2, "active", "--reason", "known", by="admin", refused="stranger"
    )
    assert decided == {"provider": 2, "status": "active"}
    await office.do("set-kind", "push.notify", "--ttl-max", 60, by="admin", refused="stranger")
    await office.do("owner", "offer", stranger, by="admin", refused="stranger")
    await office.do("owner", "accept", by="stranger", refused="provider")
    assert (await office.run("curate", "show"))["owner"] == stranger


async def test_what_a_person_reads(office: Office) -> None:
    await open_office(office, VOTE)
    await office.run("curate", "apply", 2, by="provider")
    await office.run("curate", "challenge", 1, by="challenger")
    show = ("registry", "curate", "show", "1", "--rpc", office.rpc, "--curation", office.address)
    elsewhere = await waypost_beside(*show[:-1], office.arbitrator)
    assert f" of {office.arbitrator}: " in elsewhere.failure(1)
    assert elsewhere.err.endswith("(is another contract at that address?)\n")
    lines = (await waypost_beside(*show)).out.splitlines()
    assert "phase               applied, and challenged" in lines
    assert "deposit             100 STK" in lines
    at = lines.index("what can be done:")
    steps = [re.sub(r"\d{4}-.*?UTC", "T", line.strip()) for line in lines[at + 1 :]]
    assert [re.sub(" +", " ", step) for step in steps] == [
        "evidence now, by anyone",
        "vote commit now until T, by holders of the token",
        "vote reveal from T until T, by who committed",
        "vote execute from T, by anyone",
        "lapse from T, by anyone",
    ]
    rehearsed = await waypost_beside(
        *("registry", "curate", "vote", "commit", "1", "refused", "1", "--dry-run"),
        *("--rpc", office.rpc, "--curation", office.address),
        *("--account", str(office.folder / "voter"), "--votes", str(office.folder / "votes")),
    )
    approve, commit = rehearsed.out.splitlines()
    assert approve.startswith("approve would take ")
    assert commit.startswith("commit lacks nothing but the approval")
    assert not (office.folder / "votes").exists()
    assert "is not" in (await office.end("curate", "apply", "x", by="provider")).failure(2)
    wrong = await office.end("curate", "vote", "commit", 1, "refused", "-1", by="voter")
    assert wrong.status == 2
