"""Transactions that get into no block: another takes their place, for more."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest
from eth_account.typed_transactions.dynamic_fee_transaction import DynamicFeeTransaction
from hexbytes import HexBytes

from tests.chains import ANVIL_KEY, ask, geth_endpoints, running_anvil
from tests.commands import PROGRAM
from tests.unit.test_registry_bulk import Deployed, nonce, until
from tests.unit.test_registry_transactions import ACCOUNT, CONFIG, STOP, Node, sender
from waypost import PrivateKey
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RegistryError, RpcError
from waypost.net.rpc import rpc_at
from waypost.net.trust.registry import Registry
from waypost.net.trust.transactions import Sender, signed_transaction
from waypost.trust.address import address_text
from waypost.trust.administration.quote import Price
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Call, hex_bytes, hex_text

PRICES = {"eth_getBlockByNumber": {"baseFeePerGas": hex(800)}, "eth_maxPriorityFeePerGas": "0x50"}


class Choosy(Node):
    """Takes no transaction whose tip is less than this."""

    tip_min = 120

    async def request(self, call: Call) -> Any:
        if call.method != "eth_sendRawTransaction":
            return await super().request(call)
        fields = DynamicFeeTransaction.from_bytes(HexBytes(hex_bytes(call.params[0]))).as_dict()
        if fields["maxPriorityFeePerGas"] >= self.tip_min:
            return await super().request(call)
        self.sent.append(fields)
        raise RpcError("rpc-error", "replacement transaction underpriced", code=-32000)


def fees(node: Node) -> list[tuple[int, int]]:
    """The offers of all transactions that the node was sent: in all, and the tip."""
    return [(each["maxFeePerGas"], each["maxPriorityFeePerGas"]) for each in node.sent]


def test_each_bid_raises_by_twice_as_much() -> None:
    first, second, *_, last = Price(1680, 80).bids(10**6)
    assert (first, second) == ((1891, 91), (2101, 101))
    assert last == (10**6, 10**6)
    tips = [bid.tip for bid in Price(7, 0).bids(10**12)]
    assert (tips[0], tips[-1], len(tips)) == (2, 10**12, 44)  # a tip of nothing is raised, too
    assert list(Price(80, 80).bids(80)) == []


async def test_the_price_is_raised_as_far_as_the_node_wants(embedded: EmbeddedChain) -> None:
    node = Choosy(embedded, eth_getTransactionCount=["0x2", "0x0"], **PRICES)
    one = sender(node)
    one.replace(0)  # two wait: this is the first
    assert (await one.send("deploy", b"", STOP)).receipt["status"] == 1
    assert [each["nonce"] for each in node.sent] == [0, 0, 0]
    assert fees(node) == [(1891, 91), (2101, 101), (2521, 121)]
    assert not one.unconfirmed
    del node.answers["eth_getTransactionCount"]
    node.tip_min = 0
    await one.send("deploy", b"", STOP)  # the next one is sent as usual
    assert (node.sent[-1]["nonce"], fees(node)[-1]) == (1, (1680, 80))


async def test_no_more_is_offered_than_the_user_lets(embedded: EmbeddedChain) -> None:
    node = Choosy(embedded, **PRICES)
    node.tip_min = 3000
    one = Sender(node, ACCOUNT, None, RegistryConfig(fee_wei_max=2200))
    one.replace(0)
    with pytest.raises(RegistryError, match=r"deploy: .* raise fee_wei_max .* from 2200"):
        await one.send("deploy", b"", STOP)
    assert fees(node)[:3] == [(1891, 91), (2101, 101), (2200, 121)]
    assert fees(node)[-1] == (2200, 2200)
    assert not one.unconfirmed


async def test_another_refusal_is_no_question_of_the_price(embedded: EmbeddedChain) -> None:
    node = Node(embedded, eth_sendRawTransaction=RpcError("rpc-error", "nonce too low"))
    one = sender(node)
    one.replace(0)
    with pytest.raises(RegistryError, match="nonce too low"):
        await one.send("deploy", b"", STOP)
    assert len(node.sent) == 1


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize(
    ("count", "why"),
    [(8, "nonce 7 is in a block by now"), (6, "nonce 6 comes first")],
)
async def test_what_is_not_the_next_is_not_replaced(
    embedded: EmbeddedChain, count: int, why: str, bulk: bool
) -> None:
    async with await Registry.deploy(embedded, ACCOUNT) as registry:
        address = registry.address
    node = Node(embedded, eth_getTransactionCount=hex(count))
    async with Registry(node, address, account=ACCOUNT, config=CONFIG) as registry:
        registry.replace(7)
        with pytest.raises(RegistryError, match=why):
            await (
                registry.remove_servers("x", [bytes(32)]) if bulk else registry.set_halted(True)
            )
    assert not node.sent


async def test_only_who_has_an_account_replaces(embedded: EmbeddedChain) -> None:
    async with Registry(embedded, bytes(20)) as registry:
        with pytest.raises(ConfigError, match="replace is a transaction"):
            registry.replace(0)


# ------------------------------------------------------------------------------------ real nodes


class Mining:
    """An anvil node that makes a block once it has taken a transaction."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._rpc = rpc_at(url, RegistryConfig())
        self.close = self._rpc.close
        self.batch = self._rpc.batch

    async def request(self, call: Call) -> Any:
        answer = await self._rpc.request(call)
        if call.method == "eth_sendRawTransaction":
            await asyncio.to_thread(ask, self._url, "evm_mine")
        return answer


