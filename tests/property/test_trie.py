"""Proofs of random tries, made by py-trie: ours, the oracle and py-trie say the same."""

import pytest
import rlp
from hypothesis import example, given
from hypothesis import strategies as st
from trie import HexaryTrie
from trie.exceptions import ValidationError

from tests.oracle import trie as oracle
from waypost._ext.trie import Trie
from waypost.errors import RpcError

# Keys of few nibbles branch early, share long paths and end inside of each other; short values
# make nodes that are embedded in their parents, long ones nodes that stand alone.
NIBBLES = st.sampled_from([0x00, 0x01, 0x10, 0x11, 0xF0])
KEYS = st.lists(NIBBLES, max_size=4).map(bytes) | st.binary(min_size=30, max_size=32)
VALUES = st.binary(min_size=1, max_size=3) | st.binary(min_size=30, max_size=200)
ENTRIES = st.dictionaries(KEYS, VALUES, max_size=12)


def made_of(entries):
    trie = HexaryTrie({})
    for key, value in entries.items():
        trie[key] = value
    return trie


def proof_of(trie, key):
    """What a node answers: py-trie lists the nodes that are embedded in others too."""
    nodes = [rlp.encode(node) for node in trie.get_proof(key)]
    return [node for place, node in enumerate(nodes) if place == 0 or len(node) >= 32]


def py_trie_says(made, key):
    """The value, or None; py-trie fails where a key ends inside of an extension of its proof."""
    try:
        return HexaryTrie.get_from_proof(made.root_hash, key, made.get_proof(key)) or None
    except ValidationError as error:
        if "never return an extension node" not in str(error):
            raise
        return None


def as_text(proof, upper):
    return ["0x" + (node.hex().upper() if upper else node.hex()) for node in proof]


@given(ENTRIES, st.lists(KEYS, max_size=4), st.booleans())
@example({}, [b"", bytes(32)], False)
@example({b"\x11": b"\x01"}, [b"\x11", b"\x10", b"", b"\x11\x11"], True)  # a leaf alone
@example({b"": b"a", b"\x00": b"b", b"\x01": b"c"}, [b"\x02"], False)  # the value of a branch
@example({b"\x00\x00\x00": b"a" * 40, b"\x00\x00\x11": b"b" * 40}, [b"\x00\x11"], False)
@example({b"\x11\x10": b"\x00", b"\x11\x11": b"\x00"}, [b"\x11"], False)  # ends in an extension
def test_says_what_is_in_a_trie_and_what_is_not(entries, others, upper):
    made = made_of(entries)
    trie = Trie(made.root_hash, 1000)
    for key in [*entries, *others]:
        proof = proof_of(made, key)
        expected = entries.get(key)
        assert oracle.get(made.root_hash, key, proof) == expected
        assert py_trie_says(made, key) == expected
        assert trie.get(key, proof) == expected
        assert trie.get(key, tuple(as_text(proof, upper))) == expected
        assert Trie(made.root_hash, 1000).get(key, as_text(proof, upper)) == expected


@given(ENTRIES.filter(len), st.data())
def test_each_node_is_hashed_once(entries, data):
    made = made_of(entries)
    trie = Trie(made.root_hash, 1000)
    keys = data.draw(st.lists(st.sampled_from([*entries]), max_size=20))
    places = set()
    for key in keys:
        proof = proof_of(made, key)
        trie.get(key, proof)
        places |= {tuple(proof[: end + 1]) for end in range(len(proof))}
    assert trie.node_count <= len(places)
    assert trie.node_count >= len({node for place in places for node in place})


def refusal(check):
    try:
        return check()
    except (RpcError, oracle.Refused):
        return "refused"


def changed(proof, data):
    """The proof with one thing about it changed, or not."""
    proof = list(proof)
    match data.draw(st.sampled_from(["cut", "twice", "swap", "byte", "size", "nothing"])):
        case "cut" if proof:
            del proof[data.draw(st.integers(0, len(proof) - 1))]
        case "twice" if proof:
            proof.append(data.draw(st.sampled_from(proof)))
        case "swap" if len(proof) > 1:
            proof.reverse()
        case "byte" if proof:
            place = data.draw(st.integers(0, len(proof) - 1))
            node = bytearray(proof[place])
            node[data.draw(st.integers(0, len(node) - 1))] ^= data.draw(st.integers(1, 255))
            proof[place] = bytes(node)
        case "size" if proof:
            proof[-1] += b"\x00"
    return proof


