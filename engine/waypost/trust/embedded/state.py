"""The accounts of a chain after one of its blocks.

A state never changes: each block has its own, and what two of them have in common they share.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from waypost._ext.digest import keccak256
from waypost._ext.rlp import encode
from waypost.trust.embedded.merkle import Trie, drop, get, prove, put, root_hash

NO_CODE_HASH = keccak256(b"")


@dataclass(frozen=True, slots=True)
class Account:
    """One account; whoever was never heard of has the default one. Its balance is in wei."""

    nonce: int = 0
    balance: int = 0
    code: bytes = b""
    code_hash: bytes = NO_CODE_HASH
    storage: Trie = None

    @property
    def is_empty(self) -> bool:
        """Not kept in the state (EIP-161)."""
        return not (self.nonce or self.balance or self.code)

    @property
    def storage_root(self) -> bytes:
        return root_hash(self.storage)

    def word(self, slot: int) -> int:
        """What the storage holds at a slot."""
        value = get(self.storage, slot_path(slot)) or b"\x80"  # RLP of a number
        return value[0] if value[0] < 0x80 else int.from_bytes(value[1:], "big")

    def proof(self, slot: int) -> list[bytes]:
        return prove(self.storage, slot_path(slot))

    def change(
        self,
        words: "Mapping[int, int] | None" = None,
        *,
        balance: int | None = None,
        code: bytes | None = None,
    ) -> "Change":
        """The change that makes another of this account."""
        return Change(
            self.nonce,
            self.balance if balance is None else balance,
            self.code if code is None else code,
            self.code_hash if code is None else keccak256(code),
            words or {},
        )


NOBODY = Account()


@dataclass(frozen=True, slots=True)
class Change:
    """What a block made of one account."""

    nonce: int
    balance: int
    code: bytes
    code_hash: bytes
    words: Mapping[int, int] = field(default_factory=dict)  # slots that were written


@dataclass(frozen=True, slots=True)
class State:
    accounts: Mapping[bytes, Account] = field(default_factory=dict)
    trie: Trie = None

    @property
    def root(self) -> bytes:
        return root_hash(self.trie)

    def account(self, address: bytes) -> Account:
        return self.accounts.get(address, NOBODY)

    def proof(self, address: bytes) -> list[bytes]:
        return prove(self.trie, _path(address))

    def changed(self, changes: Mapping[bytes, Change]) -> "State":
        accounts, trie = dict(self.accounts), self.trie
        for address, change in changes.items():
            storage = _written(self.account(address).storage, change.words.items())
            account = Account(change.nonce, change.balance, change.code, change.code_hash, storage)
            if account.is_empty:
                accounts.pop(address, None)
                trie = drop(trie, _path(address))
            else:
                accounts[address] = account
                fields = (account.nonce, account.balance, account.storage_root, account.code_hash)
                trie = put(trie, _path(address), encode(fields))
        return State(accounts, trie)


def _written(storage: Trie, words: Iterable[tuple[int, int]]) -> Trie:
    for slot, word in words:
        path = slot_path(slot)
        storage = put(storage, path, encode(word)) if word else drop(storage, path)
    return storage


def slot_path(slot: int) -> str:
    return _path(slot.to_bytes(32, "big"))


def _path(key: bytes) -> str:
    return keccak256(key).hex()
