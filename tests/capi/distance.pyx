# cython: language_level=3
"""What another project writes: it uses records and ciphers through the C level of Waypost."""
from libc.stdint cimport uint8_t

from waypost._ext.aead cimport KEY_SIZE_B, ctr_expand, ctr_xor, wp_ctr_key
from waypost._ext.record cimport ENR, NODE_ID_SIZE_B


def xor_distance(ENR a not None, ENR b not None):
    cdef const uint8_t* left = a.node_id_ptr()
    cdef const uint8_t* right = b.node_id_ptr()
    return bytes([left[i] ^ right[i] for i in range(NODE_ID_SIZE_B)])


def masked(ENR destination not None, bytes iv not None, bytes header not None):
    """A packet header as discv5-wire masks it for its destination."""
    assert len(iv) == KEY_SIZE_B
    cdef wp_ctr_key key
    cdef bytearray out = bytearray(header)
    ctr_expand(&key, destination.node_id_ptr())
    ctr_xor(&key, iv, 0, out, out, <size_t>len(out))
    return bytes(out)
