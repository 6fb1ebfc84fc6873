"""Rows of contacts in flat arrays, and the buckets that are made of them.

What a limit refuses is found by scanning the few hundred entries that there can be: counters
beside them would be a second book that could disagree with the first.
"""
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Realloc
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.string cimport memcmp, memmove

from waypost._ext.address cimport SCOPE_INTERNET, is_ipv4, scope_of
from waypost._ext.record cimport NODE_ID_SIZE_B
from waypost._ext.xor cimport is_closer, word_of

cdef enum:
    ROOM_AT_FIRST = 2


cdef int find(const Row* row, const uint8_t* node_id) noexcept:
    cdef uint64_t head = word_of(node_id, 0)
    cdef int i
    for i in range(row.count):
        if row.heads[i] == head and memcmp(
            record_of(&row.entries[i]).node_id_ptr(), node_id, NODE_ID_SIZE_B
        ) == 0:
            return i
    return -1


cdef int append(Row* row, const Entry* entry) except -1:
    cdef size_t room
    cdef void* grown
    if row.count == row.room:
        room = 2 * <size_t>row.room if row.room else <size_t>ROOM_AT_FIRST
        grown = PyMem_Realloc(row.heads, room * sizeof(uint64_t))
        if grown == NULL:
            raise MemoryError
        row.heads = <uint64_t*>grown
        grown = PyMem_Realloc(row.entries, room * sizeof(Entry))
        if grown == NULL:
            raise MemoryError
        row.entries = <Entry*>grown
        row.room = <uint8_t>room
    Py_INCREF(record_of(entry))
    row.heads[row.count] = word_of(record_of(entry).node_id_ptr(), 0)
    row.entries[row.count] = entry[0]
    row.count += 1
    return 0


cdef void remove(Row* row, int index) noexcept:
    cdef PyObject* record = row.entries[index].record
    to_tail(row, index)
    row.count -= 1
    Py_DECREF(<object>record)


cdef void to_tail(Row* row, int index) noexcept:
    cdef uint64_t head = row.heads[index]
    cdef Entry entry = row.entries[index]
    cdef size_t behind = <size_t>(row.count - index - 1)
    memmove(&row.heads[index], &row.heads[index + 1], behind * sizeof(uint64_t))
    memmove(&row.entries[index], &row.entries[index + 1], behind * sizeof(Entry))
    row.heads[row.count - 1] = head
    row.entries[row.count - 1] = entry


cdef int inbound_count(const Row* row) noexcept:
    cdef int i, count = 0
    for i in range(row.count):
        count += row.entries[i].inbound
    return count


cdef int order(const Row* members, const uint8_t* target, bint live_only, uint8_t* out) noexcept:
    """The 64-bit heads decide; ids that agree on them are compared whole.

    Counting how many are closer needs no unpredictable branch, which beats sorting at this size.
    """
    cdef uint64_t keys[BUCKET_SIZE]
    cdef int chosen[BUCKET_SIZE]
    cdef int ranks[BUCKET_SIZE]
    cdef uint64_t key, head = word_of(target, 0)
    cdef int i, j, rank, precedes, count = 0
    for i in range(members.count):
        if members.entries[i].live or not live_only:
            keys[count] = members.heads[i] ^ head
            chosen[count] = i
            count += 1
    for i in range(count):
        key = keys[i]
        rank = i
        for j in range(i):
            precedes = key < keys[j]
            if key == keys[j]:
                precedes = is_closer(
                    target,
                    record_of(&members.entries[chosen[i]]).node_id_ptr(),
                    record_of(&members.entries[chosen[j]]).node_id_ptr(),
                )
            rank -= precedes
            ranks[j] += precedes
        ranks[i] = rank
    for i in range(count):
        out[ranks[i]] = <uint8_t>chosen[i]
    return count


cdef Bucket* bucket_at(const Buckets* buckets, int distance) noexcept:
    """Half of all ids are in the first bucket, half of the others in the second, and so on."""
    cdef int i
    for i in range(buckets.count):
        if buckets.at[i].distance <= distance:
            return buckets.at[i] if buckets.at[i].distance == distance else NULL
    return NULL


cdef Bucket* make_bucket(Buckets* buckets, int distance) except NULL:
    cdef int i = buckets.count
    cdef void* grown = PyMem_Realloc(buckets.at, <size_t>(i + 1) * sizeof(Bucket*))
    cdef Bucket* bucket
    if grown == NULL:
        raise MemoryError
    buckets.at = <Bucket**>grown
    bucket = <Bucket*>PyMem_Calloc(1, sizeof(Bucket))
    if bucket == NULL:
        raise MemoryError
    bucket.distance = distance
    while i > 0 and buckets.at[i - 1].distance < distance:
        buckets.at[i] = buckets.at[i - 1]
        i -= 1
    buckets.at[i] = bucket
    buckets.count += 1
    return bucket


