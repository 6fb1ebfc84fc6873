"""Blocks of the embedded chain: headers, tags, what is kept, reorganisations, subscriptions."""

from typing import Any

import pytest

from tests.chains import GENESIS_S
from tests.contracts import EMITTER, ask, call, plant, send, stored
from waypost._ext.digest import keccak256
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.net.rpc import ChainRpc, Subscribing
from waypost.trust.embedded import EmbeddedChain, block, ledger
from waypost.trust.proofs.header import header_in

KEY = SecretKey(b"\x01" * 32)
RICH = KEY.address
POOR = b"\x99" * 20


def header(chain: EmbeddedChain, where: str = "latest") -> dict[str, Any]:
    return ask(chain, "eth_getBlockByNumber", where, False)


def test_headers_hash_to_their_block_and_point_to_their_parent(embedded: EmbeddedChain) -> None:
    plant(embedded)
    send(embedded, EMITTER, bytes(32), now_s=GENESIS_S + 5)
    embedded.mine(GENESIS_S + 9)
    parent = bytes(32)
    for number in range(4):
        told = header(embedded, hex(number))
        assert header_in(told).hash == bytes.fromhex(told["hash"][2:])
        assert told["parentHash"] == "0x" + parent.hex()
        assert told == ask(embedded, "eth_getBlockByHash", told["hash"], False)
        parent = bytes.fromhex(told["hash"][2:])
        proof = ask(embedded, "eth_getProof", "0x" + EMITTER.hex(), [], hex(number))
        assert (
            proof["accountProof"] == []
            or told["stateRoot"]
            == "0x" + keccak256(bytes.fromhex(proof["accountProof"][0][2:])).hex()
        )
    assert embedded.head.hash == parent
    assert embedded.head.timestamp == GENESIS_S + 9


def test_a_block_can_be_empty_and_no_clock_turns_it_back(embedded: EmbeddedChain) -> None:
    first = embedded.mine(GENESIS_S + 7)
    assert embedded.mine(GENESIS_S) == embedded.head
    assert (first.number, embedded.head.number) == (1, 2)
    assert embedded.head.timestamp == first.timestamp == GENESIS_S + 7
    assert header(embedded)["transactions"] == []
    assert header(embedded)["gasUsed"] == "0x0"


def test_funds_are_sent_and_run_out() -> None:
    chain = EmbeddedChain(GENESIS_S, funded={RICH: 10**18})
    assert balances(chain) == (10**18, 0)
    assert send(chain, POOR, b"", value=10**17)["status"] == "0x1"
    assert balances(chain) == (9 * 10**17, 10**17)
    assert balances(chain, "0x0") == (10**18, 0)
    with pytest.raises(RpcError, match="LackOfFund"):
        send(chain, POOR, b"", value=10**18)
    assert balances(chain) == (9 * 10**17, 10**17)
    assert ask(chain, "eth_gasPrice") == "0x0"


def balances(chain: EmbeddedChain, where: str = "latest") -> tuple[int, ...]:
    told = [ask(chain, "eth_getBalance", "0x" + who.hex(), where) for who in (RICH, POOR)]
    return tuple(int(balance, 16) for balance in told)


def test_final_blocks_are_older_ones() -> None:
    chain = EmbeddedChain(GENESIS_S, finality_depth=2)
    plant(chain)
    assert header(chain, "finalized")["number"] == "0x0"
    for value in range(1, 5):
        send(chain, EMITTER, bytes([value]) * 32)
    for tag, value in {"latest": 4, "safe": 2, "finalized": 2, "pending": 4}.items():
        assert stored(chain, EMITTER, tag) == bytes([value]) * 32
    assert header(chain, "safe")["number"] == header(chain, "finalized")["number"] == "0x3"
    assert header(chain, "earliest")["number"] == "0x0"
    with pytest.raises(ConfigError, match="finality_depth"):
        EmbeddedChain(GENESIS_S, finality_depth=64)


def test_what_is_too_old_is_pruned(
    embedded: EmbeddedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "BLOCK_COUNT_MAX", 4)
    monkeypatch.setattr(ledger, "STATE_COUNT_MAX", 2)
    plant(embedded)
    receipts = [send(embedded, EMITTER, bytes([value]) * 32) for value in range(1, 6)]
    kept = [ask(embedded, "eth_getTransactionReceipt", r["transactionHash"]) for r in receipts]
    assert kept == [None, *receipts[1:]]
    assert stored(embedded, EMITTER, "0x5") == b"\x04" * 32
    assert header(embedded, "0x3")["number"] == "0x3"
    assert ask(embedded, "eth_getBlockByHash", receipts[0]["blockHash"], False) is None
    for method, *given in (
        ("eth_getStorageAt", "0x" + EMITTER.hex(), "0x0", "0x4"),
        ("eth_call", {"to": "0x" + EMITTER.hex(), "data": "0x" + "00" * 32}, "0x4"),
        ("eth_getBlockByNumber", "0x2", False),
        ("eth_getLogs", {"fromBlock": "0x2", "toBlock": "0x6"}),
    ):
        with pytest.raises(RpcError, match="pruned") as refused:
            ask(embedded, method, *given)
        assert refused.value.code == 4444
    embedded.rewind()
    with pytest.raises(ConfigError, match="rewind fewer"):
        embedded.rewind()


