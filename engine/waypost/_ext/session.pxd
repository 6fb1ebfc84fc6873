"""Sessions bound to (node id, IP, port): a bounded table in least-recently-used order.

Keys are wiped when they leave.
"""
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t

from waypost._ext.address cimport Address
from waypost._ext.aead cimport wp_ctr_key, wp_gcm_key

cdef struct Session:
    uint8_t node_id[32]
    Address address
    uint32_t sent_count      # leads the nonce, discv5-theory "Nonce"; the other 8 bytes are random
    uint64_t record_seq      # the newest sequence number that we hold of the peer's record
    double used_at
    wp_gcm_key write_key
    wp_gcm_key read_key
    wp_ctr_key mask          # node_id[:16]
    int32_t newer            # the list in order of use
    int32_t older
    int32_t next_in_chain    # the hash chain, or the free list

cdef class SessionTable:
    cdef Session* _slots
    cdef int32_t* _heads         # hash -> first slot
    cdef int32_t _allocated
    cdef int32_t _head_count
    cdef int32_t _free
    cdef int32_t _newest
    cdef int32_t _oldest
    cdef uint64_t _hash_seed     # so that a peer cannot choose the chain it lands in
    cdef readonly int32_t capacity
    cdef readonly int32_t count
    cdef readonly uint64_t evicted

    # The session, moved to the front, or NULL. A pointer is good until the next put or drop.
    cdef Session* find(self, const uint8_t* node_id, const Address* address) noexcept
    # A new or re-keyed session; evicts the least recently used one when full.
    cdef Session* put(
        self, const uint8_t* node_id, const Address* address, const uint8_t* write_key16,
        const uint8_t* read_key16,
        double now
    ) except NULL
    cdef bint drop(self, const uint8_t* node_id, const Address* address) noexcept
    # Moves the session of `other` here under the same (node id, address); what was here goes
    # there. False: nothing there.
    cdef bint swap_in(
        self, SessionTable other, const uint8_t* node_id, const Address* address, double now
    ) except -1