cdef void _free_row(Row* row) noexcept:
    while row.count > 0:
        remove(row, row.count - 1)
    PyMem_Free(row.heads)
    PyMem_Free(row.entries)


cdef void _free_bucket(Bucket* bucket) noexcept:
    _free_row(&bucket.members)
    _free_row(&bucket.spares)
    PyMem_Free(bucket)


cdef void free_if_empty(Buckets* buckets, Bucket* bucket) noexcept:
    cdef int i = 0
    if bucket.members.count > 0 or bucket.spares.count > 0:
        return
    while buckets.at[i] != bucket:
        i += 1
    buckets.count -= 1
    memmove(
        &buckets.at[i], &buckets.at[i + 1], <size_t>(buckets.count - i) * sizeof(Bucket*)
    )
    _free_bucket(bucket)


cdef void free_all(Buckets* buckets) noexcept:
    cdef int i
    for i in range(buckets.count):
        _free_bucket(buckets.at[i])
    PyMem_Free(buckets.at)
    buckets.at = NULL
    buckets.count = 0


cdef int member_count(const Buckets* buckets, bint live_only) noexcept:
    cdef int b, i, count = 0
    for b in range(buckets.count):
        for i in range(buckets.at[b].members.count):
            count += buckets.at[b].members.entries[i].live or not live_only
    return count


cdef bint _differ_at(const uint8_t* a, const uint8_t* b, int distance) noexcept nogil:
    """Whether a and b differ in the bit that decides a log distance."""
    cdef int bit = BUCKET_COUNT_MAX - distance
    return (a[bit >> 3] ^ b[bit >> 3]) & (0x80 >> (bit & 7)) != 0


cdef int walk(
    const Buckets* buckets, const uint8_t* own_id, const uint8_t* target, Bucket** out
) noexcept:
    """The ids of bucket d differ from ours first in bit d; those of nearer buckets agree with us
    there. So where target differs from us in bit d, every id of bucket d is closer to it than any
    of the nearer buckets; where it agrees, every id of bucket d is farther away than all of them.
    """
    cdef int i, count = 0
    for i in range(buckets.count):
        if _differ_at(own_id, target, buckets.at[i].distance):
            out[count] = buckets.at[i]
            count += 1
    for i in range(buckets.count - 1, -1, -1):
        if not _differ_at(own_id, target, buckets.at[i].distance):
            out[count] = buckets.at[i]
            count += 1
    return count


cdef Entry* earliest(const Buckets* buckets) noexcept:
    cdef Entry* first = NULL
    cdef const Row* row
    cdef int b, i
    for b in range(buckets.count):
        row = &buckets.at[b].members
        for i in range(row.count):
            if first == NULL or row.entries[i].due_at < first.due_at:
                first = &row.entries[i]
    return first


cdef bint _share_bits(const Address* a, const Address* b, int count) noexcept nogil:
    """Whether the first count (1..128) bits of two IPs are equal."""
    cdef uint64_t high = word_of(a.ip, 0) ^ word_of(b.ip, 0)
    cdef uint64_t low = word_of(a.ip, 1) ^ word_of(b.ip, 1)
    if count <= 64:
        return high >> (64 - count) == 0
    return high == 0 and low >> (128 - count) == 0


cdef bint is_crowded(
    const Buckets* buckets, const Bucket* home, const Address* address, const Entry* apart_from,
    const SubnetLimits* limits
) noexcept:
    cdef int bits = 96 + limits.bits_ipv4 if is_ipv4(address) else limits.bits_ipv6
    cdef int b, r, i, at_home = 0, in_table = 0
    cdef const Row* row
    cdef const Entry* entry
    if scope_of(address) != SCOPE_INTERNET:
        return False
    for b in range(buckets.count):
        for r in range(2):
            row = &buckets.at[b].spares if r else &buckets.at[b].members
            for i in range(row.count):
                entry = &row.entries[i]
                if (
                    entry.scope == SCOPE_INTERNET and entry != apart_from
                    and _share_bits(&entry.address, address, bits)
                ):
                    in_table += 1
                    at_home += buckets.at[b] == home
    return at_home >= limits.bucket_count_max or in_table >= limits.table_count_max
