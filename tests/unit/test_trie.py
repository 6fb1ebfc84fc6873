import pytest
import rlp

from benchmarks.bench_proof import asked
from tests.oracle import trie as oracle
from waypost._ext.trie import Trie
from waypost.errors import ConfigError, RpcError

LEAF = rlp.encode([b"\x20", b"value"])
ROOT = oracle.keccak256(LEAF)


def why_refused(proof, *, root=ROOT, key=b"", node_count_max=10):
    with pytest.raises(RpcError) as caught:
        Trie(root, node_count_max).get(key, proof)
    assert caught.value.reason == "bad-proof"
    return caught.value.detail


@pytest.mark.parametrize(
    "proof",
    [None, 1, "0x", {}, [None], [1], [[LEAF]], ["20"], [""], ["0"], ["0x1"], ["0xgg"], ["0xé1"],
     ["\ud800"], [LEAF.hex()], ["0X" + LEAF.hex()], [" 0x" + LEAF.hex()], ["0x" + "0g" * 20]],
)  # fmt: skip
def test_what_is_no_list_of_nodes(proof):
    expected = "a list of nodes was expected, as hexadecimal text or bytes"
    assert why_refused(proof) == expected


def test_each_refusal_says_what_is_wrong():
    assert why_refused([]) == "a node is missing"
    assert why_refused([LEAF, LEAF]) == "nodes are left over"
    assert why_refused([LEAF[:-1]]) == "a node is not the one that its hash names"
    assert why_refused([bytes(1025)]) == "a node has more than 1024 bytes"
    assert why_refused(["0x" + "00" * 1025]) == "a node has more than 1024 bytes"
    assert why_refused([LEAF], node_count_max=0) == "more nodes than are kept at once"
    junk = rlp.encode([b"\x20", b"value", b""])
    refused = why_refused([junk], root=oracle.keccak256(junk))
    assert refused == "a node is not in canonical form"


def test_an_embedded_node_is_read_as_strictly():
    children = [b""] * 17
    children[0] = [b"\x40", b"no flag"]
    root = rlp.encode(children)
    refused = why_refused([root], root=oracle.keccak256(root), key=b"\x00")
    assert refused == "a node is not in canonical form"
    assert Trie(oracle.keccak256(root), 1).get(b"\x10", [root]) is None


def test_the_deepest_trie():
    """One branch for each nibble of a key of 32 bytes."""
    key = bytes(range(32))
    node, proof = [b"\x20", b"x" * 40], []
    for nibble in reversed(oracle.nibbles(key)):
        proof.append(rlp.encode(node))
        children = [b""] * 17
        children[nibble] = oracle.keccak256(proof[-1])
        node = children
    proof.append(rlp.encode(node))
    trie = Trie(oracle.keccak256(proof[-1]), 65)
    assert trie.get(key, proof[::-1]) == b"x" * 40
    assert trie.node_count == 65
    with pytest.raises(ConfigError, match="at most 32 bytes"):
        trie.get(bytes(33), proof)


def test_an_empty_trie_needs_no_node():
    trie = Trie(oracle.EMPTY_ROOT, 1)
    assert trie.get(b"", []) is None
    assert trie.words([bytes(32)], [["0x80"]]) == bytes(32)


def test_a_refused_proof_leaves_the_trie_as_it_was():
    trie = Trie(ROOT, 10)
    with pytest.raises(RpcError):
        trie.get(b"", ["0x00"])
    assert trie.node_count == 0
    assert trie.get(b"", ["0x" + LEAF.hex()]) == b"value"
    with pytest.raises(RpcError):
        trie.get(b"", ["0x00"])
    assert trie.get(b"", [LEAF]) == b"value"
    assert trie.node_count == 1


def test_callers_mistakes():
    with pytest.raises(ConfigError, match="32 bytes"):
        Trie(b"", 10)
    trie = Trie(ROOT, 10)
    with pytest.raises(ConfigError, match="0 proofs for 1 slots"):
        trie.words([bytes(32)], [])
    with pytest.raises(ConfigError, match="a storage slot has 32 bytes"):
        trie.words([bytes(31)], [[]])
    with pytest.raises(TypeError):
        trie.get(None, [])


def test_a_thousand_proofs_cost_their_unique_nodes():
    root, slots, proofs = asked(1000)
    nodes = [node for proof in proofs for node in proof]
    trie = Trie(root, 1000)
    trie.words(slots, proofs)
    assert trie.node_count == len(set(nodes)) < len(nodes) / 4
    trie.words(slots, proofs)
    assert trie.node_count == len(set(nodes))
