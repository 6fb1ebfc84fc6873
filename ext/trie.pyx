"""A trie as far as proofs have shown it, each node kept below its parent.

So a node that comes again is known by its place: its text is compared with the one that was
verified there, and neither decoded nor hashed.
"""
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset

from waypost._ext.cursor cimport Reader, left, read_bytes
from waypost._ext.digest cimport keccak256
from waypost._ext.trie_node cimport ABSENT, EMBEDDED, FOUND, HASHED, read_node, step

from waypost.errors import ConfigError, RpcError

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    const uint8_t* PyUnicode_1BYTE_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)

cdef enum:
    NODE_SIZE_MAX_B = 1024       # a branch has 532, the leaf of an account about 150
    KEY_SIZE_MAX_B = 32
    WORD_SIZE_B = 32

_TEXTS = (
    "accepted",
    "a list of nodes was expected, as hexadecimal text or bytes",
    f"a node has more than {NODE_SIZE_MAX_B} bytes",
    "a node is not the one that its hash names",
    "a node is not in canonical form",
    "a node is missing",
    "nodes are left over",
    "a storage slot does not hold a word",
    "more nodes than are kept at once",
)

# keccak256 of the empty string's RLP: the root of a trie without entries.
cdef const uint8_t* EMPTY_ROOT = (
    b"\x56\xe8\x1f\x17\x1b\xcc\x55\xa6\xff\x83\x45\xe6\x92\xc0\xf8\x6e"
    b"\x5b\x48\xe0\x1b\x99\x6c\xad\xc0\x01\x62\x2f\xb5\xe3\x63\xb4\x21"
)


cdef struct Text:
    const uint8_t* at
    size_t size
    bint is_hex


cdef inline int _digit(uint8_t char) noexcept nogil:
    if c"0" <= char <= c"9":
        return char - c"0"
    char |= 0x20
    return char - c"a" + 10 if c"a" <= char <= c"f" else -1


cdef int _text_of(source, Text* text) noexcept:
    """The memory of what was given as a node: 0, or -1 for neither text nor bytes."""
    if isinstance(source, bytes):
        text[0] = Text(
            <const uint8_t*>PyBytes_AS_STRING(source), <size_t>PyBytes_GET_SIZE(source), False
        )
        return 0
    if isinstance(source, str) and PyUnicode_IS_COMPACT_ASCII(source):
        text[0] = Text(
            PyUnicode_1BYTE_DATA(source), <size_t>PyUnicode_GET_LENGTH(source), True
        )
        return 0
    return -1


cdef Refusal _decode(const Text* text, uint8_t* out, size_t* size) noexcept nogil:
    """The bytes of a node; out has room for NODE_SIZE_MAX_B."""
    cdef size_t index
    cdef int high, low
    if not text.is_hex:
        size[0] = text.size
        if text.size > NODE_SIZE_MAX_B:
            return TOO_LARGE
        memcpy(out, text.at, text.size)
        return ACCEPTED
    if text.size < 2 or text.size % 2 or text.at[0] != c"0" or text.at[1] != c"x":
        return NOT_NODES
    size[0] = text.size // 2 - 1
    if size[0] > NODE_SIZE_MAX_B:
        return TOO_LARGE
    for index in range(size[0]):
        high = _digit(text.at[2 * index + 2])
        low = _digit(text.at[2 * index + 3])
        if high < 0 or low < 0:
            return NOT_NODES
        out[index] = <uint8_t>(high << 4 | low)
    return ACCEPTED


cdef Refusal _same(const Verified* known, source) noexcept:
    """Whether a node is the one that was verified in its place before."""
    cdef uint8_t[NODE_SIZE_MAX_B] raw
    cdef size_t size = 0
    cdef Text text
    cdef Refusal refusal
    if _text_of(source, &text) < 0:
        return NOT_NODES
    if text.size == known.source_size and memcmp(text.at, known.source, text.size) == 0:
        return ACCEPTED
    refusal = _decode(&text, raw, &size)   # it may be written in another way
    if refusal == ACCEPTED and (size != known.size or memcmp(raw, known.raw, size) != 0):
        return WRONG_HASH
    return refusal


cdef Refusal _through_embedded(Key* key, Step* end) noexcept:
    """Goes on through nodes inside of a node. They are too short to name another by its hash."""
    cdef Node node
    while end.outcome == EMBEDDED:
        if read_node(end.at, end.size, &node) < 0:
            return NOT_CANONICAL
        step(&node, key, end)
    return ACCEPTED


cdef Refusal _write_word(const Step* end, uint8_t* out) noexcept:
    """A storage value is the RLP of a number that is not zero."""
    cdef Reader reader
    cdef const uint8_t* digits = NULL
    cdef size_t size = 0
    memset(out, 0, WORD_SIZE_B)
    if end.outcome != FOUND:
        return ACCEPTED
    reader.at = end.at
    reader.end = end.at + end.size
    if read_bytes(&reader, &digits, &size) < 0 or left(&reader) > 0:
        return NOT_A_WORD
    if not 1 <= size <= WORD_SIZE_B or digits[0] == 0:
        return NOT_A_WORD
    memcpy(out + WORD_SIZE_B - size, digits, size)
    return ACCEPTED


