"""AES-128-GCM, AES-128-CTR and AES-256-CTR with expanded keys held by the caller.

Only this module links the AES kernels.
"""
from libc.stdint cimport uint8_t

cdef extern from "aes.h" nogil:
    ctypedef struct wp_ctr_key:   # expanded AES-128 key, laid out by the tier that expanded it
        pass
    ctypedef struct wp_ctr256_key:   # the same of AES-256
        pass
    ctypedef struct wp_gcm_key:   # expanded AES-128 key and the powers of H
        pass

cdef enum:
    KEY_SIZE_B = 16
    KEY256_SIZE_B = 32
    NONCE_SIZE_B = 12
    TAG_SIZE_B = 16

cdef void ctr_expand(wp_ctr_key* key, const uint8_t* secret) noexcept nogil
# XORs the key stream of (key, 128-bit big-endian counter iv + block_index) over size bytes;
# src may be dst.
cdef void ctr_xor(
    const wp_ctr_key* key, const uint8_t* iv, size_t block_index,
    const uint8_t* src, uint8_t* dst, size_t size
) noexcept nogil
cdef void ctr256_expand(wp_ctr256_key* key, const uint8_t* secret) noexcept nogil
cdef void ctr256_xor(
    const wp_ctr256_key* key, const uint8_t* iv, size_t block_index,
    const uint8_t* src, uint8_t* dst, size_t size
) noexcept nogil

cdef void gcm_expand(wp_gcm_key* key, const uint8_t* secret) noexcept nogil
# Writes size + TAG_SIZE_B bytes to dst; src may be dst.
cdef void gcm_seal(
    const wp_gcm_key* key, const uint8_t* nonce, const uint8_t* ad, size_t ad_size,
    const uint8_t* src, size_t size, uint8_t* dst
) noexcept nogil
# size includes the tag; writes size - TAG_SIZE_B bytes to dst (src may be dst).
# Returns 0, or -1 with dst zeroed.
cdef int gcm_open(
    const wp_gcm_key* key, const uint8_t* nonce, const uint8_t* ad, size_t ad_size,
    const uint8_t* src, size_t size, uint8_t* dst
) noexcept nogil
