"""The buckets of a routing table in plain memory that grows by demand. Policy is in table.pxd.

A contact costs 48 bytes and a reference to its record; a bucket that holds nothing costs nothing.
"""
from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint64_t

from waypost._ext.address cimport Address
from waypost._ext.record cimport ENR

cdef enum:
    BUCKET_SIZE = 16             # k of discv5-theory, "Node Table"
    BUCKET_COUNT_MAX = 256

cdef struct Entry:               # a member or a replacement
    PyObject* record             # an ENR; the reference belongs to the row that holds the entry
    double due_at
    Address address              # the endpoint in use: one that the record declares
    uint8_t scope                # of that address
    uint8_t live                 # has answered a PING at that address
    uint8_t inbound              # known only because it contacted us
    uint8_t failures             # checks unanswered in a row
    uint8_t streak               # checks answered in a row

cdef struct Row:                 # the least recently seen first
    uint64_t* heads              # the first 64 bits of each id, apart: all that most scans read
    Entry* entries
    uint8_t count
    uint8_t room

cdef struct Bucket:
    Row members
    Row spares                   # the replacement cache
    int distance

cdef struct Buckets:
    Bucket** at                  # the farthest first
    int count

cdef struct SubnetLimits:
    int bits_ipv4
    int bits_ipv6
    int bucket_count_max
    int table_count_max

cdef inline ENR record_of(const Entry* entry):
    return <ENR>entry.record

# The index of a node in the row, or -1.
cdef int find(const Row* row, const uint8_t* node_id) noexcept
# A copy of the entry, which now owns a reference to its record, at the tail.
cdef int append(Row* row, const Entry* entry) except -1
cdef void remove(Row* row, int index) noexcept
cdef void to_tail(Row* row, int index) noexcept
cdef int inbound_count(const Row* row) noexcept
# The indices of (live) members, closest to target first; returns how many.
cdef int order(const Row* members, const uint8_t* target, bint live_only, uint8_t* out) noexcept

# The bucket of a distance; NULL where it holds nothing.
cdef Bucket* bucket_at(const Buckets* buckets, int distance) noexcept
cdef Bucket* make_bucket(Buckets* buckets, int distance) except NULL
cdef void free_if_empty(Buckets* buckets, Bucket* bucket) noexcept
cdef void free_all(Buckets* buckets) noexcept
cdef int member_count(const Buckets* buckets, bint live_only) noexcept
# Every bucket, those whose ids are closest to target first: no id in one is closer than any in an
# earlier one. Returns how many.
cdef int walk(
    const Buckets* buckets, const uint8_t* own_id, const uint8_t* target, Bucket** out
) noexcept
# The member that is due first, or NULL.
cdef Entry* earliest(const Buckets* buckets) noexcept
# Whether the subnet of an Internet address has all the entries that it may have in the bucket
# `home` (NULL: a new one) or in the table, leaving one entry (or none) out of the count.
cdef bint is_crowded(
    const Buckets* buckets, const Bucket* home, const Address* address, const Entry* apart_from,
    const SubnetLimits* limits
) noexcept
