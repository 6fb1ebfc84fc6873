"""Where datagrams enter and leave a machine: an Inlet is fed, an Outbox drained."""
from libc.stdint cimport uint8_t, uint16_t, uint64_t

cimport cython

from waypost._ext.address cimport Address

cdef enum:
    DATAGRAM_SIZE_MAX_B = 1280   # discv5-wire, "UDP Communication"

cdef struct Datagram:
    Address to
    uint16_t size                # 0: taken care of, goes at the next compact()
    uint8_t data[DATAGRAM_SIZE_MAX_B]


cdef class Inlet:
    # Handles one datagram; may change the buffer. Bad input is counted, never raised.
    # Where size is larger than 1280 only the first 1280 bytes are there: refuse it by its size.
    cdef int feed(
        self, uint8_t* datagram, size_t size, const Address* source, double now
    ) except -1


@cython.final
cdef class HandlerInlet(Inlet):  # an inlet whose machine is a Python callable
    cdef object _handler


@cython.final
cdef class Outbox:
    cdef Datagram* slots             # the first `count` of them are ready to send, in order
    cdef int _allocated
    cdef readonly int capacity
    cdef readonly int count
    cdef readonly uint64_t dropped   # datagrams lost because the outbox was full

    # 1280 bytes to write to, good until the next reserve; NULL when full (one more is dropped).
    cdef uint8_t* reserve(self) noexcept
    cdef void commit(self, size_t size, const Address* to) noexcept
    # Forgets the datagrams whose size is 0; the others keep their order.
    cdef void compact(self) noexcept
    cdef void clear(self) noexcept
