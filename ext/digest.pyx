"""Hashes over the kernels keccak and sha256, and HKDF built from them."""
import os

from libc.string cimport memcpy

from waypost.errors import ConfigError

cdef extern from "wipe.h" nogil:
    void wp_wipe(void* memory, size_t size)

cdef extern from "keccak.h" nogil:
    ctypedef struct wp_keccak:
        pass
    void wp_keccak_init(wp_keccak* state)
    void wp_keccak_update(wp_keccak* state, const uint8_t* data, size_t size)
    void wp_keccak_final(wp_keccak* state, uint8_t* digest)

cdef extern from "keccak_many.h" nogil:
    ctypedef struct wp_keccak_tier:
        const char* name

    const wp_keccak_tier* wp_keccak_tier_at(size_t index)
    const wp_keccak_tier* wp_keccak_many
    void wp_keccak_keys(
        const wp_keccak_tier* tier, const uint8_t* const* keys, size_t count,
        const uint8_t* tail, uint8_t* digests
    )

    ctypedef struct wp_keccak_part:
        const uint8_t* at
        size_t size
    void wp_keccak_inputs(
        const wp_keccak_tier* tier, const wp_keccak_part* parts, size_t count, uint8_t* digests
    )

    ctypedef struct wp_keccak_work:
        const uint8_t* prefix
        size_t prefix_size
        bint trailing
        unsigned int wanted
    unsigned int wp_keccak_search(
        const wp_keccak_tier* tier, const wp_keccak_work* work, uint64_t first, uint64_t count,
        uint64_t* nonce
    )
    unsigned int wp_keccak_zero_bits(const uint8_t* digest, bint trailing)

cdef extern from "sha256.h" nogil:
    ctypedef struct wp_sha256:
        pass
    void wp_sha256_init(wp_sha256* state)
    void wp_sha256_update(wp_sha256* state, const uint8_t* data, size_t size)
    void wp_sha256_final(wp_sha256* state, uint8_t* digest)

cdef enum:
    BLOCK_SIZE_B = 64            # FIPS 180-4, SHA-256
    HKDF_SIZE_MAX_B = 64         # two digests: no caller needs more
    HKDF_INFO_SIZE_MAX_B = 255

cdef struct Hmac:                # RFC 2104
    wp_sha256 inner
    wp_sha256 outer


cdef void keccak256(const uint8_t* data, size_t size, uint8_t* out) noexcept nogil:
    cdef wp_keccak state
    wp_keccak_init(&state)
    wp_keccak_update(&state, data, size)
    wp_keccak_final(&state, out)


cdef void keccak256_pair(
    const uint8_t* head, size_t head_size, const uint8_t* tail, size_t tail_size, uint8_t* out
) noexcept nogil:
    cdef wp_keccak state
    wp_keccak_init(&state)
    wp_keccak_update(&state, head, head_size)
    wp_keccak_update(&state, tail, tail_size)
    wp_keccak_final(&state, out)


cdef void keccak256_keys(
    const uint8_t** keys, size_t count, const uint8_t* tail, uint8_t* out
) noexcept nogil:
    wp_keccak_keys(wp_keccak_many, keys, count, tail, out)


cdef void keccak256_inputs(const Part* parts, size_t count, uint8_t* out) noexcept nogil:
    wp_keccak_inputs(wp_keccak_many, <const wp_keccak_part*>parts, count, out)


cdef unsigned int keccak256_search(
    const Work* work, uint64_t first, uint64_t count, uint64_t* nonce
) noexcept nogil:
    return wp_keccak_search(wp_keccak_many, <const wp_keccak_work*>work, first, count, nonce)


cdef unsigned int zero_bits(const uint8_t* digest, bint trailing) noexcept nogil:
    return wp_keccak_zero_bits(digest, trailing)


cdef void sha256(const uint8_t* data, size_t size, uint8_t* out) noexcept nogil:
    cdef wp_sha256 state
    wp_sha256_init(&state)
    wp_sha256_update(&state, data, size)
    wp_sha256_final(&state, out)


