"""Transactions on nodes that are slow, forgetful or refuse: one line that says what happened."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account
from eth_account.typed_transactions.dynamic_fee_transaction import DynamicFeeTransaction
from hexbytes import HexBytes
from hypothesis import given
from hypothesis import strategies as st

from tests.chains import ANVIL_KEY
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import RegistryError, RpcError
from waypost.net.rpc import ChainRpc
from waypost.net.trust.registry import Registry
from waypost.net.trust.transactions import GAS_MAX, Sender, signed_transaction
from waypost.trust.administration.abi import registry_abi
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Call, hex_bytes

ACCOUNT = SecretKey(ANVIL_KEY)
CONFIG = RegistryConfig(receipt_timeout_s=1.5, receipt_poll_interval_s=0.01)
HASH = "0x" + "ab" * 32
STOP = b"\x00"  # code that creates an empty contract


class Node(ChainRpc):
    """An embedded chain whose answers to some methods are others."""

    def __init__(self, chain: EmbeddedChain, **answers: Any) -> None:
        super().__init__(chain)
        self.answers = answers
        self.sent: list[dict[str, Any]] = []

    async def request(self, call: Call) -> Any:
        await asyncio.sleep(0)
        if call.method == "eth_sendRawTransaction":
            raw = HexBytes(hex_bytes(call.params[0]))
            self.sent.append(DynamicFeeTransaction.from_bytes(raw).as_dict())
        if call.method not in self.answers:
            return await super().request(call)
        answer = self.answers[call.method]
        answer = answer.pop(0) if isinstance(answer, list) else answer
        if isinstance(answer, RpcError):
            raise answer
        return answer


def sender(node: Node, chain_id: int | None = None) -> Sender:
    return Sender(node, ACCOUNT, chain_id, CONFIG)


async def test_a_transaction_is_priced_from_the_head_block(embedded: EmbeddedChain) -> None:
    node = Node(
        embedded,
        eth_getBlockByNumber={"baseFeePerGas": "0x7"},
        eth_maxPriorityFeePerGas="0x3",
        eth_estimateGas=hex(100_000),
    )
    done = await sender(node, chain_id=31337).send("deploy", b"", STOP)
    assert done.receipt["status"] == 1
    (transaction,) = node.sent
    assert (transaction["maxPriorityFeePerGas"], transaction["maxFeePerGas"]) == (3, 2 * 7 + 3)
    assert transaction["gas"] == 120_000
    assert (transaction["chainId"], transaction["nonce"]) == (31337, 0)


async def test_a_node_without_a_suggestion_for_the_tip(embedded: EmbeddedChain) -> None:
    missing = RpcError("rpc-error", "method not found", code=-32601)
    node = Node(embedded, eth_maxPriorityFeePerGas=missing)
    await sender(node).send("deploy", b"", STOP)
    assert node.sent[0]["maxPriorityFeePerGas"] == 10**9


async def test_the_nonce_runs_ahead_of_a_node_that_lags(embedded: EmbeddedChain) -> None:
    node = Node(embedded, eth_getTransactionCount="0x0")
    one = sender(node)
    await asyncio.gather(*(one.send("deploy", b"", STOP) for _ in range(3)))
    assert [transaction["nonce"] for transaction in node.sent] == [0, 1, 2]


async def test_after_a_refusal_the_nonce_is_asked_for_again(embedded: EmbeddedChain) -> None:
    refusal = RpcError("rpc-error", "nonce too low")
    node = Node(embedded, eth_sendRawTransaction=[HASH, refusal, HASH])
    one = sender(node)
    for words in ("in no block", "nonce too low", "in no block"):
        with pytest.raises(RegistryError, match=words):
            await one.send("deploy", b"", STOP)
    assert [transaction["nonce"] for transaction in node.sent] == [0, 0, 0]


async def test_too_much_gas_for_one_transaction(embedded: EmbeddedChain) -> None:
    node = Node(embedded, eth_estimateGas=hex(GAS_MAX + 1))
    with pytest.raises(RegistryError, match="too much for one transaction"):
        await sender(node).send("addResources", b"", STOP)
    node = Node(embedded, eth_estimateGas=hex(GAS_MAX))
    await sender(node).send("addResources", b"", STOP)
    assert [transaction["gas"] for transaction in node.sent] == [GAS_MAX]


REVERT = registry_abi().calldata("bumpEpoch", 1)  # any bytes


@pytest.mark.parametrize(
    ("answers", "error", "words"),
    [
        ({"eth_chainId": "0x1"}, RpcError, "wrong-chain"),
        ({"eth_chainId": None}, RpcError, "bad-answer"),
        ({"eth_chainId": RpcError("unreachable", "x")}, RpcError, "unreachable"),
        ({"eth_getBlockByNumber": {}}, RpcError, "base fee"),
        ({"eth_getBlockByNumber": None}, RpcError, "base fee"),
        ({"eth_maxPriorityFeePerGas": hex(10**13)}, RegistryError, "raise fee_wei_max"),
        ({"eth_getBlockByNumber": {"baseFeePerGas": hex(10**13)}}, RegistryError, "fee_wei_max"),
        ({"eth_maxPriorityFeePerGas": RpcError("timeout")}, RpcError, "timeout"),
        (
            {"eth_estimateGas": RpcError("rpc-error", "execution reverted", data=REVERT)},
            RegistryError,
            f"deploy: the chain refused it: revert 0x{REVERT.hex()}",
        ),
        (
            {"eth_estimateGas": RpcError("rpc-error", "insufficient funds")},
            RegistryError,
            "deploy: the chain refused it: insufficient funds: send the account more",
        ),
        (
            {"eth_sendRawTransaction": RpcError("timeout", "10 s")},
            RegistryError,
            "deploy: 0x[0-9a-f]{64} with the nonce 0 may have been sent, but timeout: 10 s",
        ),
        (
            {"eth_getTransactionReceipt": RpcError("unreachable", "x")},
            RegistryError,
            "deploy: 0x[0-9a-f]{64} with the nonce 0 was sent, but unreachable: x",
        ),
        (
            {"eth_getTransactionReceipt": None},
            RegistryError,
            r"0x[0-9a-f]{64} with the nonce 0 was sent, but it is in no block after 1\.5 s: wait",
        ),
        ({"eth_getTransactionReceipt": "0x1"}, RegistryError, "a receipt was expected"),
        ({"eth_getTransactionReceipt": {}}, RegistryError, "was reverted there"),
        ({"eth_getTransactionReceipt": {"status": "0x0"}}, RegistryError, "was reverted there"),
    ],
)
async def test_what_goes_wrong_is_told_in_one_line(
    embedded: EmbeddedChain, answers: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as told:
        await sender(Node(embedded, **answers), chain_id=31337).send("deploy", b"", STOP)
    assert "\n" not in str(told.value)


async def test_a_receipt_may_take_a_while(embedded: EmbeddedChain) -> None:
    busy = RpcError("rpc-error", "transaction indexing is in progress", code=-32000)  # geth
    node = Node(embedded, eth_getTransactionReceipt=[None, busy, None, {"status": "0x1"}])
    assert (await sender(node).send("deploy", b"", STOP)).receipt == {"status": 1}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda log: [log], "2"),
        (lambda log: [log | {"address": "0x" + "11" * 20}, log], "2"),
        (lambda log: [log | {"address": "0x" + "11" * 20}], "does not tell"),
        (lambda log: [log | {"topics": []}, log | {"topics": [HASH]}], "does not tell"),
        (lambda log: [log | {"topics": log["topics"][:2]}, log | {"data": "0x"}], "does not tell"),
        (lambda log: [{}], "bad-answer"),
        (lambda log: None, "bad-answer"),
    ],
)
async def test_the_id_is_that_of_the_registrys_own_event(
    embedded: EmbeddedChain, change: Callable[[dict[str, Any]], Any], outcome: str
) -> None:
    node = Node(embedded)
    async with await Registry.deploy(node, ACCOUNT) as registry:
        await registry.register_provider()
        receipt = embedded._ledger.head.receipt
        logs = change(receipt["logs"][0])
        node.answers["eth_getTransactionReceipt"] = receipt | {"logs": logs}
        try:
            told = str(await registry.register_provider())
        except (RegistryError, RpcError) as error:
            told = str(error)
    assert outcome in told


AMOUNTS = st.integers(0, 2**64 - 1)


@given(
    st.fixed_dictionaries(
        {
            "chainId": st.integers(1, 2**32),
            "nonce": AMOUNTS.filter(lambda nonce: nonce < 2**64 - 1),
            "maxPriorityFeePerGas": AMOUNTS,
            "maxFeePerGas": AMOUNTS,
            "gas": AMOUNTS,
            "to": st.just(b"") | st.binary(min_size=20, max_size=20),
            "value": AMOUNTS,
            "data": st.binary(max_size=100),
        }
    )
)
def test_a_signed_transaction_is_that_of_eth_account(fields: dict[str, Any]) -> None:
    theirs = Account.from_key(ANVIL_KEY).sign_transaction({"type": 2, **fields})
    assert signed_transaction(ACCOUNT, fields) == theirs.raw_transaction


async def test_a_refusal_leaves_no_request_behind(embedded: EmbeddedChain) -> None:
    class Slow(Node):
        async def request(self, call: Call) -> Any:
            if call.method != "eth_estimateGas":
                await asyncio.sleep(20)
            return await super().request(call)

    with pytest.raises(RegistryError, match="no"):
        await sender(Slow(embedded, eth_estimateGas=RpcError("rpc-error", "no"))).send(
            "x", b"", b""
        )
    assert asyncio.all_tasks() == {asyncio.current_task()}
