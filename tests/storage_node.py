"""A node by the book for tests: a registry's storage, read in each of the ways there are."""

from typing import Any

from tests.oracle import trust as oracle
from waypost._ext.slots import kind_slot, provider_slots, registry_slot, resource_slots
from waypost.errors import RpcError
from waypost.trust.exchange import Call
from waypost.trust.kind import kind_word
from waypost.trust.reading.snapshot import SELECTOR
from waypost.trust.verdict import Block
from waypost.trust.words import ProviderWord, RegistryWord, ResourceWord, Status

ADDRESS = bytes(range(20))
KIND = "whisper.mailserver"
BLOCK = Block(0x11, b"\xab" * 32, 1_800_000_000)
WHERE = {"blockHash": "0x" + "ab" * 32, "requireCanonical": True}

SERVER = ResourceWord(provider_id=1, epoch=1, status=Status.ACTIVE).pack()
PROVIDER = ProviderWord(owner=1, status=Status.ACTIVE, epoch=1).pack()
REGISTRY = RegistryWord(version=1, provider_count=1).pack()


class StorageNode:
    """`lacks` are methods that it does not know, `slot_count_max` what it takes in one request."""

    def __init__(self, *lacks: str, slot_count_max: int = 1024) -> None:
        self.calls: list[Call] = []
        self.lacks = set(lacks)
        self.slot_count_max = slot_count_max
        self.storage = {registry_slot(): REGISTRY}

    def enlist(self, *node_ids: bytes, word: int = SERVER) -> None:
        self.storage.update(dict.fromkeys(resource_slots(kind_word(KIND), node_ids), word))

    def provide(self, provider_id: int, word: int = PROVIDER) -> None:
        (slot,) = provider_slots([provider_id])
        self.storage[slot] = word

    def version_kind(self, word: int) -> None:
        self.storage[kind_slot(kind_word(KIND))] = word

    def methods(self, name: str) -> int:
        return [call.method for call in self.calls].count(name)

    def answer(self, call: Call) -> Any:
        self.calls.append(call)
        if call.method in self.lacks:
            message = f"the method {call.method} does not exist/is not available"
            raise RpcError("rpc-error", message, code=-32601)
        return getattr(self, call.method)(*call.params)

    def eth_chainId(self) -> str:
        return "0x7a69"

    def eth_getCode(self, address: str, tag: str) -> str:
        return "0x60"

    def eth_getBlockByNumber(self, tag: str, full: bool) -> dict[str, str]:
        number, hash_, timestamp = BLOCK
        return {"number": hex(number), "hash": f"0x{hash_.hex()}", "timestamp": hex(timestamp)}

    def eth_getStorageValues(self, slots: dict[str, list[str]], where: Any) -> Any:
        self._require(where)
        ((account, texts),) = slots.items()
        if len(texts) > self.slot_count_max:
            message = f"total slot count {len(texts)} exceeds limit {self.slot_count_max}"
            raise RpcError("rpc-error", message, code=-32602)
        return {account: [f"0x{self._word(text):064x}" for text in texts]}

    def eth_getStorageAt(self, address: str, slot: str, where: Any) -> str:
        assert address == "0x" + ADDRESS.hex()
        self._require(where)
        return f"0x{self._word(slot):064x}"

    def eth_call(self, message: dict[str, str], where: Any) -> str:
        assert (message["to"], where) == ("0x" + ADDRESS.hex(), WHERE)
        data = bytes.fromhex(message["data"][2:])
        assert data[:4] == SELECTOR
        kind, *words = (data[at : at + 32] for at in range(4, len(data), 32))
        count = int.from_bytes(words[2], "big")
        if count > self.slot_count_max:
            raise RpcError("rpc-error", "out of gas", code=-32000)
        found = self.words_of(kind, words[3 : 3 + count], words[4 + count :])
        answer = oracle.abi_encode([BLOCK.number << 64 | BLOCK.timestamp, *found])
        return f"0x{answer.hex()}"

    def words_of(self, kind: bytes, node_ids: list[bytes], providers: list[bytes]) -> list[Any]:
        """What `snapshot` returns after its context."""
        slots = provider_slots(int.from_bytes(word, "big") for word in providers)
        return [
            *(self.storage.get(slot, 0) for slot in (registry_slot(), kind_slot(kind))),
            [self.storage.get(slot, 0) for slot in resource_slots(kind, node_ids)],
            [self.storage.get(slot, 0) for slot in slots],
        ]

    def _require(self, where: Any) -> None:
        if where != WHERE:
            raise RpcError("rpc-error", "header not found", code=-32000)

    def _word(self, slot: str) -> int:
        return self.storage.get(bytes.fromhex(slot[2:]), 0)
