"""Reads of the embedded chain: logs, storage, proofs, overrides, and parameters of any kind."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chains import GENESIS_S
from tests.contracts import EMITTER, RUNTIME, ask, plant, send
from waypost._ext.digest import keccak256
from waypost._ext.trie import Trie
from waypost.config import STORAGE_VALUE_COUNT_MAX
from waypost.errors import RpcError
from waypost.trust.embedded import EmbeddedChain, ledger
from waypost.trust.exchange import Call
from waypost.trust.proofs.header import header_in

NAME = "0x" + EMITTER.hex()
OTHER = b"\xdd" * 20
TOPIC = f"0x{7:064x}"
ABSENT = f"0x{8:064x}"


def word(value: int) -> str:
    return f"0x{value:064x}"


@pytest.fixture
def told(embedded: EmbeddedChain) -> EmbeddedChain:
    """Blocks 1 and 2 plant a contract twice; 3 to 6 have a log each, from one or the other."""
    plant(embedded)
    embedded.rewrite(OTHER, GENESIS_S, code=RUNTIME)
    for value in range(3, 7):
        send(embedded, EMITTER if value % 2 else OTHER, value.to_bytes(32, "big"))
    return embedded


@pytest.mark.parametrize(
    ("wanted", "values"),
    [
        ({}, [6]),
        ({"fromBlock": "earliest"}, [3, 4, 5, 6]),
        ({"fromBlock": "0x4", "toBlock": "0x5"}, [4, 5]),
        ({"fromBlock": "0x4", "toBlock": "0xffff"}, [4, 5, 6]),
        ({"fromBlock": "0x7", "toBlock": "0x9"}, []),
        ({"fromBlock": "0x0", "address": NAME}, [3, 5]),
        ({"fromBlock": "0x0", "address": NAME.upper().replace("X", "x")}, [3, 5]),
        ({"fromBlock": "0x0", "address": [NAME, "0x" + OTHER.hex()]}, [3, 4, 5, 6]),
        ({"fromBlock": "0x0", "address": []}, [3, 4, 5, 6]),
        ({"fromBlock": "0x0", "address": None, "topics": None}, [3, 4, 5, 6]),
        ({"fromBlock": "0x0", "topics": [TOPIC]}, [3, 4, 5, 6]),
        ({"fromBlock": "0x0", "topics": [[ABSENT, TOPIC]]}, [3, 4, 5, 6]),
        ({"fromBlock": "0x0", "topics": [None]}, [3, 4, 5, 6]),
        ({"fromBlock": "0x0", "topics": [[]]}, [3, 4, 5, 6]),
        ({"fromBlock": "0x0", "topics": [ABSENT]}, []),
        ({"fromBlock": "0x0", "topics": [TOPIC, None]}, []),  # a log with two topics or more
        ({"fromBlock": "safe", "toBlock": "finalized"}, [6]),
    ],
)
def test_logs_by_range_address_and_topics(
    told: EmbeddedChain, wanted: dict[str, Any], values: list[int]
) -> None:
    logs = ask(told, "eth_getLogs", wanted)
    assert [int(log["data"], 16) for log in logs] == values
    assert all(int(log["blockNumber"], 16) == int(log["data"], 16) for log in logs)


def test_logs_of_one_block_are_those_of_its_receipt(told: EmbeddedChain) -> None:
    receipt = send(told, EMITTER, bytes(32))
    assert ask(told, "eth_getLogs", {"blockHash": receipt["blockHash"]}) == receipt["logs"]
    assert receipt["logs"][0]["removed"] is False
    with pytest.raises(RpcError, match="block not found"):
        ask(told, "eth_getLogs", {"blockHash": word(1)})


def test_an_answer_has_only_so_many_logs(
    told: EmbeddedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "LOG_COUNT_MAX", 3)
    assert len(ask(told, "eth_getLogs", {"fromBlock": "0x4"})) == 3
    with pytest.raises(RpcError, match="more than 3 logs") as refused:
        ask(told, "eth_getLogs", {"fromBlock": "0x3"})
    assert refused.value.code == -32005


def test_storage_is_read_slot_by_slot_or_many_at_once(told: EmbeddedChain) -> None:
    stranger = "0x" + "11" * 20
    assert ask(told, "eth_getStorageAt", NAME, "0x0", "latest") == word(5)
    assert ask(told, "eth_getStorageAt", NAME, word(0), "0x3") == word(3)
    assert ask(told, "eth_getStorageAt", stranger, "0x0") == word(0)
    wanted = {NAME: [word(1), word(0)], "0x" + OTHER.hex(): [word(0)], stranger: [word(0)]}
    assert ask(told, "eth_getStorageValues", wanted, "0x5") == {
        NAME: [word(0), word(5)],
        "0x" + OTHER.hex(): [word(4)],
        stranger: [word(0)],
    }
    many = [word(slot) for slot in range(STORAGE_VALUE_COUNT_MAX)]
    assert len(ask(told, "eth_getStorageValues", {NAME: many})[NAME]) == len(many)
    with pytest.raises(RpcError, match="more than 1024"):
        ask(told, "eth_getStorageValues", {NAME: many, stranger: many[:1]})


@pytest.mark.parametrize("where", ["latest", "0x1", "0x4"])
def test_proofs_convince_our_verifier(told: EmbeddedChain, where: str) -> None:
    told.rewrite(EMITTER, GENESIS_S, words={slot: slot**9 for slot in range(1, 200)})
    slots = [*range(0, 250, 10), 2**256 - 1]
    header = header_in(ask(told, "eth_getBlockByNumber", where))
    proof = ask(told, "eth_getProof", NAME, [word(slot) for slot in slots], where)
    values = ask(told, "eth_getStorageValues", {NAME: [word(slot) for slot in slots]}, where)
    account = Trie(header.state_root, 100).get(keccak(NAME), proof["accountProof"])
    assert account is not None
    assert bytes.fromhex(proof["storageHash"][2:]) in account
    assert bytes.fromhex(proof["codeHash"][2:]) in account
    storage = Trie(bytes.fromhex(proof["storageHash"][2:]), 1000)
    words = storage.words(
        [slot.to_bytes(32, "big") for slot in slots],
        [entry["proof"] for entry in proof["storageProof"]],
    )
    assert words == b"".join(bytes.fromhex(value[2:]) for value in values[NAME])
    assert [int(entry["value"], 16) for entry in proof["storageProof"]] == [
        int(value, 16) for value in values[NAME]
    ]
    stranger = ask(told, "eth_getProof", "0x" + "11" * 20, [word(1)], where)
    proven = Trie(header.state_root, 100).get(keccak("0x" + "11" * 20), stranger["accountProof"])
    assert proven is None
    assert stranger["storageProof"] == [{"key": word(1), "value": "0x0", "proof": []}]


def keccak(name: str) -> bytes:
    return keccak256(bytes.fromhex(name[2:]))


def test_a_call_may_bring_code_or_be_nothing_but_code(told: EmbeddedChain) -> None:
    answer = "0x602a5f5260205ff3"  # returns 42
    empty = "0x" + "77" * 20
    assert ask(told, "eth_call", {"to": empty}, "latest", {empty: {"code": answer}}) == word(42)
    assert ask(told, "eth_call", {"to": NAME}, "0x3", {NAME: {"code": answer}}) == word(42)
    assert ask(told, "eth_getCode", NAME) == "0x" + RUNTIME.hex()
    assert ask(told, "eth_getCode", empty) == "0x"
    assert ask(told, "eth_call", {"data": answer}) == word(42)
    with pytest.raises(RpcError, match="nothing else"):
        ask(told, "eth_call", {"to": empty}, "latest", {empty: {"balance": "0x1"}})


METHODS = [*EmbeddedChain(GENESIS_S)._methods, "eth_sendRawTransaction"]
ODD = [
    None,
    5,
    1.5,
    True,
    "",
    "0x",
    "0x0",
    "0x123",
    "0xzz",
    "latest",
    NAME,
    word(1),
    "0x" + "f" * 65,
    "0x" + "f" * 64,
    [],
    [[]],
    [word(1)],
    ["0x1"],
    {},
    {"to": 5},
    {"to": NAME, "gas": "0x0"},
    {"to": NAME, "value": "0x1"},
    {"to": NAME, "data": "0x1"},
    {"blockHash": "0x1"},
    {"blockHash": word(0), "requireCanonical": True},
    {"blockHash": word(0), "fromBlock": "0x0"},
    {"fromBlock": "0x5", "toBlock": "0x1"},
    {"fromBlock": "0x0", "toBlock": "0x" + "f" * 64},
    {"topics": [[[]]]},
    {"topics": [None] * 5},
    {"topics": 5},
    {"address": {}},
    {NAME: {}},
    {NAME: ["0x1"]},
    {NAME: [word(1)] * 1025},
    {"0x12": []},
]


@given(st.sampled_from(METHODS), st.lists(st.sampled_from(ODD), max_size=4) | st.sampled_from(ODD))
def test_any_parameters_are_read_or_refused(method: str, params: Any) -> None:
    chain = EmbeddedChain(GENESIS_S)
    with suppress(RpcError):
        chain.answer(Call(method, params), GENESIS_S)
    assert chain.head.number == 0


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getStorageAt", [NAME, "0x" + "f" * 65, "latest"]),
        ("eth_getStorageAt", [NAME[:-1], "0x0", "latest"]),
        ("eth_getProof", [NAME, ["0x1"], "latest"]),
        ("eth_getProof", [NAME]),
        ("eth_getBalance", [NAME, "newest"]),
        ("eth_getBlockByNumber", ["latest", True]),
        ("eth_getLogs", [{"fromBlock": "0x1", "toBlock": "0x0"}]),
        ("eth_chainId", ["latest"]),
        ("eth_call", [{"data": "0x"}, "latest", {}, {}]),
    ],
)
def test_what_is_malformed_is_named_so(
    embedded: EmbeddedChain, method: str, params: list[Any]
) -> None:
    with pytest.raises(RpcError, match="invalid params") as refused:
        ask(embedded, method, *params)
    assert refused.value.code == -32602
