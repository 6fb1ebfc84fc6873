"""The two ends of a machine: datagrams are fed to an Inlet and drained from an Outbox."""
cimport cython
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

from waypost._ext.address cimport address_from_bytes, address_to_bytes, is_ipv4
from waypost.errors import ConfigError

cdef enum:
    SLOTS_AT_FIRST = 2  # an idle node of a simulation holds 2.6 KB here


cdef class Inlet:
    cdef int feed(
        self, uint8_t* datagram, size_t size, const Address* source, double now
    ) except -1:
        raise NotImplementedError("an Inlet is subclassed in Cython: use HandlerInlet")

    def receive(self, bytes data not None, bytes address not None, double now):
        cdef uint8_t scratch[DATAGRAM_SIZE_MAX_B]
        cdef Address source
        cdef size_t size = <size_t>len(data)
        address_from_bytes(address, &source)
        memcpy(scratch, <const char*>data, min(size, <size_t>DATAGRAM_SIZE_MAX_B))
        self.feed(scratch, size, &source, now)


@cython.final
cdef class HandlerInlet(Inlet):
    def __cinit__(self, handler):
        self._handler = handler

    cdef int feed(
        self, uint8_t* datagram, size_t size, const Address* source, double now
    ) except -1:
        cdef bytes data
        if size <= DATAGRAM_SIZE_MAX_B:
            data = (<const char*>datagram)[:size]
        else:
            data = (<const char*>datagram)[:DATAGRAM_SIZE_MAX_B] + b"\0"  # seen to be too long
        self._handler(data, address_to_bytes(source), now)
        return 0


@cython.final
cdef class Outbox:
    def __cinit__(self, int capacity):
        if capacity < 1:
            raise ConfigError(f"an outbox of {capacity} datagrams holds nothing: use 1 or more")
        self.capacity = capacity

    def __dealloc__(self):
        free(self.slots)

    def __len__(self):
        return self.count

    cdef uint8_t* reserve(self) noexcept:
        cdef int wanted
        cdef Datagram* grown
        if self.count == self._allocated:
            wanted = min(self.capacity, max(<int>SLOTS_AT_FIRST, 2 * self._allocated))
            grown = NULL
            if wanted > self.count:
                grown = <Datagram*>realloc(self.slots, <size_t>wanted * sizeof(Datagram))
            if grown == NULL:
                self.dropped += 1
                return NULL
            self.slots = grown
            self._allocated = wanted
        return self.slots[self.count].data

    cdef void commit(self, size_t size, const Address* to) noexcept:
        cdef Datagram* slot = &self.slots[self.count]
        slot.to = to[0]
        slot.size = <uint16_t>size
        self.count += 1

    cdef void compact(self) noexcept:
        cdef int read, kept = 0
        cdef Datagram* slot
        for read in range(self.count):
            slot = &self.slots[read]
            if slot.size == 0:
                continue
            if kept != read:
                self.slots[kept].to = slot.to
                self.slots[kept].size = slot.size
                memcpy(self.slots[kept].data, slot.data, slot.size)
            kept += 1
        self.count = kept

    cdef void clear(self) noexcept:
        self.count = 0

    def push(self, bytes data not None, bytes address not None):
        cdef Address to
        cdef uint8_t* out
        cdef size_t size = <size_t>len(data)
        address_from_bytes(address, &to)
        if not 1 <= size <= DATAGRAM_SIZE_MAX_B:
            raise ConfigError(f"a datagram has 1 to {DATAGRAM_SIZE_MAX_B} bytes, not {size}")
        out = self.reserve()
        if out == NULL:
            return False
        memcpy(out, <const char*>data, size)
        self.commit(size, &to)
        return True

    def drain(self):
        cdef int i
        cdef Datagram* slot
        drained = []
        for i in range(self.count):
            slot = &self.slots[i]
            drained.append(((<const char*>slot.data)[:slot.size], address_to_bytes(&slot.to)))
        self.clear()
        return drained

    def discard(self, bint ipv6):
        cdef int i, before = self.count
        for i in range(self.count):
            if is_ipv4(&self.slots[i].to) != ipv6:
                self.slots[i].size = 0
        self.compact()
        return before - self.count
