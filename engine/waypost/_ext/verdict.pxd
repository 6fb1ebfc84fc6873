"""What is known about one server, and how it follows from the registry's words."""
from libc.stdint cimport uint8_t, uint32_t

cdef class Verdict:
    cdef readonly object outcome       # an Outcome
    cdef readonly bytes node_id
    cdef readonly object reason        # a Reason, or None
    cdef readonly object error         # an RpcError, or None
    cdef readonly object block         # a Block, or None
    cdef readonly object source        # a Source
    cdef uint32_t _provider_id         # 0: none
    cdef bint _has_word
    cdef uint8_t _word[32]             # big-endian: an int is made of it when somebody asks

    cdef tuple _fields(self)
