"""A node of a Merkle-Patricia trie (yellow paper, appendix D): its shape, a step through it."""
from libc.stdint cimport uint8_t

cdef enum:
    HASH_SIZE_B = 32
    ITEM_COUNT_MAX = 17

cdef enum Kind:
    EMPTY = 0
    LEAF
    EXTENSION
    BRANCH

# Pointers into the memory that was read. Of a leaf and an extension, `path` has the nibbles from
# path_start to path_end, counted in half bytes.
cdef struct Node:
    Kind kind
    const uint8_t* items[ITEM_COUNT_MAX + 1]   # where each starts, headers included; then the end
    const uint8_t* path
    size_t path_start
    size_t path_end

# A key on its way down: its nibbles from `at` to `end` are still to be found.
cdef struct Key:
    const uint8_t* data
    size_t at
    size_t end

cdef enum Outcome:
    ABSENT = 0      # nothing is stored under the key
    FOUND           # `at` and `size` are the value's
    HASHED          # `at` is the hash of the node that comes next
    EMBEDDED        # `at` and `size` are those of the node that comes next

cdef struct Step:
    Outcome outcome
    const uint8_t* at
    size_t size
    size_t branch   # which of 16 children comes next; 0 for the one of an extension

# Reads exactly size bytes: 0, or -1 for what is no node in canonical form.
cdef int read_node(const uint8_t* data, size_t size, Node* node) noexcept nogil
# Follows the key through one node. The step is not returned: line tracing makes an object of what
# is, and cannot of a NULL in it.
cdef void step(const Node* node, Key* key, Step* end) noexcept nogil
