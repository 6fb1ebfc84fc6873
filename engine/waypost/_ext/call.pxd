"""One request of ours to one peer and, in time, its answer."""
from libc.stdint cimport uint8_t, uint64_t

from waypost._ext.address cimport Address
from waypost._ext.message cimport Message
from waypost._ext.record cimport ENR, RecordCache

cdef class Call:
    cdef readonly ENR record           # of the peer
    # the part of the machine that is told, or None: the machine's caller is
    cdef readonly object owner
    cdef readonly bint done
    cdef readonly object result
    cdef readonly object error         # a WaypostError, or None
    cdef Address _address
    cdef bytes _message                # the plaintext request
    cdef uint64_t _id                  # its request id, as a number
    cdef uint8_t _answer               # the kind that answers it
    # its message is under way, sealed; else only a first packet, or nothing
    cdef bint _sent
    cdef bint _challenged              # it has answered a WHOAREYOU
    cdef bytes _nonce                  # of the packet that a WHOAREYOU may refer to
    cdef double _deadline
    cdef object _peer
    cdef object _distances             # NODES: what was asked
    cdef dict _found                   # NODES: node id -> record
    cdef uint64_t _packets             # NODES: how many have come

    # One NODES packet; True once the answer is whole.
    cdef bint add_nodes(self, Message* message, RecordCache records, uint64_t* refused) except -1
    cdef bint _wants(self, ENR record) except -1

cdef class Pong:
    cdef readonly uint64_t record_seq
    cdef readonly bytes address        # ours, as the peer sees it

cdef Pong pong_of(const Message* message)
