"""The XOR metric of discv5-theory, "Nodes, Records and Distances", over node ids of 32 bytes."""
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    #define wp_from_big_endian(word) __builtin_bswap64(word)
    #else
    #define wp_from_big_endian(word) (word)
    #endif
    """
    uint64_t wp_from_big_endian(uint64_t word) noexcept nogil
    int __builtin_clzll(unsigned long long word) noexcept nogil


cdef inline uint64_t word_of(const uint8_t* node_id, int index) noexcept nogil:
    """Bits 64 * index .. 64 * index + 63 of an id, the most significant ones first."""
    cdef uint64_t word = 0
    memcpy(&word, node_id + 8 * index, sizeof(word))
    return wp_from_big_endian(word)


cdef inline int log_distance(const uint8_t* a, const uint8_t* b) noexcept nogil:
    """0 for equal ids, else 1..256: the bit length of their XOR."""
    cdef uint64_t difference
    cdef int i
    for i in range(4):
        difference = word_of(a, i) ^ word_of(b, i)
        if difference:
            return 256 - 64 * i - __builtin_clzll(difference)
    return 0


cdef inline bint is_closer(
    const uint8_t* target, const uint8_t* a, const uint8_t* b
) noexcept nogil:
    """Whether a is strictly closer to target than b is."""
    cdef uint64_t to_a, to_b
    cdef int i
    for i in range(4):
        to_a = word_of(target, i) ^ word_of(a, i)
        to_b = word_of(target, i) ^ word_of(b, i)
        if to_a != to_b:
            return to_a < to_b
    return False


# The 32 bytes of an id that a caller handed over; anything else raises ConfigError.
cdef const uint8_t* id_bytes(bytes node_id) except NULL
