"""What is told to others: only nodes that have answered a PING, and never across a scope.

discv5-theory, "Table Maintenance In Practice"; discv5-rationale, "Node Records and Their
Properties".
"""
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint64_t
from libc.string cimport memcpy, memset

from waypost._ext.address cimport Address, address_from_bytes, scope_of
from waypost._ext.bucket cimport BUCKET_COUNT_MAX, Bucket, Entry, Row, bucket_at, record_of
from waypost._ext.cursor cimport left, read_uint64


def may_relay(bytes address not None, bytes peer not None):
    cdef Address about, to
    address_from_bytes(address, &about)
    address_from_bytes(peer, &to)
    return may_tell(scope_of(&about), scope_of(&to))


cdef uint32_t _copy(ENR record, uint8_t* out) noexcept:
    cdef size_t size = <size_t>PyBytes_GET_SIZE(record.raw)
    memcpy(out, PyBytes_AS_STRING(record.raw), size)
    return <uint32_t>size


cdef int _tell_row(
    const Row* members, Scope peer, uint8_t* out, uint32_t* sizes, int count_max
) noexcept:
    """The most recently seen first: if the answer is full, it is full of the freshest."""
    cdef const Entry* entry
    cdef int i, count = 0
    for i in range(members.count - 1, -1, -1):
        entry = &members.entries[i]
        if count == count_max:
            break
        if entry.live and may_tell(<Scope>entry.scope, peer):
            sizes[count] = _copy(record_of(entry), out)
            out += sizes[count]
            count += 1
    return count


cdef int tell(
    const Buckets* buckets, Reader distances, Scope peer, ENR own,
    uint8_t* out, uint32_t* sizes, int count_max
) noexcept:
    cdef uint8_t seen[BUCKET_COUNT_MAX + 1]
    cdef uint64_t distance = 0
    cdef Bucket* bucket
    cdef int i, added, count = 0
    memset(seen, 0, sizeof(seen))
    if peer == SCOPE_INVALID:
        return 0
    while count < count_max and left(&distances) > 0 and read_uint64(&distances, &distance) == 0:
        if distance > BUCKET_COUNT_MAX:
            continue
        if seen[distance]:
            continue
        seen[distance] = True
        if distance == 0:
            sizes[count] = _copy(own, out)
            added = 1
        else:
            bucket = bucket_at(buckets, <int>distance)
            added = 0
            if bucket != NULL:
                added = _tell_row(&bucket.members, peer, out, sizes + count, count_max - count)
        for i in range(count, count + added):
            out += sizes[i]
        count += added
    return count
