"""Proofs of a Merkle-Patricia trie (EIP-1186), checked against its root hash."""
from libc.stdint cimport uint8_t

from waypost._ext.trie_node cimport HASH_SIZE_B, Key, Node, Step

# What a proof fails by; each has a text in trie.pyx.
cdef enum Refusal:
    ACCEPTED = 0
    NOT_NODES       # something else than a list of hexadecimal text or bytes
    TOO_LARGE
    WRONG_HASH      # of a node that is not the one its parent, or the root, names
    NOT_CANONICAL
    MISSING_NODE
    SPARE_NODE
    NOT_A_WORD      # a storage value that is no number of at most 32 bytes
    TOO_MANY

# A node whose hash was checked, in one block with its bytes.
cdef struct Verified:
    Verified* previous           # how all are found again when they are freed
    Verified* children[16]       # those verified so far, by nibble; an extension has the first
    const uint8_t* source        # as it was given: kept alive by the trie
    size_t source_size
    size_t size
    uint8_t* raw
    Node node

cdef class Trie:
    cdef readonly Py_ssize_t node_count      # verified, each of them hashed once
    cdef Py_ssize_t _node_count_max
    cdef uint8_t[HASH_SIZE_B] _root_hash
    cdef Verified* _root
    cdef Verified* _last
    cdef list _sources

    # Follows the key to its end, FOUND or ABSENT, and returns a Refusal.
    cdef int walk(self, Key* key, proof, Step* end) except -1
    cdef int _verify(self, const uint8_t* hash, source, Verified** place) except -1
    cdef int _keep(self, const uint8_t* raw, size_t size, source, Verified** place) except -1
