"""A socket's datagrams go to an inlet, and an outbox's to a socket, up to 64 with one system call.

Nothing is copied on the way out: the kernel reads from the outbox's own slots. On the way in the
datagrams lie in the ring's buffers, which the inlet may change.
"""
cimport cython
from libc.errno cimport EAGAIN

from waypost._ext.address cimport Address, is_ipv4
from waypost._ext.datagrams cimport DATAGRAM_SIZE_MAX_B, Datagram, Inlet, Outbox
from waypost.errors import NodeError

AVAILABLE = bool(wp_udp_available())
BATCH_COUNT = WP_UDP_BATCH_COUNT

assert <int>WP_UDP_RECEIVE_SIZE_B == <int>DATAGRAM_SIZE_MAX_B


@cython.final
cdef class Ring:
    def __cinit__(self, int fd, *, bint ipv6):
        if not wp_udp_available():
            raise NodeError("this system has no recvmmsg: use the datagram path of the event loop")
        self._batch = wp_udp_batch_new(ipv6)
        if self._batch == NULL:
            raise MemoryError
        self.fd = fd
        self.ipv6 = ipv6

    def __dealloc__(self):
        wp_udp_batch_free(self._batch)

    def read(self, Inlet inlet not None, double now):
        cdef int i
        cdef size_t size = 0
        cdef uint8_t* data
        cdef Address source
        cdef int count = wp_udp_receive(self._batch, self.fd)
        if count < 0:
            self.receive_errors += count != -EAGAIN
            return 0
        self.received += <uint64_t>count
        self.receive_batches += 1
        for i in range(count):
            data = wp_udp_received(self._batch, i, &size, <uint8_t*>&source)
            inlet.feed(data, size, &source, now)
        return count

    def flush(self, Outbox outbox not None):
        cdef int taken, sent = 0, position = 0
        cdef Datagram* slots[WP_UDP_BATCH_COUNT]
        self.blocked = False
        while not self.blocked:
            taken = self._gather(outbox, &position, slots)
            if taken == 0:
                break
            sent += self._send(slots, taken)
        outbox.compact()
        return sent

    cdef int _gather(self, Outbox outbox, int* position, Datagram** slots) noexcept:
        cdef int taken = 0
        cdef Datagram* slot
        while position[0] < outbox.count and taken < WP_UDP_BATCH_COUNT:
            slot = &outbox.slots[position[0]]
            position[0] += 1
            if is_ipv4(&slot.to) != self.ipv6:
                wp_udp_put(self._batch, taken, slot.data, slot.size, <const uint8_t*>&slot.to)
                slots[taken] = slot
                taken += 1
        return taken

    cdef int _send(self, Datagram** slots, int count) noexcept:
        cdef int went, i, first = 0, sent = 0
        while first < count:
            went = wp_udp_send(self._batch, self.fd, first, count)
            if went == -EAGAIN:
                self.blocked = True
                break
            if went > 0:
                sent += went
                self.send_batches += 1
            else:
                self.send_errors += 1  # such as EHOSTUNREACH or EMSGSIZE: it is about this one
                went = 1
            for i in range(first, first + went):
                slots[i].size = 0
            first += went
        self.sent += <uint64_t>sent
        return sent