def test_blocks_are_taken_back(embedded: EmbeddedChain) -> None:
    plant(embedded)
    first = send(embedded, EMITTER, b"\1" * 32)
    kept = embedded.head
    second = send(embedded, EMITTER, b"\2" * 32)
    assert embedded.rewind() == embedded.head == kept
    assert stored(embedded, EMITTER) == b"\1" * 32
    assert ask(embedded, "eth_getTransactionReceipt", second["transactionHash"]) is None
    gone = {"blockHash": second["blockHash"]}
    with pytest.raises(RpcError, match="block not found"):
        call(embedded, EMITTER, bytes(32), gone)
    again = send(embedded, EMITTER, b"\3" * 32, now_s=GENESIS_S + 1)
    assert again["blockNumber"] == second["blockNumber"]
    assert again["blockHash"] != second["blockHash"]
    assert again["gasUsed"] == second["gasUsed"]
    logs = ask(embedded, "eth_getLogs", {"fromBlock": "0x0"})
    assert [log["data"] for log in logs] == [r["logs"][0]["data"] for r in (first, again)]


def test_an_account_becomes_another(embedded: EmbeddedChain) -> None:
    embedded.rewrite(POOR, GENESIS_S, balance=5, code=b"\x5f", words={1: 2})
    embedded.rewrite(POOR, GENESIS_S, words={3: 4})
    name = "0x" + POOR.hex()
    assert ask(embedded, "eth_getBalance", name) == "0x5"
    assert ask(embedded, "eth_getCode", name) == "0x5f"
    told = ask(embedded, "eth_getStorageValues", {name: [f"0x{slot:064x}" for slot in (1, 2, 3)]})
    assert told == {name: [f"0x{word:064x}" for word in (2, 0, 4)]}


async def test_heads_and_logs_are_told_as_they_come(embedded: EmbeddedChain) -> None:
    plant(embedded)
    rpc = ChainRpc(embedded)
    assert isinstance(rpc, Subscribing)
    heads = rpc.subscribe("newHeads")
    logs = rpc.subscribe("logs", {"address": "0x" + EMITTER.hex()})
    others = rpc.subscribe("logs", {"address": "0x" + POOR.hex()})
    for subscription in (heads, logs, others):
        await subscription.open()
    receipt = send(embedded, EMITTER, b"\1" * 32)
    embedded.rewind()
    embedded.mine(GENESIS_S + 3)
    assert (await anext(heads))["hash"] == receipt["blockHash"]
    assert await anext(heads) == header(embedded)
    assert [await anext(logs), await anext(logs)] == [
        receipt["logs"][0],
        receipt["logs"][0] | {"removed": True},
    ]
    await heads.aclose()
    await rpc.close()
    embedded.mine(GENESIS_S + 4)
    with pytest.raises(RpcError, match="closed"):
        await anext(others)
    assert embedded._listeners == []


async def test_a_reader_far_behind_is_told_so(embedded: EmbeddedChain) -> None:
    heads = ChainRpc(embedded, config=RegistryConfig(notification_count_max=2)).subscribe(
        "newHeads"
    )
    await heads.open()
    for _ in range(3):
        embedded.mine(GENESIS_S)
    assert [(await anext(heads))["number"] for _ in range(2)] == ["0x1", "0x2"]
    with pytest.raises(RpcError, match="overflow"):
        await anext(heads)
    assert embedded._listeners == []


@pytest.mark.parametrize(
    "params", [(), ("syncing",), ("newHeads", {}), ("logs", 5), ("logs", {}, 1)]
)
async def test_what_nobody_can_subscribe_to(embedded: EmbeddedChain, params: tuple) -> None:
    with pytest.raises(RpcError, match="invalid params"):
        await ChainRpc(embedded).subscribe(*params).open()


def test_blooms_hold_addresses_and_topics() -> None:
    """The bloom of no logs, and that of one log without topics, bit by bit."""
    assert block._bloom([]) == bytes(256)
    digest = keccak256(EMITTER)
    bits = {int.from_bytes(digest[at : at + 2], "big") & 2047 for at in (0, 2, 4)}
    bloom = int.from_bytes(block._bloom([block.Log(EMITTER, [], b"")]), "big")
    assert bloom == sum(1 << bit for bit in bits)
