"""Node records (EIP-778, identity scheme "v4"): parsed, verified, immutable."""
from libc.stdint cimport uint8_t, uint64_t

from waypost._ext.address cimport Address
from waypost._ext.fields cimport RECORD_SIZE_MAX_B, Fields
from waypost._ext.secp256k1 cimport PublicPoint

cdef enum:
    NODE_ID_SIZE_B = 32

cdef class ENR:
    cdef readonly bytes raw      # the RLP of the whole record
    cdef readonly uint64_t seq
    cdef uint8_t _node_id[32]
    cdef PublicPoint _point
    cdef Address _udp4           # port 0: this record has no such endpoint
    cdef Address _udp6

    cdef const uint8_t* node_id_ptr(self) noexcept
    cdef const Address* udp_toward(self, bint ipv6) noexcept   # NULL where the record has none
    cdef Fields _fields(self) except *
    cdef dict _items(self)

# Verified records are kept by their bytes, so that the same record is verified once.
cdef class RecordCache:
    cdef dict _records           # raw -> ENR
    cdef list _order             # the keys, a ring once it is full
    cdef Py_ssize_t _oldest      # where in _order
    cdef readonly Py_ssize_t capacity
    cdef readonly uint64_t hits
    cdef readonly uint64_t misses

    # A verified record, or None with the reason (an index into REASONS) in *reason.
    # Never raises for bad input.
    cdef ENR parse(self, const uint8_t* data, size_t size, int* reason)
    cdef int _keep(self, ENR record) except -1
