"""Keccak-256 (Ethereum's pre-standard padding), SHA-256 (FIPS 180-4) and HKDF (RFC 5869)."""
from libc.stdint cimport uint8_t

cdef enum:
    DIGEST_SIZE_B = 32

cdef void keccak256(const uint8_t* data, size_t size, uint8_t* out) noexcept nogil
# The hash of head || tail, without joining them.
cdef void keccak256_pair(
    const uint8_t* head, size_t head_size, const uint8_t* tail, size_t tail_size, uint8_t* out
) noexcept nogil
# The hashes of keys[i] || tail, all of 32 bytes, many at once; out has 32 bytes for each key.
cdef void keccak256_keys(
    const uint8_t** keys, size_t count, const uint8_t* tail, uint8_t* out
) noexcept nogil
cdef void sha256(const uint8_t* data, size_t size, uint8_t* out) noexcept nogil
# out_size is at most 64 bytes; info at most 255 bytes; salt and ikm of any length.
cdef void hkdf_sha256(
    const uint8_t* salt, size_t salt_size, const uint8_t* ikm, size_t ikm_size,
    const uint8_t* info, size_t info_size, uint8_t* out, size_t out_size
) noexcept nogil
