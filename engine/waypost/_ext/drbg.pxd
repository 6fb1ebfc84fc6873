"""A deterministic random generator: ChaCha20 (RFC 8439), fast key erasure, seeded by its owner."""
from libc.stdint cimport uint8_t, uint64_t

cdef class Drbg:
    cdef uint8_t _pool[1024]   # the first 32 bytes are the next key; served bytes are wiped
    cdef size_t _used

    cdef void fill(self, uint8_t* out, size_t size) noexcept
    cdef uint64_t below_(self, uint64_t bound) noexcept   # uniform in [0, bound), bound >= 1
