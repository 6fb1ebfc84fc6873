"""AES-128-GCM, AES-128-CTR, AES-256-CTR: the C functions behind aead.pxd, and their cold face."""
import os

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport SIZE_MAX

from waypost.errors import ConfigError

cdef extern from "aes.h" nogil:
    ctypedef struct wp_aes_tier:
        const char* name
        void ctr_expand(wp_ctr_key* key, const uint8_t* secret) noexcept nogil
        void ctr_xor(
            const wp_ctr_key* key, const uint8_t* iv, size_t block_index,
            const uint8_t* src, uint8_t* dst, size_t size
        ) noexcept nogil
        void ctr256_expand(wp_ctr256_key* key, const uint8_t* secret) noexcept nogil
        void ctr256_xor(
            const wp_ctr256_key* key, const uint8_t* iv, size_t block_index,
            const uint8_t* src, uint8_t* dst, size_t size
        ) noexcept nogil
        void gcm_expand(wp_gcm_key* key, const uint8_t* secret) noexcept nogil
        void gcm_seal(
            const wp_gcm_key* key, const uint8_t* nonce, const uint8_t* ad, size_t ad_size,
            const uint8_t* src, size_t size, uint8_t* dst
        ) noexcept nogil
        int gcm_open(
            const wp_gcm_key* key, const uint8_t* nonce, const uint8_t* ad, size_t ad_size,
            const uint8_t* src, size_t size, uint8_t* dst
        ) noexcept nogil

    const wp_aes_tier* wp_aes_tier_at(size_t index)
    const wp_aes_tier* wp_aes

cdef extern from "wipe.h" nogil:
    void wp_wipe(void* memory, size_t size)

cdef enum:
    BLOCK_SIZE_B = 16


cdef void ctr_expand(wp_ctr_key* key, const uint8_t* secret) noexcept nogil:
    wp_aes.ctr_expand(key, secret)


cdef void ctr_xor(
    const wp_ctr_key* key, const uint8_t* iv, size_t block_index,
    const uint8_t* src, uint8_t* dst, size_t size
) noexcept nogil:
    wp_aes.ctr_xor(key, iv, block_index, src, dst, size)


cdef void ctr256_expand(wp_ctr256_key* key, const uint8_t* secret) noexcept nogil:
    wp_aes.ctr256_expand(key, secret)


cdef void ctr256_xor(
    const wp_ctr256_key* key, const uint8_t* iv, size_t block_index,
    const uint8_t* src, uint8_t* dst, size_t size
) noexcept nogil:
    wp_aes.ctr256_xor(key, iv, block_index, src, dst, size)


cdef void gcm_expand(wp_gcm_key* key, const uint8_t* secret) noexcept nogil:
    wp_aes.gcm_expand(key, secret)


cdef void gcm_seal(
    const wp_gcm_key* key, const uint8_t* nonce, const uint8_t* ad, size_t ad_size,
    const uint8_t* src, size_t size, uint8_t* dst
) noexcept nogil:
    wp_aes.gcm_seal(key, nonce, ad, ad_size, src, size, dst)


cdef int gcm_open(
    const wp_gcm_key* key, const uint8_t* nonce, const uint8_t* ad, size_t ad_size,
    const uint8_t* src, size_t size, uint8_t* dst
) noexcept nogil:
    if size < TAG_SIZE_B:
        return -1
    return wp_aes.gcm_open(key, nonce, ad, ad_size, src, size, dst)


cdef inline const uint8_t* _data(bytes data) noexcept:
    return <const uint8_t*>PyBytes_AS_STRING(data)


cdef int _check(str what, bytes data, Py_ssize_t size) except -1:
    if len(data) != size:
        raise ConfigError(f"{what} of AES-128 is {size} bytes, not {len(data)}")
    return 0


def aes_gcm_seal(
    bytes key not None, bytes nonce not None, bytes plaintext not None, bytes ad not None
):
    _check("a key", key, KEY_SIZE_B)
    _check("a nonce", nonce, NONCE_SIZE_B)
    cdef wp_gcm_key expanded
    cdef bytes sealed = PyBytes_FromStringAndSize(NULL, len(plaintext) + TAG_SIZE_B)
    gcm_expand(&expanded, _data(key))
    gcm_seal(
        &expanded, _data(nonce), _data(ad), <size_t>len(ad),
        _data(plaintext), <size_t>len(plaintext), <uint8_t*>_data(sealed)
    )
    wp_wipe(&expanded, sizeof(expanded))
    return sealed


def aes_gcm_open(
    bytes key not None, bytes nonce not None, bytes ciphertext not None, bytes ad not None
):
    _check("a key", key, KEY_SIZE_B)
    _check("a nonce", nonce, NONCE_SIZE_B)
    if len(ciphertext) < TAG_SIZE_B:
        return None
    cdef wp_gcm_key expanded
    cdef bytes opened = PyBytes_FromStringAndSize(NULL, len(ciphertext) - TAG_SIZE_B)
    gcm_expand(&expanded, _data(key))
    cdef int status = gcm_open(
        &expanded, _data(nonce), _data(ad), <size_t>len(ad),
        _data(ciphertext), <size_t>len(ciphertext), <uint8_t*>_data(opened)
    )
    wp_wipe(&expanded, sizeof(expanded))
    return opened if status == 0 else None


def aes_ctr(bytes key not None, bytes iv not None, bytes data not None, block_index=0):
    if len(key) not in (KEY_SIZE_B, KEY256_SIZE_B):
        raise ConfigError(
            f"a key of AES is {KEY_SIZE_B} or {KEY256_SIZE_B} bytes, not {len(key)}"
        )
    _check("a counter block", iv, BLOCK_SIZE_B)
    if not 0 <= block_index <= SIZE_MAX:
        raise ConfigError(f"a block index is 0 to {SIZE_MAX}, not {block_index}")
    cdef wp_ctr_key expanded
    cdef wp_ctr256_key expanded256
    cdef size_t index = block_index, size = <size_t>len(data)
    cdef bytes out = PyBytes_FromStringAndSize(NULL, len(data))
    if len(key) == KEY_SIZE_B:
        ctr_expand(&expanded, _data(key))
        ctr_xor(&expanded, _data(iv), index, _data(data), <uint8_t*>_data(out), size)
        wp_wipe(&expanded, sizeof(expanded))
    else:
        ctr256_expand(&expanded256, _data(key))
        ctr256_xor(&expanded256, _data(iv), index, _data(data), <uint8_t*>_data(out), size)
        wp_wipe(&expanded256, sizeof(expanded256))
    return out


def tiers():
    cdef list names = []
    cdef const wp_aes_tier* found = wp_aes_tier_at(0)
    while found != NULL:
        names.append(found.name.decode())
        found = wp_aes_tier_at(<size_t>len(names))
    return tuple(names)


def tier():
    return wp_aes.name.decode()


def use_tier(str name not None):
    global wp_aes
    if name not in tiers():
        raise ConfigError(f"this CPU has no AES tier {name!r}: use one of {', '.join(tiers())}")
    wp_aes = wp_aes_tier_at(<size_t>tiers().index(name))


use_tier(os.environ.get("WAYPOST_TIER") or tiers()[0])
