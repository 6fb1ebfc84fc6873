"""Keccak-256 (Ethereum's pre-standard padding), SHA-256 (FIPS 180-4) and HKDF (RFC 5869)."""
from libc.stdint cimport uint8_t, uint64_t

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

cdef enum:
    PART_COUNT = 3               # of an input

cdef struct Part:
    const uint8_t* at
    size_t size

# The hashes of inputs of any sizes, together; each is PART_COUNT parts, some perhaps empty.
cdef void keccak256_inputs(const Part* parts, size_t count, uint8_t* out) noexcept nogil

cdef struct Work:
    const uint8_t* prefix
    size_t prefix_size
    bint trailing                # the zero bits that count end the hash, or start it
    unsigned int wanted          # so many are enough

# Hashes prefix || nonce (8 bytes, big-endian) from `first` on. Returns the most zero bits that
# were found, and the first nonce that has them.
cdef unsigned int keccak256_search(
    const Work* work, uint64_t first, uint64_t count, uint64_t* nonce
) noexcept nogil
cdef unsigned int zero_bits(const uint8_t* digest, bint trailing) noexcept nogil

cdef void sha256(const uint8_t* data, size_t size, uint8_t* out) noexcept nogil
# out_size is at most 64 bytes; info at most 255 bytes; salt and ikm of any length.
cdef void hkdf_sha256(
    const uint8_t* salt, size_t salt_size, const uint8_t* ikm, size_t ikm_size,
    const uint8_t* info, size_t info_size, uint8_t* out, size_t out_size
) noexcept nogil
