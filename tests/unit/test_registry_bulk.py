"""Many servers at once: split by gas, interrupted and taken up again, each listed exactly once."""

import asyncio
import signal
import sys
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path

import pytest

from tests.chains import ANVIL_KEY, Endpoints, anvil_endpoints, ask, geth_endpoints
from tests.commands import PROGRAM
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import Overtaken, RegistryError, TooMuchGas
from waypost.net.rpc import ChainRpc
from waypost.net.trust.administration import Transaction
from waypost.net.trust.registry import Registry
from waypost.trust.address import address_text
from waypost.trust.administration.consent_file import SignedConsent, write_consents
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Call

KIND = "whisper.mailserver"
ACCOUNT = SecretKey(ANVIL_KEY)
KEYS = [SecretKey(number.to_bytes(32, "big")) for number in range(1, 451)]
IDS = [key.node_id for key in KEYS]
MANY = RegistryConfig(batch_count_max=450, verify_timeout_s=60, request_timeout_s=60)


@pytest.fixture(params=["anvil", "geth"])
def node(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a node of its own: these tests stop its blocks."""
    start = anvil_endpoints if request.param == "anvil" else geth_endpoints
    with start() as endpoints:
        assert isinstance(endpoints, Endpoints)
        yield endpoints.http


@pytest.fixture
def anvil_alone() -> Iterator[str]:
    with anvil_endpoints() as endpoints:
        yield endpoints.http


def nonce(url: str, block: str = "latest") -> int:
    account = address_text(ACCOUNT.address)
    return int(ask(url, "eth_getTransactionCount", account, block), 16)


async def test_a_batch_that_takes_too_much_gas_is_halved(node: str) -> None:
    sent: list[Transaction] = []
    options = {"config": MANY, "on_transaction": sent.append}
    async with await Registry.deploy(node, ACCOUNT, **options) as registry:
        consents = await registry.consents(KIND, IDS, 1)
        signed = zip(consents, KEYS, strict=True)
        assert await registry.add_servers(1, [c.signed_by(key) for c, key in signed]) == IDS
        sizes = [len(each.node_ids) for each in sent[1:]]
        assert sum(sizes) == 450
        assert max(sizes) <= 225  # a block of geth's may hold less than the cap of a transaction
        assert all(each.gas < 16_777_216 for each in sent)
        assert [server.node_id for server in await registry.servers(KIND)] == IDS
        assert await registry.remove_servers(KIND, IDS[:5]) == IDS[:5]
        assert await registry.remove_servers(KIND, IDS[:6]) == IDS[5:6]


async def test_what_one_transaction_cannot_hold_is_refused(embedded: EmbeddedChain) -> None:
    async with await Registry.deploy(embedded, ACCOUNT) as registry:
        consent = await registry.consent(KIND, IDS[0], 1)
        endless = consent.signed_by(KEYS[0], record=b"\x01" * 2_000_000)
        with pytest.raises(TooMuchGas, match=r"too much for one|more gas than one"):
            await registry.add_servers(1, [endless])


class Deployed:
    """A registry on a node, and a command that lists all servers in it by their consents."""

    @classmethod
    async def on(cls, url: str, folder: Path) -> "Deployed":
        self = cls()
        self.url = url
        async with await Registry.deploy(url, ACCOUNT) as registry:
            self.address = registry.address
            consents = await registry.consents(KIND, IDS, 1)
        signed = zip(consents, KEYS, strict=True)
        texts = write_consents(SignedConsent(each, each.sign(key)) for each, key in signed)
        (folder / "consents").write_text(texts)
        account = folder / "account"
        account.touch(0o600)
        account.write_text(ANVIL_KEY.hex())
        self.command = [
            *(*PROGRAM, "registry", "server", "add", "--rpc", url, "--account", str(account)),
            *("--registry", address_text(registry.address), "--kind", KIND, "--provider", "1"),
            *("--consent", str(folder / "consents")),
        ]
        return self

    async def start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.command, stdout=asyncio.subprocess.PIPE, stderr=sys.stderr
        )

    async def require_each_once(self) -> None:
        """Every server is listed once, by three transactions, of which none failed."""
        async with Registry(self.url, self.address) as registry:
            servers = await registry.servers(KIND)
        assert sorted(server.node_id for server in servers) == sorted(IDS)
        assert {server.word.nonce for server in servers} == {1}
        assert nonce(self.url) == 1 + 3
        for number in range(int(ask(self.url, "eth_blockNumber"), 16) + 1):
            for receipt in ask(self.url, "eth_getBlockReceipts", hex(number)):
                assert receipt["status"] == "0x1"


async def until(url: str, block: str, count: int) -> None:
    deadline = time.monotonic() + 60
    while nonce(url, block) < count:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("batches_before", [0, 1, 2])
async def test_killed_while_a_transaction_waits(
    anvil_alone: str, tmp_path: Path, batches_before: int
) -> None:
    """The next run finds what is in blocks, and waits for what is on its way there."""
    deployed = await Deployed.on(anvil_alone, tmp_path)
    ask(anvil_alone, "evm_setAutomine", False)
    first = await deployed.start()
    for done in range(batches_before):
        await until(anvil_alone, "pending", 2 + done)
        ask(anvil_alone, "evm_mine")
    await until(anvil_alone, "pending", 2 + batches_before)
    first.send_signal(signal.SIGKILL)
    await first.wait()
    assert nonce(anvil_alone, "latest") == 1 + batches_before

    second = await deployed.start()
    await asyncio.sleep(2.5)  # long enough for it to do something rash
    assert nonce(anvil_alone, "pending") == 2 + batches_before
    ask(anvil_alone, "evm_setAutomine", True)
    ask(anvil_alone, "evm_mine")
    out, _ = await second.communicate()
    assert second.returncode == 0
    counted = [line.split()[0] for line in out.decode().splitlines()]
    assert counted.count("already") == min(200 * (1 + batches_before), 450)
    assert counted.count("listed") == 450 - counted.count("already")
    await deployed.require_each_once()


async def test_killed_at_some_moment_or_other(anvil_alone: str, tmp_path: Path) -> None:
    deployed = await Deployed.on(anvil_alone, tmp_path)
    ask(anvil_alone, "evm_setIntervalMining", 1)
    for moment_s in (1.9, 2.4, 3.1):
        run = await deployed.start()
        await asyncio.sleep(moment_s)
        if run.returncode is None:
            run.send_signal(signal.SIGKILL)
        await run.communicate()
    last = await deployed.start()
    await last.communicate()
    assert last.returncode == 0
    await deployed.require_each_once()


class Stuck(ChainRpc):
    """A chain on which the account has a transaction that never gets into a block."""

    count = 7

    async def request(self, call: Call) -> object:
        if call.method == "eth_getTransactionCount":
            return hex(self.count if call.params[1] == "pending" else 0)
        assert call.method != "eth_sendRawTransaction"
        return await super().request(call)


async def test_a_transaction_that_is_stuck_is_named(embedded: EmbeddedChain) -> None:
    async with await Registry.deploy(embedded, ACCOUNT) as registry:
        address = registry.address
    hasty = RegistryConfig(receipt_timeout_s=0.1, receipt_poll_interval_s=0.01)
    stuck = Stuck(embedded)
    async with Registry(stuck, address, account=ACCOUNT, config=hasty) as registry:
        with pytest.raises(RegistryError, match="nonce 0 is in no block yet"):
            await registry.remove_servers(KIND, IDS[:1])


class Shared(ChainRpc):
    """A chain on which another program uses the account whenever this one has looked."""

    looks = 0

    async def request(self, call: Call) -> object:
        assert call.method != "eth_sendRawTransaction"
        if call.method == "eth_getTransactionCount":
            self.looks += 1
            return hex(1 + self.looks // 3)
        return await super().request(call)


async def test_an_account_that_is_used_meanwhile_sends_nothing(embedded: EmbeddedChain) -> None:
    async with await Registry.deploy(embedded, ACCOUNT) as registry:
        consent = await registry.consent(KIND, IDS[0], 1)
        address = registry.address
    async with Registry(Shared(embedded), address, account=ACCOUNT) as registry:
        with pytest.raises(Overtaken, match="also used by somebody else"):
            await registry.add_servers(1, [consent.signed_by(KEYS[0])])


class Belated(ChainRpc):
    """A chain on which what was sent before gets into a block once this program has looked."""

    sent_before: Coroutine[object, object, object] | None = None

    async def request(self, call: Call) -> object:
        if call.method == "eth_estimateGas" and self.sent_before is not None:
            sent_before, self.sent_before = self.sent_before, None
            await sent_before
        return await super().request(call)


@pytest.mark.parametrize("before", [IDS[:2], IDS[:3], IDS[3:4]])
async def test_what_an_earlier_run_sent_is_found_done(
    embedded: EmbeddedChain, before: list[bytes]
) -> None:
    async with await Registry.deploy(embedded, ACCOUNT) as registry:
        consents = await registry.consents(KIND, IDS[:4], 1)
        signed = [each.signed_by(key) for each, key in zip(consents, KEYS, strict=False)]
        chain = Belated(embedded)
        earlier = [each for each in signed if each.node_id in before]
        chain.sent_before = registry.add_servers(1, earlier)
        async with Registry(chain, registry.address, account=ACCOUNT) as later:
            added = await later.add_servers(1, signed[:3])
        assert added == [each for each in IDS[:3] if each not in before]
        assert {each.word.nonce for each in await registry.servers(KIND)} == {1}
