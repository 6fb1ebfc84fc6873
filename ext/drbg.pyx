"""ChaCha20 with fast key erasure: a refill first makes the next key; what was served is wiped.

A refill is 1024 bytes of key stream: 32 become the next key, 992 are served. Whoever reads the
memory of a Drbg cannot tell what it served before.
"""
cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint32_t
from libc.string cimport memcpy, memset

from waypost.errors import ConfigError

cdef extern from "wipe.h" nogil:
    void wp_wipe(void* memory, size_t size)

cdef extern from "chacha20.h" nogil:
    void wp_chacha20_quad(const uint8_t* key, uint32_t counter, uint8_t* stream)

cdef enum:
    KEY_SIZE_B = 32
    QUAD_SIZE_B = 256
    POOL_SIZE_B = 1024


cdef void _refill(uint8_t* pool) noexcept nogil:
    cdef uint8_t key[KEY_SIZE_B]
    cdef uint32_t quad
    memcpy(key, pool, KEY_SIZE_B)
    for quad in range(<uint32_t>(POOL_SIZE_B // QUAD_SIZE_B)):
        wp_chacha20_quad(key, 4 * quad, pool + QUAD_SIZE_B * quad)
    wp_wipe(key, KEY_SIZE_B)


@cython.final
cdef class Drbg:
    def __cinit__(self, bytes seed not None):
        if len(seed) != KEY_SIZE_B:
            raise ConfigError(f"a seed is {KEY_SIZE_B} bytes, this one is {len(seed)}")
        memcpy(self._pool, <const char*>seed, KEY_SIZE_B)
        self._used = POOL_SIZE_B

    def __dealloc__(self):
        wp_wipe(self._pool, POOL_SIZE_B)

    cdef void fill(self, uint8_t* out, size_t size) noexcept:
        cdef size_t part
        while size > 0:
            if self._used == POOL_SIZE_B:
                _refill(self._pool)
                self._used = KEY_SIZE_B
            part = POOL_SIZE_B - self._used
            if part > size:
                part = size
            memcpy(out, self._pool + self._used, part)
            memset(self._pool + self._used, 0, part)
            self._used += part
            out += part
            size -= part

    cdef uint64_t below_(self, uint64_t bound) noexcept:
        # 2**64 mod bound: with these lowest draws left out, every remainder is as likely.
        cdef uint64_t surplus = (0 - bound) % bound
        cdef uint64_t draw = 0
        while True:
            self.fill(<uint8_t*>&draw, sizeof(draw))
            if draw >= surplus:
                return draw % bound

    def bytes(self, Py_ssize_t size):
        if size < 0:
            raise ConfigError("a number of random bytes is not negative")
        out = PyBytes_FromStringAndSize(NULL, size)
        self.fill(<uint8_t*><char*>out, <size_t>size)
        return out

    def below(self, bound):
        if not 1 <= bound < 1 << 64:
            raise ConfigError("draw below a bound of 1 to 2**64 - 1")
        return self.below_(bound)

    def __reduce__(self):
        raise TypeError("a generator is not copied or pickled: two would serve the same bytes")