cdef int _require(int refusal) except -1:
    if refusal != ACCEPTED:
        raise RpcError("bad-proof", _TEXTS[refusal])
    return 0


@cython.final
cdef class Trie:
    def __cinit__(self, bytes root_hash not None, Py_ssize_t node_count_max):
        if len(root_hash) != HASH_SIZE_B:
            raise ConfigError("the root hash of a trie has 32 bytes")
        memcpy(self._root_hash, PyBytes_AS_STRING(root_hash), HASH_SIZE_B)
        self._node_count_max = node_count_max
        self._sources = []

    def __dealloc__(self):
        cdef Verified* last
        while self._last != NULL:
            last = self._last
            self._last = last.previous
            free(last)

    def get(self, bytes key not None, proof):
        cdef Key path = Key(<const uint8_t*>PyBytes_AS_STRING(key), 0, 2 * <size_t>len(key))
        cdef Step end
        if len(key) > KEY_SIZE_MAX_B:
            raise ConfigError(f"the key of a trie has at most {KEY_SIZE_MAX_B} bytes")
        _require(self.walk(&path, proof, &end))
        if end.outcome != FOUND:
            return None
        return PyBytes_FromStringAndSize(<const char*>end.at, <Py_ssize_t>end.size)

    def words(self, slots, proofs):
        cdef list wanted = list(slots), shown = list(proofs)
        cdef bytes out, slot
        cdef uint8_t[HASH_SIZE_B] hash
        cdef uint8_t* word
        cdef Key key
        cdef Step end
        if len(wanted) != len(shown):
            raise ConfigError(f"{len(shown)} proofs for {len(wanted)} slots")
        out = PyBytes_FromStringAndSize(NULL, WORD_SIZE_B * len(wanted))
        word = <uint8_t*>PyBytes_AS_STRING(out)
        for slot, proof in zip(wanted, shown):
            if slot is None or len(slot) != WORD_SIZE_B:
                raise ConfigError("a storage slot has 32 bytes")
            keccak256(<const uint8_t*>PyBytes_AS_STRING(slot), WORD_SIZE_B, hash)
            key = Key(&hash[0], 0, 2 * HASH_SIZE_B)
            _require(self.walk(&key, proof, &end))
            _require(_write_word(&end, word))
            word += WORD_SIZE_B
        return out

    cdef int walk(self, Key* key, proof, Step* end) except -1:
        """Follows the key to its end, which is FOUND or ABSENT."""
        cdef Verified** place = &self._root
        cdef const uint8_t* hash = self._root_hash
        cdef int refusal
        cdef Py_ssize_t index, count
        if not isinstance(proof, (list, tuple)):
            return NOT_NODES
        count = len(proof)
        if count == 0 and memcmp(hash, EMPTY_ROOT, HASH_SIZE_B) == 0:
            end[0] = Step(ABSENT, NULL, 0, 0)
            return ACCEPTED
        for index in range(count):
            source = proof[index]
            if place[0] == NULL:
                refusal = self._verify(hash, source, place)
            else:
                refusal = _same(place[0], source)
            if refusal != ACCEPTED:
                return refusal
            step(&place[0].node, key, end)
            refusal = _through_embedded(key, end)
            if refusal != ACCEPTED:
                return refusal
            if end.outcome != HASHED:
                return ACCEPTED if index + 1 == count else SPARE_NODE
            hash = end.at
            place = &place[0].children[end.branch]
        return MISSING_NODE

    cdef int _verify(self, const uint8_t* hash, source, Verified** place) except -1:
        """Takes a node into its place if it has the hash that is expected there."""
        cdef uint8_t[NODE_SIZE_MAX_B] raw
        cdef uint8_t[HASH_SIZE_B] found
        cdef size_t size = 0
        cdef Text text
        cdef int refusal
        if _text_of(source, &text) < 0:
            return NOT_NODES
        refusal = _decode(&text, raw, &size)
        if refusal != ACCEPTED:
            return refusal
        keccak256(raw, size, found)
        if memcmp(found, hash, HASH_SIZE_B) != 0:
            return WRONG_HASH
        if self.node_count >= self._node_count_max:
            return TOO_MANY
        refusal = self._keep(raw, size, source, place)
        if refusal == ACCEPTED:
            place[0].source = text.at
            place[0].source_size = text.size
        return refusal

    cdef int _keep(self, const uint8_t* raw, size_t size, source, Verified** place) except -1:
        cdef Verified* fresh = <Verified*>calloc(1, sizeof(Verified) + size)
        if fresh == NULL:
            raise MemoryError
        fresh.raw = <uint8_t*>(fresh + 1)
        fresh.size = size
        memcpy(fresh.raw, raw, size)
        if read_node(fresh.raw, size, &fresh.node) < 0:
            free(fresh)
            return NOT_CANONICAL
        try:
            self._sources.append(source)
        except MemoryError:
            free(fresh)
            raise
        fresh.previous = self._last
        self._last = place[0] = fresh
        self.node_count += 1
        return ACCEPTED
