"""The WHOAREYOU challenges that we have sent and that are still open, one for each (node id,
address).
"""
from libc.stdint cimport int32_t, uint8_t, uint64_t

from waypost._ext.address cimport Address
from waypost._ext.codec cimport Codec
from waypost._ext.record cimport ENR

cdef class Challenge:
    cdef uint8_t data[63]        # challenge-data
    cdef uint8_t packet[63]      # as it was sent: resent byte for byte
    cdef ENR record              # what we know of the peer, or None
    cdef Address address
    cdef double expires_at
    cdef int resent_count

cdef class Challenges:
    cdef Codec _codec
    cdef dict _open              # node id || address -> Challenge, oldest first
    cdef dict _per_ip            # Internet IP -> how many are open
    cdef readonly int count_max
    cdef readonly int per_ip_count_max
    cdef readonly int resend_count_max
    cdef readonly double lifetime_s
    cdef readonly uint64_t sent
    cdef readonly uint64_t resent
    # no challenge was sent: too many are open, or this one was resent often enough
    cdef readonly uint64_t refused

    # Challenges the sender of an undecryptable packet; record is what we know of it, or None.
    cdef int send(
        self, const uint8_t* node_id, const Address* source, const uint8_t* request_nonce, ENR
        record, double now
    ) except -1
    # The open challenge of a handshake packet, taken out of the store: each is answered once.
    cdef Challenge take(self, const uint8_t* node_id, const Address* source, double now)

    cdef int _resend(self, Challenge challenge) except -1
    cdef bint _admit(self, const Address* source) except -1
    cdef int _release(self, const Address* source) except -1
    cdef int _expire(self, double now) except -1
