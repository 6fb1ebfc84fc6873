"""The routing table of discv5-theory, "Node Table".

256 buckets of 16 with replacements, address limits and liveness.
"""
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from waypost._ext.address cimport Address, Scope
from waypost._ext.cursor cimport Reader
from waypost._ext.drbg cimport Drbg
from waypost._ext.record cimport ENR

# 0 for equal ids, else 1..256:
cdef int log_distance(const uint8_t* a, const uint8_t* b) noexcept nogil

cdef class Contact:              # a node of the table
    cdef readonly ENR record
    cdef Address _address
    cdef readonly bint live      # has answered a PING from us
    cdef readonly int failures   # requests unanswered in a row
    cdef readonly double added_at
    cdef readonly double due_at  # when to check it again
    cdef readonly double interval_s

cdef class Table:
    # Records of live nodes at the asked distances that may be told to a peer at `asker`, copied to
    # out one after the other.
    # Writes sizes[0..n) and returns n <= count_max. Our own record answers distance 0.
    cdef int answer(
        self, Reader distances, const Address* asker, ENR own, uint8_t* out, uint32_t* sizes,
        int count_max
    ) noexcept
