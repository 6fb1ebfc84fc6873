"""Storage that needs no trust in the node that answers: eth_getProof (EIP-1186), checked here.

What is believed is the state root of a header. Nothing else in an answer is: neither the values
that it claims, nor the order of its proofs.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from waypost._ext.digest import keccak256
from waypost._ext.rlp import decode_strings
from waypost._ext.trie import Trie
from waypost.config import TRIE_NODE_COUNT_MAX, RegistryConfig
from waypost.errors import RpcError
from waypost.trust.exchange import Answer, Call, Exchange, checked, hex_text, quantity
from waypost.trust.proofs.header import Header
from waypost.trust.reading.ladder.pinned import pinned
from waypost.trust.verdict import Block

_NO_CODE = keccak256(b"")

Node: TypeAlias = str | bytes  # of a trie: hexadecimal text with 0x, or bytes


class Evidence(NamedTuple):
    """Proofs as somebody gave them, each from the root down, still to be checked."""

    account: Sequence[Node]
    slots: Sequence[Sequence[Node]]  # in the order of the question


class Proven(NamedTuple):
    """What was asked for, and what proves it."""

    words: bytes  # 32 for each slot
    evidence: Evidence


class ProvenContract:
    """The storage of the contract at `address` (20 bytes) in the state with this root.

    All that is checked against it shares the nodes that were verified before.
    """

    def __init__(self, address: bytes, state_root: bytes, code_hash: bytes | None = None) -> None:
        """`code_hash`: what the hash of the contract's code has to be, if that is known."""
        self._key = keccak256(address)
        self._state = Trie(state_root, TRIE_NODE_COUNT_MAX)
        self._storage: Trie | None = None
        self._code_hash = code_hash

    def words(self, slots: Sequence[bytes], evidence: Evidence) -> bytes:
        """The words of these slots, 32 bytes each.

        Raises RpcError: `bad-proof` where a proof does not lead from the state root to what it
        should, `no-code` if there is no contract, `wrong-code` if it is another one.
        """
        account = self._state.get(self._key, evidence.account)
        if self._storage is None:
            self._storage = Trie(self._storage_root(account), TRIE_NODE_COUNT_MAX)
        return self._storage.words(slots, evidence.slots)

    def _storage_root(self, account: bytes | None) -> bytes:
        if account is None:
            raise RpcError("no-code", "there is no account at the registry's address")
        fields = decode_strings(account)  # nonce, balance, storage root, code hash
        if fields is None or len(fields) != 4 or len(fields[2]) != 32:
            raise RpcError("bad-proof", "what is proven is no account")
        if fields[3] == _NO_CODE:
            raise RpcError("no-code", "the account at the registry's address is no contract")
        if self._code_hash not in (None, fields[3]):
            raise RpcError("wrong-code", f"the contract's code has the hash 0x{fields[3].hex()}")
        return fields[2]


def prove(
    address: bytes,
    slots: Sequence[bytes],
    header: Header,
    config: RegistryConfig,
    code_hash: bytes | None = None,
) -> Exchange[Proven]:
    """The words of a contract's slots (32 bytes, each asked for once) in the state of a header.

    Raises RpcError: what `ProvenContract.words` raises, or what became of a call.
    """
    size = config.proof_count_max
    chunks = [slots[at : at + size] for at in range(0, len(slots), size)]
    answers = yield [proof_call(address, chunk, header.block) for chunk in chunks]
    contract = ProvenContract(address, header.state_root, code_hash)
    parts = list(map(evidence_in, answers, chunks))
    words = b"".join(map(contract.words, chunks, parts))
    return Proven(words, Evidence(parts[0].account, [p for part in parts for p in part.slots]))


def proof_call(address: bytes, slots: Sequence[bytes], block: Block) -> Call:
    """Asks for the proofs of these slots in the state after this block, and in no other."""
    texts = [hex_text(slot) for slot in slots]  # whole words: some nodes refuse shorter ones
    return Call("eth_getProof", [hex_text(address), texts, pinned(block)])


def evidence_in(answer: Answer, slots: Sequence[bytes]) -> Evidence:
    """The proofs in the answer to `proof_call`. Raises RpcError (`bad-proof`, or the answer).

    Each slot is answered once, in any order.
    """
    result = checked(answer)
    account, entries = _list(result, "accountProof"), _list(result, "storageProof")
    if not all(isinstance(entry, dict) for entry in entries):
        raise RpcError("bad-proof", "a storage proof was expected")
    proofs = {quantity(entry.get("key")): entry.get("proof") for entry in entries}
    if len(entries) != len(slots) or proofs.keys() != {*map(_number, slots)}:
        raise RpcError("bad-proof", "the answer is not about the slots that were asked for")
    return Evidence(account, [proofs[_number(slot)] for slot in slots])


def _list(result: Any, name: str) -> list[Any]:
    found = result.get(name) if isinstance(result, dict) else None
    if not isinstance(found, list):
        raise RpcError("bad-proof", f"a list {name} was expected")
    return found


def _number(slot: bytes) -> int:
    return int.from_bytes(slot, "big")
