"""The few calls of libsecp256k1 (coincurve's build) that Waypost needs, over plain bytes."""
from libc.stdint cimport uint8_t

cdef enum:
    SECRET_SIZE_B = 32
    COMPRESSED_SIZE_B = 33
    SIGNATURE_SIZE_B = 64        # r || s
    POINT_SIZE_B = 64            # x || y

cdef struct PublicPoint:         # a parsed key in libsecp256k1's own form
    uint8_t opaque[64]

# Every function returns 1 for success and 0 for refusal.
# 33 or 65 bytes:
cdef int point_parse(PublicPoint* out, const uint8_t* data, size_t size) noexcept nogil
cdef void point_compress(const PublicPoint* point, uint8_t* out33) noexcept nogil
cdef void point_xy(const PublicPoint* point, uint8_t* out64) noexcept nogil
cdef int verify(
    const uint8_t* signature64, const uint8_t* hash32, const PublicPoint* point
) noexcept nogil
# Constant time in the secret:
cdef int point_of(PublicPoint* out, const uint8_t* secret32) noexcept nogil
# RFC 6979, low s:
cdef int sign(uint8_t* out64, const uint8_t* hash32, const uint8_t* secret32) noexcept nogil
# 02|03 || x:
cdef int ecdh(uint8_t* out33, const PublicPoint* point, const uint8_t* secret32) noexcept nogil

cdef class SecretKey:            # wiped when it is closed or freed
    cdef uint8_t _secret[32]
    cdef bint _closed
    cdef PublicPoint _point
    cdef bytes _node_id

    cdef const uint8_t* secret(self) except NULL   # raises when closed
