"""Storage proofs of one contract, as eth_getProof answers them: half of the slots are empty.

The trie is made here, by rules as plain as the oracle's: a benchmark needs the same one each time,
and fast. Time follows the unique nodes: the third case has the nodes of the first.
"""

from collections.abc import Sequence

from benchmarks.cases import Case
from waypost._ext.digest import keccak256
from waypost._ext.rlp import encode, encode_list
from waypost._ext.trie import Trie


class Grown:
    """A trie of hashed keys; few enough that none is the start of another."""

    def __init__(self, entries: dict[bytes, bytes], depth: int = 0) -> None:
        self.children: dict[int, Grown] = {}
        if len(entries) == 1:
            ((key, value),) = entries.items()
            rest = key.hex()[depth:]
            flagged = f"3{rest}" if len(rest) % 2 else f"20{rest}"
            self.node = encode([bytes.fromhex(flagged), value])
            return
        for nibble in range(16):
            below = {k: v for k, v in entries.items() if int(k.hex()[depth], 16) == nibble}
            if below:
                self.children[nibble] = Grown(below, depth + 1)
        items = [
            encode(keccak256(self.children[nibble].node) if nibble in self.children else b"")
            for nibble in range(16)
        ]
        self.node = encode_list(b"".join([*items, encode(b"")]))

    def proof(self, key: bytes, depth: int = 0) -> list[str]:
        below = self.children.get(int(key.hex()[depth], 16))
        return [f"0x{self.node.hex()}", *(below.proof(key, depth + 1) if below else [])]


def asked(count: int) -> tuple[bytes, list[bytes], list[list[str]]]:
    """The root of a trie of count / 2 words, and count slots with their proofs."""
    slots = [keccak256(number.to_bytes(2, "big")) for number in range(count)]
    words = {keccak256(slot): encode(int.from_bytes(slot)) for slot in slots[::2]}
    grown = Grown(words)
    return keccak256(grown.node), slots, [grown.proof(keccak256(slot)) for slot in slots]


def words(root: bytes, slots: Sequence[bytes], proofs: Sequence[Sequence[str]]) -> bytes:
    return Trie(root, 10_000).words(slots, proofs)


def repeated(count: int, times: int) -> tuple[bytes, list[bytes], list[list[str]]]:
    """The same slots asked for again: more proofs, but no more nodes."""
    root, slots, proofs = asked(count)
    return root, slots * times, [list(proof) for _ in range(times) for proof in proofs]


CASES = [
    Case(
        name="256 storage proofs",
        call=words,
        args=asked(256),
        twin="tests.oracle.trie:words",
        yardstick="hash",
        count=5,
    ),
    Case(
        name="1000 storage proofs, beside py-trie",
        call=words,
        args=asked(1000),
        twin="benchmarks.twins:storage_words",
        yardstick="hash",
        faster_min=20,
        count=2,
    ),
    Case(
        name="256 storage proofs, each 4 times",
        call=words,
        args=repeated(256, 4),
        twin="tests.oracle.trie:words",
        yardstick="hash",
        count=2,
    ),
]
