"""The receiving side: opens each datagram and answers what can be answered without leaving
compiled code.
"""
from libc.stdint cimport uint8_t, uint64_t

from waypost._ext.address cimport Address
from waypost._ext.calls cimport Calls
from waypost._ext.aead cimport wp_gcm_key
from waypost._ext.challenge cimport Challenge, Challenges
from waypost._ext.codec cimport Codec
from waypost._ext.datagrams cimport Inlet
from waypost._ext.message cimport Message
from waypost._ext.packet cimport PACKET_SIZE_MAX_B, Packet
from waypost._ext.record cimport ENR, RecordCache
from waypost._ext.session cimport Session, SessionTable
from waypost._ext.table cimport Table

cdef enum:          # what became of each datagram: the order of COUNTERS in wire.pyx
    RECEIVED = 0
    REFUSED_SIZE
    REFUSED_PROTOCOL
    REFUSED_FLAG
    REFUSED_AUTHDATA
    REFUSED_SOURCE
    UNDECRYPTABLE
    MALFORMED
    WHOAREYOU_UNMATCHED
    HANDSHAKE_UNMATCHED
    HANDSHAKE_REFUSED
    HANDSHAKES
    PINGS
    FINDNODES
    TALKREQS
    ANSWERS
    COUNT_SIZE

cdef class SessionEstablished:
    cdef readonly ENR record
    cdef readonly bytes address
    cdef readonly bint inbound      # the peer opened it

cdef class RecordAnnounced:
    cdef readonly bytes node_id
    cdef readonly bytes address
    cdef readonly uint64_t record_seq

cdef class TalkFailed:
    cdef readonly bytes protocol
    cdef readonly object error

cdef class Wire(Inlet):
    cdef readonly Codec codec
    cdef readonly Table table
    cdef readonly RecordCache records
    cdef readonly Calls calls
    cdef readonly Challenges challenges
    cdef readonly SessionTable sessions
    cdef readonly SessionTable half_open
    cdef double _half_open_lifetime_s
    cdef Py_ssize_t _event_count_max
    cdef dict _talk_handlers
    cdef set _banned                 # node ids of 32 bytes, IPs of 16
    cdef list _events
    cdef uint64_t _counters[COUNT_SIZE]
    cdef uint8_t _plain[PACKET_SIZE_MAX_B]

    cdef int feed(
        self, uint8_t* datagram, size_t size, const Address* source, double now
    ) except -1
    cdef bint _refuses_source(self, Packet* packet, const Address* source) except -1
    cdef int _on_message(self, Packet* packet, const Address* source, double now) except -1
    cdef bint _open(self, const wp_gcm_key* key, Packet* packet) noexcept
    cdef Session* _open_half(self, Packet* packet, const Address* source, double now) except? NULL
    cdef int _announce_session(self, ENR record, const Address* source, bint inbound) except -1
    cdef int _emit(self, object event) except -1
    cdef int _on_plain(self, Session* session, size_t size, double now) except -1
    cdef int _on_handshake(self, Packet* packet, const Address* source, double now) except -1
    cdef ENR _proven_record(self, Packet* packet, Challenge challenge)
    cdef bint _open_handshake(self, Packet* packet, Challenge challenge, uint8_t* keys) except -1
    cdef int _answer_ping(self, Session* session, Message* message) except -1
    cdef int _answer_findnode(self, Session* session, Message* message) noexcept
    cdef int _send_nodes(
        self, Session* session, Message* message, uint64_t total, const uint8_t* records,
        size_t size
    ) noexcept
    cdef int _answer_talkreq(self, Session* session, Message* message) except -1
    cdef bytes _ask_handler(self, handler, bytes protocol, Session* session, Message* message)
    cdef int _talk_failed(self, bytes protocol, object error) except -1
