"""States for tests of proofs: a contract among other accounts, its tries made by py-trie."""

import json
from copy import deepcopy
from functools import cache
from pathlib import Path

import rlp
from trie import HexaryTrie

from tests.oracle.trie import EMPTY_ROOT, keccak256
from waypost.trust.proofs.header import Header

PROOFS = Path(__file__).parent / "vectors" / "trust" / "proofs.json"
ADDRESS = bytes(range(20))
CODE_HASH = keccak256(b"code")


@cache
def _vectors():
    return json.loads(PROOFS.read_text())


def vectors():
    """A registry on anvil: the block, and the answer to eth_getProof about 52 slots."""
    return deepcopy(_vectors())


def proof_of(trie, key):
    """The nodes as text, without those that are embedded in others, which py-trie lists too."""
    nodes = [rlp.encode(node) for node in trie.get_proof(key)]
    return [f"0x{n.hex()}" for place, n in enumerate(nodes) if place == 0 or len(n) >= 32]


def trie_of(entries):
    trie = HexaryTrie({})
    for key, value in entries.items():
        trie[keccak256(key)] = value
    return trie


class State:
    """A contract at ADDRESS with these words by slot (32 bytes), and what a node says of it."""

    def __init__(self, words, *, code_hash=CODE_HASH, account=None):
        self.storage = trie_of({slot: rlp.encode(word) for slot, word in words.items() if word})
        self.words = words
        fields = [1, 0, self.storage.root_hash, code_hash]
        accounts = {bytes([number]) * 20: rlp.encode([number, 0, EMPTY_ROOT, keccak256(b"")])
                    for number in range(1, 20)}  # fmt: skip
        accounts[ADDRESS] = rlp.encode(fields) if account is None else account
        self.accounts = trie_of(accounts)
        self.calls = []

    @property
    def header(self):
        return Header(7, b"\x07" * 32, 1_800_000_000, self.accounts.root_hash, b"")

    def answer(self, call):
        """The result of eth_getProof."""
        self.calls.append(call)
        address, slots, _ = call.params
        return {
            "accountProof": proof_of(self.accounts, keccak256(bytes.fromhex(address[2:]))),
            "storageProof": [
                {
                    "key": slot,
                    "value": hex(self.words.get(bytes.fromhex(slot[2:]), 0)),
                    "proof": proof_of(self.storage, keccak256(bytes.fromhex(slot[2:]))),
                }
                for slot in slots
            ],
        }
