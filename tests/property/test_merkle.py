"""The tries of the embedded chain against py-trie, and its proofs by our own verifier."""

import rlp
from hypothesis import given
from hypothesis import strategies as st
from trie import HexaryTrie

from waypost._ext.trie import Trie
from waypost.trust.embedded.merkle import drop, get, prove, put, root_hash, walk

# Keys that share prefixes, and values of which some fit into their parent's node.
KEYS = st.binary(min_size=3, max_size=3) | st.lists(
    st.sampled_from([0x00, 0x01, 0x10, 0x11]), min_size=3, max_size=3
).map(bytes)
VALUES = st.binary(min_size=1, max_size=40)
EDITS = st.lists(st.tuples(KEYS, st.none() | VALUES), max_size=40)


@given(EDITS, KEYS)
def test_every_version_is_that_of_py_trie_and_stays(edits: list, stranger: bytes) -> None:
    other, root = HexaryTrie({}), None
    versions = [(other.root_hash, {}, None)]
    for key, value in edits:
        _, held, root = versions[-1]
        if value is None:
            root = drop(root, key.hex())
            del other[key]
            held = {at: kept for at, kept in held.items() if at != key}
        else:
            root = put(root, key.hex(), value)
            other[key] = value
            held = held | {key: value}
        versions.append((other.root_hash, held, root))
    for hash_, held, root in versions:
        assert root_hash(root) == hash_
        for key in (*held, stranger):
            assert get(root, key.hex()) == held.get(key)


@given(st.dictionaries(KEYS, VALUES, max_size=40), KEYS)
def test_proofs_convince_py_trie_and_our_verifier(held: dict, stranger: bytes) -> None:
    root = None
    for key, value in held.items():
        root = put(root, key.hex(), value)
    verifier = Trie(root_hash(root), 1000)
    for key in (*held, stranger):
        proof = prove(root, key.hex())
        assert verifier.get(key, proof) == held.get(key)
        decoded = [rlp.decode(node) for node in proof]
        if root is not None:
            assert HexaryTrie.get_from_proof(root_hash(root), key, decoded) == held.get(key, b"")


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=40), KEYS, VALUES)
def test_versions_share_what_they_have_in_common(held: dict, key: bytes, value: bytes) -> None:
    root = None
    for at, kept in held.items():
        root = put(root, at.hex(), kept)
    after = put(root, key.hex(), value)
    known = set(map(id, nodes(root)))
    fresh = [node for node in nodes(after) if id(node) not in known]
    assert len(fresh) <= len(walk(after, key.hex())) + 2  # and the other side of a split
    if key not in held:
        assert drop(root, key.hex()) is root


def nodes(root) -> list:
    """Every node of a trie."""
    if root is None:
        return []
    below = [*getattr(root, "children", []), getattr(root, "child", None)]
    return [root, *(node for child in below for node in nodes(child))]
