from collections.abc import Sequence
from typing import Self, final

@final
class Trie:
    """The part of a Merkle-Patricia trie that proofs have shown so far (EIP-1186).

    It grows by each proof and hashes each node once, however many proofs repeat it. A proof is a
    list of nodes from the root down, as hexadecimal text with 0x or as bytes. It has to have each
    node that leads to the key and no other one. Whatever else it is, it is refused with an
    RpcError (`bad-proof`), and the trie stays as useful as it was.
    """

    def __new__(cls, root_hash: bytes, node_count_max: int) -> Self:
        """Raises ConfigError unless the hash has 32 bytes."""

    @property
    def node_count(self) -> int:
        """The nodes that were verified and are kept, at most `node_count_max`."""

    def get(self, key: bytes, proof: Sequence[str | bytes]) -> bytes | None:
        """The value of a key of at most 32 bytes, or None where the proof shows that none is.

        The keys of state and storage tries are the keccak256 of an address or slot.
        """

    def words(self, slots: Sequence[bytes], proofs: Sequence[Sequence[str | bytes]]) -> bytes:
        """The words of a contract's storage slots, 32 bytes for each of them, in their order.

        An empty slot has the word zero. Raises ConfigError unless each slot has 32 bytes and a
        proof.
        """
