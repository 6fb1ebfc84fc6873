"""The three packet kinds of discv5-wire, "Packet Encoding", in buffers that the caller holds."""
from libc.stdint cimport uint8_t, uint64_t

from waypost._ext.aead cimport wp_ctr_key, wp_gcm_key

cdef enum:
    PACKET_SIZE_MIN_B = 63
    PACKET_SIZE_MAX_B = 1280
    MASKING_IV_SIZE_B = 16
    STATIC_HEADER_SIZE_B = 23
    ID_NONCE_SIZE_B = 16
    PROTOCOL_SIZE_B = 8              # protocol-id (6) || version (2)
    CHALLENGE_SIZE_B = 63            # masking-iv || header of a WHOAREYOU
    HANDSHAKE_AUTHDATA_SIZE_B = 131  # of the "v4" scheme, before the record

cdef enum Flag:
    FLAG_MESSAGE = 0
    FLAG_WHOAREYOU = 1
    FLAG_HANDSHAKE = 2

cpdef enum Refusal:  # why a datagram is not a packet; also the index of its counter
    PACKET_OK = 0
    REFUSED_SIZE = 1                 # not 63..1280 bytes; a WHOAREYOU: not exactly 63
    REFUSED_PROTOCOL = 2             # another protocol-id or version
    REFUSED_FLAG = 3
    REFUSED_AUTHDATA = 4             # a size that the flag does not allow

cdef struct Packet:                  # what an unmasked datagram says; every pointer points into it
    Flag flag
    const uint8_t* header            # masking-iv || static-header || authdata: the additional data
    size_t header_size
    const uint8_t* nonce             # 12 bytes; of a WHOAREYOU: of the packet that it answers
    const uint8_t* body              # the sealed message, tag included; empty in a WHOAREYOU
    size_t body_size
    const uint8_t* source_id         # 32 bytes; message and handshake
    const uint8_t* id_nonce          # WHOAREYOU
    uint64_t record_seq              # WHOAREYOU
    const uint8_t* signature         # handshake, 64 bytes
    const uint8_t* ephemeral_key     # handshake, 33 bytes
    const uint8_t* record            # handshake; NULL when absent
    size_t record_size

# Unmasks the header in place and fills packet.
cdef Refusal unmask(
    uint8_t* datagram, size_t size, const wp_ctr_key* local_mask, const uint8_t* protocol,
    Packet* packet
) noexcept nogil

# Each writes a whole masked packet to out (1280 bytes) and returns its size, or 0 where it would
# exceed 1280 bytes. destination_mask is the expanded key destination-id[:16]; key NULL: body is
# sent as it is (the random first packet).
cdef size_t encode_message(
    uint8_t* out, const uint8_t* protocol, const uint8_t* masking_iv, const uint8_t* nonce,
    const uint8_t* source_id, const wp_ctr_key* destination_mask, const wp_gcm_key* key,
    const uint8_t* body, size_t body_size
) noexcept nogil
# challenge receives the 63 bytes of challenge-data.
cdef size_t encode_whoareyou(
    uint8_t* out, const uint8_t* protocol, const uint8_t* masking_iv, const uint8_t* request_nonce,
    const uint8_t* id_nonce, uint64_t record_seq, const wp_ctr_key* destination_mask,
    uint8_t* challenge
) noexcept nogil
cdef size_t encode_handshake(
    uint8_t* out, const uint8_t* protocol, const uint8_t* masking_iv, const uint8_t* nonce,
    const uint8_t* source_id, const uint8_t* signature, const uint8_t* ephemeral_key,
    const uint8_t* record, size_t record_size, const wp_ctr_key* destination_mask,
    const wp_gcm_key* key,
    const uint8_t* body, size_t body_size
) noexcept nogil
# The largest plaintext that fits an ordinary packet, and one with a handshake and a record of
# record_size bytes.
cpdef size_t message_room() noexcept nogil
cpdef size_t handshake_room(size_t record_size) noexcept nogil
