"""The sending side of one identity: sealed messages, first packets, challenges and handshakes go
to its outbox.
"""
from libc.stdint cimport uint8_t, uint64_t

from waypost._ext.address cimport Address
from waypost._ext.aead cimport wp_ctr_key
from waypost._ext.datagrams cimport Outbox
from waypost._ext.drbg cimport Drbg
from waypost._ext.record cimport ENR
from waypost._ext.secp256k1 cimport SecretKey
from waypost._ext.session cimport Session, SessionTable

cdef class Codec:
    cdef uint8_t own_id[32]
    cdef uint8_t protocol[8]         # protocol-id || version
    cdef wp_ctr_key own_mask
    cdef readonly SecretKey secret
    cdef readonly Drbg drbg
    cdef readonly Outbox outbox
    cdef public ENR record           # our own, as it is now

    # Each returns False when the packet would be too large or the outbox is full. `nonce` receives
    # 12 bytes.
    cdef bint send_sealed(
        self, Session* session, const uint8_t* plain, size_t size, uint8_t* nonce
    ) noexcept
    cdef bint send_first(self, const uint8_t* node_id, const Address* to, uint8_t* nonce) noexcept
    cdef bint send_whoareyou(
        self, const uint8_t* node_id, const Address* to, const uint8_t* request_nonce, uint64_t
        record_seq,
        uint8_t* packet63, uint8_t* challenge63
    ) noexcept
    cdef bint send_again(self, const uint8_t* packet, size_t size, const Address* to) noexcept
    # Answers a challenge: derives the keys into half_open and sends `plain` as a handshake
    # message. False also for a bad key.
    cdef bint send_handshake(
        self, ENR peer, const Address* to, const uint8_t* challenge63, bint with_record,
        const uint8_t* plain, size_t size, SessionTable half_open, double now, uint8_t* nonce
    ) except -1
