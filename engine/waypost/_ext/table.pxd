"""The routing table of discv5-theory, "Node Table": 256 buckets of 16, with replacements."""
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from waypost._ext.address cimport Address
from waypost._ext.bucket cimport Bucket, Buckets, Entry, SubnetLimits
from waypost._ext.cursor cimport Reader
from waypost._ext.drbg cimport Drbg
from waypost._ext.record cimport ENR

cdef enum:
    ANSWER_COUNT_MAX = 16        # discv5-wire, "FINDNODE Request": the recommended limit

cdef class Contact:              # what the table knew of a node when it was asked
    cdef readonly ENR record
    cdef Address _address
    cdef readonly bint live
    cdef readonly bint inbound
    cdef readonly int failures
    cdef readonly double due_at
    cdef readonly double interval_s

cdef class Table:
    cdef Buckets _buckets
    cdef uint8_t _own_id[32]
    cdef Drbg _drbg
    cdef double _next_due_at     # good while _next_due_known
    cdef bint _next_due_known
    cdef readonly object config  # and its figures, unboxed:
    cdef SubnetLimits _subnet_limits
    cdef int _replacement_count_max
    cdef int _inbound_bucket_count_max
    cdef int _failure_count_max
    cdef int _failure_count_max_replaceable
    cdef double _interval_min_s
    cdef double _interval_max_s

    # The newest record that we hold of a node, replacements included, or None.
    cdef ENR held_record(self, const uint8_t* node_id)
    # The records to tell a peer at `asker` that asks for `distances`: copied to out one after the
    # other, which has room for count_max * RECORD_SIZE_MAX_B bytes. Writes sizes[0..n) and returns
    # n <= count_max. Our own record answers distance 0.
    cdef int answer(
        self, Reader distances, const Address* asker, ENR own,
        uint8_t* out, uint32_t* sizes, int count_max
    ) noexcept

    cdef object _admit(self, ENR record, const Address* address, double now, bint inbound)
    cdef object _renew(
        self, Bucket* bucket, Entry* entry, ENR record, const Address* address, double now
    )
    cdef int _enter(self, Bucket* bucket, int index, double now) except -1
    cdef int _drop(self, Bucket* bucket, int index, double now) except -1
    cdef bint _has_room(self, const Bucket* bucket, bint inbound) noexcept
    cdef int _checked(self, bytes node_id, bytes address, Bucket** home) except? -1
    cdef double _interval_of(self, const Entry* entry) noexcept
    cdef void _schedule(self, Entry* entry, double now) noexcept
    cdef Contact _contact(self, const Entry* entry)