async def test_one_that_waits_on_anvil() -> None:
    with running_anvil() as url:
        plain, mining = rpc_at(url, CONFIG), Mining(url)
        ask(url, "evm_setAutomine", False)
        with pytest.raises(RegistryError, match=r"with the nonce 0 was sent.*--replace 0") as told:
            await Sender(plain, ACCOUNT, None, CONFIG).send("deploy", b"", STOP)
        waiting = str(told.value).split()[1]
        one = Sender(mining, ACCOUNT, None, RegistryConfig())
        one.replace(0)
        done = await one.send("deploy", b"", STOP)
        assert done.transaction.hash != waiting
        assert nonce(url, "latest") == nonce(url, "pending") == 1
        assert ask(url, "eth_getTransactionByHash", waiting) is None
        await plain.close()
        await mining.close()


class Ahead:
    """A node on which the account has five transactions more: so the next one waits for ever."""

    def __init__(self, url: str) -> None:
        self._rpc = rpc_at(url, RegistryConfig())
        self.close = self._rpc.close
        self.batch = self._rpc.batch
        self.offer_count = 0

    async def request(self, call: Call) -> Any:
        if call.method == "eth_getTransactionCount":
            return "0x5"
        self.offer_count += call.method == "eth_sendRawTransaction"
        return await self._rpc.request(call)


async def test_one_that_waits_on_geth() -> None:
    with geth_endpoints() as endpoints:
        await require_outbid(endpoints.http)


async def require_outbid(url: str) -> None:
    prices = {"maxPriorityFeePerGas": 3 * 10**9, "maxFeePerGas": 5 * 10**9, "gas": 60_000}
    chain_id = int(ask(url, "eth_chainId"), 16)
    fields = {"chainId": chain_id, "nonce": 5, "to": b"", "data": STOP, **prices}
    waiting = ask(url, "eth_sendRawTransaction", hex_text(signed_transaction(ACCOUNT, fields)))
    node = Ahead(url)
    one = Sender(node, ACCOUNT, None, CONFIG)
    one.replace(5)
    with pytest.raises(RegistryError, match=r"with the nonce 5 was sent.*--replace 5"):
        await one.send("deploy", b"", STOP)
    await node.close()
    assert node.offer_count > 1
    assert ask(url, "eth_getTransactionByHash", waiting) is None
    (hash_,) = one.unconfirmed
    taken = ask(url, "eth_getTransactionByHash", hash_)
    assert int(taken["maxPriorityFeePerGas"], 16) > 3 * 10**9
    assert int(taken["maxFeePerGas"], 16) > 5 * 10**9


async def replaced_on(url: str, waiting: str) -> None:
    """Waits until another transaction is in the place of this one."""
    for _ in range(6000):
        pending = ask(url, "eth_getBlockByNumber", "pending", False)["transactions"]
        if pending and waiting not in pending:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{waiting} still waits")


def pending_hash(url: str) -> str:
    (hash_,) = ask(url, "eth_getBlockByNumber", "pending", False)["transactions"]
    return str(hash_)


async def test_bulk_work_goes_on_in_the_place_of_what_waits(tmp_path: Path) -> None:
    with running_anvil() as url:
        deployed = await Deployed.on(url, tmp_path)
        ask(url, "evm_setAutomine", False)
        first = await deployed.start()
        await until(url, "pending", 2)
        first.send_signal(signal.SIGKILL)
        await first.wait()
        waiting = pending_hash(url)
        deployed.command += ["--replace", "1"]
        second = await deployed.start()
        await replaced_on(url, waiting)
        ask(url, "evm_setAutomine", True)
        ask(url, "evm_mine")
        out, _ = await second.communicate()
        assert second.returncode == 0
        assert len([line for line in out.decode().splitlines() if "listed" in line]) == 450
        await deployed.require_each_once()


async def test_a_command_is_given_again_without_doing_it_twice(tmp_path: Path) -> None:
    PrivateKey.from_bytes(ANVIL_KEY).save(tmp_path / "key")
    with running_anvil() as url:
        async with await Registry.deploy(url, ACCOUNT) as registry:
            address = registry.address
        ask(url, "evm_setAutomine", False)
        command = [
            *(*PROGRAM, "registry", "provider", "register", "--rpc", url),
            *("--registry", address_text(address), "--account", str(tmp_path / "key")),
        ]
        pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
        first = await asyncio.create_subprocess_exec(*command, **pipes)
        await until(url, "pending", 2)
        first.send_signal(signal.SIGKILL)
        await first.communicate()
        waiting = pending_hash(url)

        refused = await asyncio.create_subprocess_exec(
            *command, "--replace", "1", "--max-fee", "0.5", **pipes
        )
        _, err = await refused.communicate()
        assert refused.returncode == 1
        assert "raise fee_wei_max (--max-fee) from 500000000" in " ".join(err.decode().split())
        assert pending_hash(url) == waiting

        again = await asyncio.create_subprocess_exec(*command, "--replace", "1", **pipes)
        await replaced_on(url, waiting)
        ask(url, "evm_mine")
        out, _ = await again.communicate()
        assert again.returncode == 0, out
        async with Registry(url, address) as registry:
            assert [provider.id for provider in await registry.providers()] == [1, 2]
