"""The frames of an RLPx connection (rlpx.md, "Framing"): AES-256-CTR and the Keccak MAC."""
from libc.stdint cimport uint8_t

from waypost._ext.aead cimport wp_ctr256_key

cdef extern from "keccak.h" nogil:
    ctypedef struct wp_keccak:
        pass

cdef struct Way:                 # one direction: what we send, or what we receive
    size_t block_count           # of the key stream that are spent
    wp_keccak mac
    uint8_t digest[32]           # of the MAC as it stands: that of the last frame

cdef class FrameCodec:
    cdef wp_ctr256_key _cipher   # both ways use the same keys
    cdef wp_ctr256_key _whitening
    cdef Way _egress
    cdef Way _ingress
    cdef size_t _frame_size_max_b
    cdef uint8_t* _buffer        # received and not yet returned: from _start to _end
    cdef size_t _start
    cdef size_t _end
    cdef size_t _capacity
    cdef Py_ssize_t _body_size   # of the frame whose header is checked; -1 where there is none
    cdef readonly str refusal    # why no more frames are read; None while they are

    cdef bint _header(self)
