"""The embedded chain against real nodes: the same signed transactions, the same outcome."""

import os
import time
from contextlib import suppress
from typing import Any

import pytest

from tests.chains import ANVIL_KEY, GENESIS_S, Endpoints
from tests.chains import ask as ask_node
from tests.contracts import ask, creation
from waypost._ext.digest import keccak256
from waypost._ext.secp256k1 import SecretKey
from waypost.net.trust.transactions import signed_transaction
from waypost.trust.embedded import EmbeddedChain

# Stores the second word at the slot that the first one names, and logs it with that as its topic.
STORE = bytes.fromhex("6020355f35818155905f5260205fa100")
SLOTS = [0, 1, 2**255, 1, 0, 7, 7, 2**256 - 1, 1]
WORDS = [5, 2**256 - 1, 1, 3, 3, 3, 3, 2**64, 2**31]
ERASED = [1, 7, 0, 2**255, 2**256 - 1]
SAME = ("status", "logsBloom", "contractAddress", "transactionHash", "type", "to")
FUNDS_WEI = 10**18


class Pair:
    """A node, an embedded chain, and an account that is new to both."""

    def __init__(self, url: str, *same: str) -> None:
        """`same` is what else receipts have in common."""
        self.url = url
        self.same = (*SAME, *same)
        self.key = SecretKey(os.urandom(32))
        self.chain = EmbeddedChain(
            GENESIS_S,
            chain_id=int(ask_node(url, "eth_chainId"), 16),
            funded={self.key.address: FUNDS_WEI},
        )
        self.nonce = 0
        rich = SecretKey(ANVIL_KEY)
        count = ask_node(url, "eth_getTransactionCount", "0x" + rich.address.hex(), "latest")
        self.mined(self.signed(rich, int(count, 16), self.key.address, value=FUNDS_WEI))

    def signed(self, key: SecretKey, nonce: int, to: bytes, data: bytes = b"", **more: int) -> str:
        fields = {
            "chainId": self.chain.chain_id,
            "nonce": nonce,
            "maxPriorityFeePerGas": 1,
            "maxFeePerGas": 10**10,
            "gas": 1_000_000,
            "to": to,
            "data": data,
        }
        return "0x" + signed_transaction(key, fields | more).hex()

    def mined(self, raw: str) -> dict[str, Any]:
        """The node's receipt."""
        hash_ = "0x" + keccak256(bytes.fromhex(raw[2:])).hex()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            # geth refuses while its pool is behind the last block, and while it indexes receipts.
            with suppress(KeyError):
                ask_node(self.url, "eth_sendRawTransaction", raw)
            with suppress(KeyError):
                if receipt := ask_node(self.url, "eth_getTransactionReceipt", hash_):
                    return receipt
            time.sleep(0.01)
        pytest.fail("the node does not take the transaction")

    def send(self, to: bytes, data: bytes, **more: int) -> dict[str, Any]:
        """The node's receipt of a transaction, which is the embedded chain's too."""
        raw = self.signed(self.key, self.nonce, to, data, **more)
        self.nonce += 1
        theirs = self.mined(raw)
        ours = ask(self.chain, "eth_sendRawTransaction", raw)
        ours = ask(self.chain, "eth_getTransactionReceipt", ours)
        assert [ours[name] for name in self.same] == [theirs[name] for name in self.same]
        assert list(map(essence, ours["logs"])) == list(map(essence, theirs["logs"]))
        return theirs

    def proofs(self, address: str, slots: list[int]) -> list[dict[str, Any]]:
        """Of the node and of the embedded chain, without what is above the account."""
        params = [address, [f"0x{slot:064x}" for slot in slots], "latest"]
        told = [
            ask_node(self.url, "eth_getProof", *params),
            ask(self.chain, "eth_getProof", *params),
        ]
        return [{name: one[name] for name in one if name != "accountProof"} for one in told]


def essence(log: dict[str, Any]) -> list[Any]:
    return [log[name] for name in ("address", "topics", "data", "logIndex", "removed")]


def stored(slot: int, word: int) -> bytes:
    return slot.to_bytes(32, "big") + word.to_bytes(32, "big")


@pytest.fixture(params=["anvil", "geth"])
def pair(request: pytest.FixtureRequest) -> Pair:
    node: Endpoints = request.getfixturevalue(f"{request.param}_node")
    # geth's chain for developers has the prices of a fork that is yet to come.
    return Pair(node.http, *["gasUsed"] * (request.param == "anvil"))


def test_the_same_transactions_have_the_same_outcome(pair: Pair) -> None:
    name = pair.send(b"", creation(STORE))["contractAddress"]
    contract = bytes.fromhex(name[2:])
    for slot, word in zip(SLOTS, WORDS, strict=True):
        pair.send(contract, stored(slot, word))
    assert pair.send(contract, stored(9, 9), gas=30_000)["status"] == "0x0"
    assert pair.send(b"\x99" * 20, b"", value=7)["status"] == "0x1"
    assert pair.send(b"", b"\xfe")["status"] == "0x0"
    theirs, ours = pair.proofs(name, [*SLOTS, 8])
    assert [entry["value"] for entry in theirs["storageProof"]][-1] == "0x0"
    assert ours == theirs


def test_what_is_erased_leaves_the_trie(geth_node: Endpoints) -> None:
    """anvil keeps a leaf for it, which no chain has."""
    pair = Pair(geth_node.http)
    name = pair.send(b"", creation(STORE))["contractAddress"]
    contract = bytes.fromhex(name[2:])
    for slot, word in zip(SLOTS, WORDS, strict=True):
        pair.send(contract, stored(slot, word))
    for slot in ERASED:
        pair.send(contract, stored(slot, 0))
        theirs, ours = pair.proofs(name, SLOTS)
        assert ours == theirs