@given(ENTRIES, KEYS, st.data())
def test_refuses_what_the_oracle_refuses(entries, other, data):
    made = made_of(entries)
    key = data.draw(st.sampled_from([*entries, other]))
    proof = changed(proof_of(made, key), data)
    expected = refusal(lambda: oracle.get(made.root_hash, key, proof))
    assert refusal(lambda: Trie(made.root_hash, 1000).get(key, proof)) == expected
    used = Trie(made.root_hash, 1000)
    used.get(key, proof_of(made, key))
    assert refusal(lambda: used.get(key, proof)) == expected
    assert used.get(key, proof_of(made, key)) == entries.get(key)


ITEM = st.recursive(
    st.binary(max_size=3) | st.binary(min_size=31, max_size=34),
    lambda items: st.lists(items, min_size=2, max_size=2) | st.lists(items, max_size=17),
    max_leaves=17,
)
PATH = st.binary(min_size=1, max_size=3)
SHAPES = (
    st.tuples(PATH, ITEM)
    | st.lists(st.just(b"") | st.binary(min_size=32, max_size=32), min_size=16, max_size=18)
    | st.lists(st.just(b"") | st.tuples(PATH, st.just(b"a")), min_size=17, max_size=17)
    | ITEM
)


@given(SHAPES.map(rlp.encode) | st.binary(max_size=8), st.binary(max_size=2))
@example(bytes.fromhex("c22061"), b"")  # a leaf
@example(bytes.fromhex("c23061"), b"\x00")  # its flag says odd, so there is a nibble 0
@example(bytes.fromhex("c22161"), b"")  # even, with a padding that is not zero
@example(bytes.fromhex("c28061"), b"")  # no path
@example(bytes.fromhex("c24061"), b"")  # no such flag
@example(bytes.fromhex("c22080"), b"")  # a leaf without a value
@example(bytes.fromhex("c38120") + b"a", b"")  # not the shortest form
@example(bytes.fromhex("c200c22061"), b"")  # something after the list
@example(bytes.fromhex("e5a110" + "00" * 32 + "c28080"), b"")  # 65 nibbles, one more than a hash
@example(bytes.fromhex("e5a100" + "00" * 32 + "c28080"), b"")  # 64 are no more than a key has
def test_reads_the_nodes_that_the_oracle_reads(node, key):
    """The node is a root whose hash is right, whatever is in it."""
    root = oracle.keccak256(node)
    expected = refusal(lambda: oracle.get(root, key, [node]))
    assert refusal(lambda: Trie(root, 1).get(key, [node])) == expected


@pytest.mark.parametrize(
    "value", [b"", b"\x00", b"\x81\x01", b"\x82\x00\x01", b"\xa1" + b"1" * 33]
)
def test_a_storage_value_is_a_number_of_32_bytes(value):
    slot = bytes(32)
    made = made_of({oracle.keccak256(slot): value or b"\x80"})
    proof = proof_of(made, oracle.keccak256(slot))
    with pytest.raises(RpcError, match=r"^bad-proof: a storage slot does not hold a word$"):
        Trie(made.root_hash, 10).words([slot], [proof])
    assert refusal(lambda: oracle.word(made.root_hash, slot, proof)) == "refused"


@given(
    st.dictionaries(st.binary(min_size=32, max_size=32), st.integers(1, 2**256 - 1), max_size=8),
    st.lists(st.binary(min_size=32, max_size=32), max_size=3),
)
def test_words_of_slots(words, others):
    made = made_of({oracle.keccak256(slot): rlp.encode(word) for slot, word in words.items()})
    slots = [*words, *others]
    proofs = [proof_of(made, oracle.keccak256(slot)) for slot in slots]
    expected = b"".join(words.get(slot, 0).to_bytes(32, "big") for slot in slots)
    assert Trie(made.root_hash, 1000).words(slots, proofs) == expected
    assert oracle.words(made.root_hash, slots, proofs) == expected
