"""Where datagrams enter and leave a machine: an Inlet is fed, an Outbox drained."""
from libc.stdint cimport uint8_t, uint16_t, uint64_t

from waypost._ext.address cimport Address

cdef enum:
    DATAGRAM_SIZE_MAX_B = 1280   # discv5-wire, "UDP Communication"

cdef struct Datagram:
    Address to
    uint16_t size
    uint8_t data[DATAGRAM_SIZE_MAX_B]

cdef class Inlet:
    # Handles one datagram; may change the buffer. Bad input is counted, never raised.
    cdef int feed(
        self, uint8_t* datagram, size_t size, const Address* source, double now
    ) except -1

cdef class Outbox:
    cdef Datagram* slots             # the first `count` of them are ready to send, in order
    cdef readonly int capacity
    cdef readonly int count
    cdef readonly uint64_t dropped   # datagrams lost because the outbox was full

    cdef uint8_t* reserve(self) noexcept   # 1280 bytes to write to, or NULL when full
    cdef void commit(self, size_t size, const Address* to) noexcept
    cdef void clear(self) noexcept