cdef void _hmac_init(Hmac* state, const uint8_t* key, size_t size) noexcept nogil:
    cdef uint8_t pad[BLOCK_SIZE_B]
    cdef uint8_t digest[DIGEST_SIZE_B]
    cdef const uint8_t* source = key
    cdef size_t i, used = size
    if size > BLOCK_SIZE_B:
        sha256(key, size, digest)
        source = digest
        used = DIGEST_SIZE_B
    for i in range(<size_t>BLOCK_SIZE_B):
        pad[i] = 0x36 ^ (source[i] if i < used else 0)
    wp_sha256_init(&state.inner)
    wp_sha256_update(&state.inner, pad, BLOCK_SIZE_B)
    for i in range(<size_t>BLOCK_SIZE_B):
        pad[i] ^= 0x36 ^ 0x5C
    wp_sha256_init(&state.outer)
    wp_sha256_update(&state.outer, pad, BLOCK_SIZE_B)
    wp_wipe(pad, sizeof(pad))
    wp_wipe(digest, sizeof(digest))


cdef void _hmac_final(Hmac* state, uint8_t* out) noexcept nogil:
    wp_sha256_final(&state.inner, out)
    wp_sha256_update(&state.outer, out, DIGEST_SIZE_B)
    wp_sha256_final(&state.outer, out)


cdef void hkdf_sha256(
    const uint8_t* salt, size_t salt_size, const uint8_t* ikm, size_t ikm_size,
    const uint8_t* info, size_t info_size, uint8_t* out, size_t out_size
) noexcept nogil:
    cdef uint8_t secret[DIGEST_SIZE_B]
    cdef uint8_t block[DIGEST_SIZE_B]
    cdef uint8_t count = 0
    cdef size_t done = 0, part
    cdef Hmac keyed, state
    _hmac_init(&state, salt, salt_size)
    wp_sha256_update(&state.inner, ikm, ikm_size)
    _hmac_final(&state, secret)
    _hmac_init(&keyed, secret, DIGEST_SIZE_B)
    while done < out_size:
        count += 1
        state = keyed
        if count > 1:
            wp_sha256_update(&state.inner, block, DIGEST_SIZE_B)
        wp_sha256_update(&state.inner, info, info_size)
        wp_sha256_update(&state.inner, &count, 1)
        _hmac_final(&state, block)
        part = out_size - done if out_size - done < DIGEST_SIZE_B else DIGEST_SIZE_B
        memcpy(out + done, block, part)
        done += part
    wp_wipe(secret, sizeof(secret))
    wp_wipe(block, sizeof(block))
    wp_wipe(&keyed, sizeof(keyed))
    wp_wipe(&state, sizeof(state))


def _keccak256(bytes data not None):
    cdef uint8_t out[DIGEST_SIZE_B]
    keccak256(<const uint8_t*><const char*>data, <size_t>len(data), out)
    return (<const char*>out)[:DIGEST_SIZE_B]


def _sha256(bytes data not None):
    cdef uint8_t out[DIGEST_SIZE_B]
    sha256(<const uint8_t*><const char*>data, <size_t>len(data), out)
    return (<const char*>out)[:DIGEST_SIZE_B]


def _hkdf_sha256(bytes salt not None, bytes ikm not None, bytes info not None, Py_ssize_t size):
    cdef uint8_t out[HKDF_SIZE_MAX_B]
    if not 0 <= size <= HKDF_SIZE_MAX_B or len(info) > HKDF_INFO_SIZE_MAX_B:
        raise ConfigError(
            f"ask HKDF for at most {HKDF_SIZE_MAX_B} bytes, with an info of at most "
            f"{HKDF_INFO_SIZE_MAX_B} bytes"
        )
    hkdf_sha256(
        <const uint8_t*><const char*>salt, <size_t>len(salt),
        <const uint8_t*><const char*>ikm, <size_t>len(ikm),
        <const uint8_t*><const char*>info, <size_t>len(info),
        out, <size_t>size,
    )
    return (<const char*>out)[:size]


def tiers():
    cdef list names = []
    cdef const wp_keccak_tier* found = wp_keccak_tier_at(0)
    while found != NULL:
        names.append(found.name.decode())
        found = wp_keccak_tier_at(<size_t>len(names))
    return tuple(names)


def tier():
    return wp_keccak_many.name.decode()


def use_tier(str name not None):
    global wp_keccak_many
    if name not in tiers():
        raise ConfigError(f"this CPU has no Keccak tier {name!r}: use one of {', '.join(tiers())}")
    wp_keccak_many = wp_keccak_tier_at(<size_t>tiers().index(name))


# The variable names a tier of AES; the portable one is what every kernel has.
use_tier("portable" if os.environ.get("WAYPOST_TIER") == "portable" else tiers()[0])

# The C functions above own these names in Cython's scope; in Python's they belong to the faces.
globals().update(keccak256=_keccak256, sha256=_sha256, hkdf_sha256=_hkdf_sha256)
