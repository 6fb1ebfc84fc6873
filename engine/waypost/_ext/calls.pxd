"""Our requests that wait for an answer: what was asked of whom, how far its handshake is, and
until when.
"""
from libc.stdint cimport uint8_t, uint64_t

from waypost._ext.address cimport Address
from waypost._ext.call cimport Call
from waypost._ext.codec cimport Codec
from waypost._ext.message cimport Message
from waypost._ext.packet cimport Packet
from waypost._ext.record cimport ENR, RecordCache
from waypost._ext.session cimport Session, SessionTable

cdef class Peer:
    cdef bytes key                     # node id || address
    cdef list calls                    # open ones, in the order they were asked
    # the one whose packets open a session; None: no handshake under way
    cdef Call carrier

cdef class Calls:
    cdef Codec _codec
    cdef SessionTable _sessions
    cdef SessionTable _half_open
    cdef RecordCache _records
    cdef dict _peers
    cdef dict _by_id
    cdef dict _by_nonce
    cdef list _heap                    # (deadline, serial, call), some of them out of date
    cdef uint64_t _serial
    cdef readonly int count_max
    cdef readonly double request_timeout_s
    cdef readonly double handshake_timeout_s
    cdef readonly list finished        # drained by the machine
    cdef readonly uint64_t unmatched   # answers that nobody waits for
    cdef readonly uint64_t refused_records

    cdef bint challenged(self, Packet* packet, const Address* source, double now) except -1
    cdef ENR established(self, const uint8_t* node_id, const Address* address, double now)
    cdef int answered(self, Session* session, Message* message, double now) except -1

    cdef Call _new(self, ENR record, bytes address, uint8_t answer, object owner)
    cdef Call _start(self, Call call, bytes message, double now)
    cdef double _turn_after(self, Call carrier) noexcept
    cdef int _send(self, Call call, Session* session, double now) except -1
    cdef int _send_first(self, Call call, double now) except -1
    cdef int _remember_nonce(self, Call call, const uint8_t* nonce) except -1
    cdef int _forget_nonce(self, Call call) except -1
    cdef bint _answer_challenge(self, Call call, Packet* packet, double now) except -1
    cdef int _arm(self, Call call) except -1
    cdef int _finish(self, Call call, object result, object error, double now) except -1
    cdef int _hand_on(self, Peer peer, double now) except -1
