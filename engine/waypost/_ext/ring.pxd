"""One UDP socket read and written in batches, over recvmmsg(2) and sendmmsg(2)."""
from libc.stdint cimport uint8_t, uint64_t

cimport cython

from waypost._ext.datagrams cimport Datagram, Outbox

cdef extern from "udp_batch.h":
    enum:
        WP_UDP_BATCH_COUNT
        WP_UDP_RECEIVE_SIZE_B
    ctypedef struct wp_udp_batch:
        pass
    int wp_udp_available() noexcept nogil
    wp_udp_batch* wp_udp_batch_new(int ipv6) noexcept nogil
    void wp_udp_batch_free(wp_udp_batch* batch) noexcept nogil
    int wp_udp_receive(wp_udp_batch* batch, int fd) noexcept nogil
    uint8_t* wp_udp_received(
        wp_udp_batch* batch, int i, size_t* size, uint8_t* address
    ) noexcept nogil
    void wp_udp_put(
        wp_udp_batch* batch, int i, uint8_t* data, size_t size, const uint8_t* address
    ) noexcept nogil
    int wp_udp_send(wp_udp_batch* batch, int fd, int first, int last) noexcept nogil


@cython.final
cdef class Ring:
    cdef wp_udp_batch* _batch
    cdef readonly int fd                 # not owned: whoever opened the socket closes it
    cdef readonly bint ipv6
    cdef readonly bint blocked           # the socket took no more: flush again when it is writable
    cdef readonly uint64_t received
    cdef readonly uint64_t receive_batches
    cdef readonly uint64_t receive_errors
    cdef readonly uint64_t sent
    cdef readonly uint64_t send_batches
    cdef readonly uint64_t send_errors   # datagrams that could not be sent, and were dropped

    # Sets up the next batch of this family's datagrams, from *position on. Returns its size.
    cdef int _gather(self, Outbox outbox, int* position, Datagram** slots) noexcept
    # Sends a batch. Marks with size 0 what went and what can never go. Returns what went.
    cdef int _send(self, Datagram** slots, int count) noexcept
