"""The sending side of one identity: every packet that leaves is written here, straight into the
outbox.
"""
cimport cython
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy

from waypost.errors import ConfigError

from waypost._ext.address cimport Address
from waypost._ext.aead cimport ctr_expand, wp_ctr_key
from waypost._ext.datagrams cimport Outbox
from waypost._ext.drbg cimport Drbg
from waypost._ext.handshake cimport identity_hash, session_keys
from waypost._ext.packet cimport (
    ID_NONCE_SIZE_B, MASKING_IV_SIZE_B, PACKET_SIZE_MIN_B, PROTOCOL_SIZE_B,
    encode_handshake, encode_message, encode_whoareyou,
)
from waypost._ext.record cimport ENR
from waypost._ext.secp256k1 cimport PublicPoint, SecretKey, point_compress, point_of, sign
from waypost._ext.session cimport Session, SessionTable

cdef extern from "wipe.h" nogil:
    void wp_wipe(void* memory, size_t size)

cdef enum:
    # A first packet must be larger than the 63-byte challenge that it provokes; 20 random bytes
    # make it 91.
    FIRST_BODY_SIZE_B = 20
    NONCE_SIZE_B = 12


@cython.final
cdef class Codec:
    def __init__(
        self, SecretKey secret not None, ENR record not None, bytes protocol not None, Drbg drbg
        not None,
        Outbox outbox not None,
    ):
        if len(protocol) != PROTOCOL_SIZE_B:
            raise ConfigError(

                f"a protocol is an id of 6 bytes and a version of 2, not {len(protocol)} bytes"
            )
        if secret.node_id != record.node_id:
            raise ConfigError("the record is of another key: make it with ENR.create(key, ...)")
        self.secret = secret
        self.record = record
        self.drbg = drbg
        self.outbox = outbox
        memcpy(self.protocol, <const char*>protocol, PROTOCOL_SIZE_B)
        memcpy(self.own_id, record.node_id_ptr(), 32)
        ctr_expand(&self.own_mask, self.own_id)

    cdef bint send_sealed(
        self, Session* session, const uint8_t* plain, size_t size, uint8_t* nonce
    ) noexcept:
        cdef uint8_t iv[MASKING_IV_SIZE_B]
        cdef uint8_t* out = self.outbox.reserve()
        cdef size_t written
        if out == NULL:
            return False
        self.drbg.fill(iv, MASKING_IV_SIZE_B)
        self.drbg.fill(nonce + 4, NONCE_SIZE_B - 4)
        nonce[0] = <uint8_t>(session.sent_count >> 24)
        nonce[1] = <uint8_t>(session.sent_count >> 16)
        nonce[2] = <uint8_t>(session.sent_count >> 8)
        nonce[3] = <uint8_t>session.sent_count
        session.sent_count += 1
        written = encode_message(
            out, self.protocol, iv, nonce, self.own_id, &session.mask, &session.write_key, plain,
            size
        )
        if written == 0:
            return False
        self.outbox.commit(written, &session.address)
        return True

    cdef bint send_first(self, const uint8_t* node_id, const Address* to, uint8_t* nonce) noexcept:
        cdef uint8_t iv[MASKING_IV_SIZE_B]
        cdef uint8_t body[FIRST_BODY_SIZE_B]
        cdef wp_ctr_key mask
        cdef uint8_t* out = self.outbox.reserve()
        if out == NULL:
            return False
        self.drbg.fill(iv, MASKING_IV_SIZE_B)
        self.drbg.fill(nonce, NONCE_SIZE_B)
        self.drbg.fill(body, FIRST_BODY_SIZE_B)
        ctr_expand(&mask, node_id)
        self.outbox.commit(
            encode_message(
                out, self.protocol, iv, nonce, self.own_id, &mask, NULL, body, FIRST_BODY_SIZE_B
            ), to
        )
        return True

    cdef bint send_whoareyou(
        self, const uint8_t* node_id, const Address* to, const uint8_t* request_nonce, uint64_t
        record_seq,
        uint8_t* packet63, uint8_t* challenge63
    ) noexcept:
        cdef uint8_t iv[MASKING_IV_SIZE_B]
        cdef uint8_t id_nonce[ID_NONCE_SIZE_B]
        cdef wp_ctr_key mask
        self.drbg.fill(iv, MASKING_IV_SIZE_B)
        self.drbg.fill(id_nonce, ID_NONCE_SIZE_B)
        ctr_expand(&mask, node_id)
        encode_whoareyou(
            packet63, self.protocol, iv, request_nonce, id_nonce, record_seq, &mask, challenge63
        )
        return self.send_again(packet63, PACKET_SIZE_MIN_B, to)

    cdef bint send_again(self, const uint8_t* packet, size_t size, const Address* to) noexcept:
        cdef uint8_t* out = self.outbox.reserve()
        if out == NULL:
            return False
        memcpy(out, packet, size)
        self.outbox.commit(size, to)
        return True

    cdef bint send_handshake(
        self, ENR peer, const Address* to, const uint8_t* challenge63, bint with_record,
        const uint8_t* plain, size_t size, SessionTable half_open, double now, uint8_t* nonce
    ) except -1:
        cdef uint8_t iv[MASKING_IV_SIZE_B]
        cdef uint8_t ephemeral_secret[32]
        cdef uint8_t ephemeral_key[33]
        cdef uint8_t proof[32]
        cdef uint8_t signature[64]
        cdef uint8_t keys[32]
        cdef PublicPoint ephemeral
        cdef Session* session
        cdef uint8_t* out = self.outbox.reserve()
        cdef size_t written
        cdef bint agreed
        cdef bytes raw = self.record.raw if with_record else b""
        if out == NULL:
            return False
        self.drbg.fill(ephemeral_secret, 32)
        # not a scalar of the group: one in 2**128
        while not point_of(&ephemeral, ephemeral_secret):
            self.drbg.fill(ephemeral_secret, 32)
        point_compress(&ephemeral, ephemeral_key)
        identity_hash(proof, challenge63, ephemeral_key, peer.node_id_ptr())
        agreed = sign(signature, proof, self.secret.secret()) and session_keys(
            keys, &peer._point, ephemeral_secret, challenge63, self.own_id, peer.node_id_ptr()
        )
        wp_wipe(ephemeral_secret, 32)
        if not agreed:
            return False
        session = half_open.put(peer.node_id_ptr(), to, keys, keys + 16, now)
        wp_wipe(keys, 32)
        session.record_seq = peer.seq
        self.drbg.fill(iv, MASKING_IV_SIZE_B)
        self.drbg.fill(nonce, NONCE_SIZE_B)
        written = encode_handshake(
            out, self.protocol, iv, nonce, self.own_id, signature, ephemeral_key,
            <const uint8_t*>raw if with_record else NULL, <size_t>len(raw),
            &session.mask, &session.write_key, plain, size,
        )
        if written == 0:
            return False
        self.outbox.commit(written, to)
        return True
