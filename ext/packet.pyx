"""The three packet kinds of discv5-wire: unmasked in place, written and masked in one pass."""
cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING
from cython.dataclasses cimport dataclass
from libc.string cimport memcmp, memcpy, memset

from waypost._ext.aead cimport (
    KEY_SIZE_B, NONCE_SIZE_B, TAG_SIZE_B, ctr_expand, ctr_xor, gcm_expand, gcm_seal,
)
from waypost._ext.cursor cimport Reader, Writer, left, take, write_raw

from waypost.errors import ConfigError

cdef extern from "bytes.h" nogil:
    uint64_t wp_load_be64(const uint8_t* data)
    void wp_store_be64(uint8_t* out, uint64_t value)

cdef extern from "wipe.h" nogil:
    void wp_wipe(void* memory, size_t size)

cdef enum:
    FLAG_AT = PROTOCOL_SIZE_B             # offsets in the static header
    NONCE_AT = FLAG_AT + 1
    AUTHDATA_SIZE_AT = NONCE_AT + NONCE_SIZE_B
    # Unmasked first: two AES blocks, the static header and 9 bytes of authdata. Every packet is
    # larger than that, and every authdata.
    FIRST_MASKED_SIZE_B = 32
    NODE_ID_SIZE_B = 32
    SIGNATURE_SIZE_B = 64                 # of the "v4" scheme, as the next one
    EPHEMERAL_KEY_SIZE_B = 33
    RECORD_SIZE_MAX_B = 300               # EIP-778
    MESSAGE_AUTHDATA_SIZE_B = NODE_ID_SIZE_B
    WHOAREYOU_AUTHDATA_SIZE_B = ID_NONCE_SIZE_B + 8
    HEADER_SIZE_MIN_B = MASKING_IV_SIZE_B + STATIC_HEADER_SIZE_B

PROTOCOL = b"discv5\x00\x01"  # protocol-id || version


cdef inline bint _authdata_fits(int flag, size_t size) noexcept nogil:
    if flag == FLAG_MESSAGE:
        return size == MESSAGE_AUTHDATA_SIZE_B
    if flag == FLAG_WHOAREYOU:
        return size == WHOAREYOU_AUTHDATA_SIZE_B
    return HANDSHAKE_AUTHDATA_SIZE_B <= size <= HANDSHAKE_AUTHDATA_SIZE_B + RECORD_SIZE_MAX_B


cdef int _read_authdata(Reader* authdata, Packet* packet) noexcept nogil:
    """Split authdata of a size that fits the flag."""
    cdef const uint8_t* sizes
    if packet.flag == FLAG_WHOAREYOU:
        packet.id_nonce = take(authdata, ID_NONCE_SIZE_B)
        packet.record_seq = wp_load_be64(take(authdata, 8))
        return 0
    packet.source_id = take(authdata, NODE_ID_SIZE_B)
    if packet.flag == FLAG_MESSAGE:
        return 0
    sizes = take(authdata, 2)
    if sizes[0] != SIGNATURE_SIZE_B or sizes[1] != EPHEMERAL_KEY_SIZE_B:
        return -1
    packet.signature = take(authdata, SIGNATURE_SIZE_B)
    packet.ephemeral_key = take(authdata, EPHEMERAL_KEY_SIZE_B)
    packet.record_size = left(authdata)
    packet.record = authdata.at if packet.record_size > 0 else NULL
    return 0


cdef Refusal unmask(
    uint8_t* datagram, size_t size, const wp_ctr_key* local_mask, const uint8_t* protocol,
    Packet* packet
) noexcept nogil:
    cdef uint8_t* header = datagram + MASKING_IV_SIZE_B
    cdef uint8_t* second = header + FIRST_MASKED_SIZE_B
    cdef Reader reader, authdata
    cdef size_t authdata_size
    memset(packet, 0, sizeof(Packet))
    if not PACKET_SIZE_MIN_B <= size <= PACKET_SIZE_MAX_B:
        return REFUSED_SIZE
    ctr_xor(local_mask, datagram, 0, header, header, FIRST_MASKED_SIZE_B)
    if memcmp(header, protocol, PROTOCOL_SIZE_B) != 0:
        return REFUSED_PROTOCOL
    if header[FLAG_AT] > FLAG_HANDSHAKE:
        return REFUSED_FLAG
    packet.flag = <Flag>header[FLAG_AT]
    authdata_size = <size_t>((header[AUTHDATA_SIZE_AT] << 8) | header[AUTHDATA_SIZE_AT + 1])
    reader.at = header + STATIC_HEADER_SIZE_B
    reader.end = datagram + size
    authdata.at = take(&reader, authdata_size)
    authdata.end = reader.at
    if authdata.at == NULL or not _authdata_fits(packet.flag, authdata_size):
        return REFUSED_AUTHDATA
    ctr_xor(local_mask, datagram, 2, second, second, <size_t>(authdata.end - second))
    if _read_authdata(&authdata, packet) < 0:
        return REFUSED_AUTHDATA
    packet.header = datagram
    packet.header_size = HEADER_SIZE_MIN_B + authdata_size
    packet.nonce = header + NONCE_AT
    packet.body = reader.at
    packet.body_size = left(&reader)
    if packet.flag == FLAG_WHOAREYOU and packet.body_size > 0:
        return REFUSED_SIZE
    return PACKET_OK


cdef void _begin(
    Writer* writer, uint8_t* out, const uint8_t* protocol, const uint8_t* masking_iv, Flag flag,
    const uint8_t* nonce, size_t authdata_size
) noexcept nogil:
    """Write everything before the authdata. A header always fits, so its writes cannot fail."""
    cdef uint8_t flag_byte = <uint8_t>flag
    cdef uint8_t[2] size_bytes
    size_bytes[0] = <uint8_t>(authdata_size >> 8)
    size_bytes[1] = <uint8_t>authdata_size
    writer.at = out
    writer.end = out + PACKET_SIZE_MAX_B
    write_raw(writer, masking_iv, MASKING_IV_SIZE_B)
    write_raw(writer, protocol, PROTOCOL_SIZE_B)
    write_raw(writer, &flag_byte, 1)
    write_raw(writer, nonce, NONCE_SIZE_B)
    write_raw(writer, size_bytes, 2)


cdef size_t _message_header(
    uint8_t* out, const uint8_t* protocol, const uint8_t* masking_iv, const uint8_t* nonce,
    const uint8_t* source_id
) noexcept nogil:
    cdef Writer writer
    _begin(&writer, out, protocol, masking_iv, FLAG_MESSAGE, nonce, MESSAGE_AUTHDATA_SIZE_B)
    write_raw(&writer, source_id, NODE_ID_SIZE_B)
    return HEADER_SIZE_MIN_B + MESSAGE_AUTHDATA_SIZE_B


cdef size_t _whoareyou_header(
    uint8_t* out, const uint8_t* protocol, const uint8_t* masking_iv, const uint8_t* request_nonce,
    const uint8_t* id_nonce, uint64_t record_seq
) noexcept nogil:
    cdef Writer writer
    cdef uint8_t[8] seq
    wp_store_be64(seq, record_seq)
    _begin(
        &writer, out, protocol, masking_iv, FLAG_WHOAREYOU, request_nonce,
        WHOAREYOU_AUTHDATA_SIZE_B,
    )
    write_raw(&writer, id_nonce, ID_NONCE_SIZE_B)
    write_raw(&writer, seq, sizeof(seq))
    return CHALLENGE_SIZE_B


cdef size_t _handshake_header(
    uint8_t* out, const uint8_t* protocol, const uint8_t* masking_iv, const uint8_t* nonce,
    const uint8_t* source_id, const uint8_t* signature, const uint8_t* ephemeral_key,
    const uint8_t* record, size_t record_size
) noexcept nogil:
    """0 where the record is too large."""
    cdef Writer writer
    cdef uint8_t[2] sizes
    if record_size > RECORD_SIZE_MAX_B:
        return 0
    sizes[0] = SIGNATURE_SIZE_B
    sizes[1] = EPHEMERAL_KEY_SIZE_B
    _begin(
        &writer, out, protocol, masking_iv, FLAG_HANDSHAKE, nonce,
        HANDSHAKE_AUTHDATA_SIZE_B + record_size,
    )
    write_raw(&writer, source_id, NODE_ID_SIZE_B)
    write_raw(&writer, sizes, 2)
    write_raw(&writer, signature, SIGNATURE_SIZE_B)
    write_raw(&writer, ephemeral_key, EPHEMERAL_KEY_SIZE_B)
    write_raw(&writer, record, record_size)
    return HEADER_SIZE_MIN_B + HANDSHAKE_AUTHDATA_SIZE_B + record_size


cdef size_t _finish(
    uint8_t* out, size_t header_size, const wp_ctr_key* destination_mask, const wp_gcm_key* key,
    const uint8_t* body, size_t body_size
) noexcept nogil:
    """Append the body, sealed where there is a key, and mask the header: in this order, because
    the seal covers the header unmasked."""
    cdef uint8_t* header = out + MASKING_IV_SIZE_B
    cdef uint8_t* sealed = out + header_size
    cdef size_t tag_size = 0 if key == NULL else TAG_SIZE_B
    if header_size == 0 or body_size > PACKET_SIZE_MAX_B - header_size - tag_size:
        return 0
    if key != NULL:
        gcm_seal(key, header + NONCE_AT, out, header_size, body, body_size, sealed)
    elif body_size > 0:
        memcpy(sealed, body, body_size)
    ctr_xor(destination_mask, out, 0, header, header, header_size - MASKING_IV_SIZE_B)
    return header_size + body_size + tag_size


cdef size_t encode_message(
    uint8_t* out, const uint8_t* protocol, const uint8_t* masking_iv, const uint8_t* nonce,
    const uint8_t* source_id, const wp_ctr_key* destination_mask, const wp_gcm_key* key,
    const uint8_t* body, size_t body_size
) noexcept nogil:
    cdef size_t header_size = _message_header(out, protocol, masking_iv, nonce, source_id)
    return _finish(out, header_size, destination_mask, key, body, body_size)


cdef size_t encode_whoareyou(
    uint8_t* out, const uint8_t* protocol, const uint8_t* masking_iv, const uint8_t* request_nonce,
    const uint8_t* id_nonce, uint64_t record_seq, const wp_ctr_key* destination_mask,
    uint8_t* challenge
) noexcept nogil:
    cdef size_t header_size = _whoareyou_header(
        out, protocol, masking_iv, request_nonce, id_nonce, record_seq
    )
    memcpy(challenge, out, CHALLENGE_SIZE_B)
    return _finish(out, header_size, destination_mask, NULL, NULL, 0)


cdef size_t encode_handshake(
    uint8_t* out, const uint8_t* protocol, const uint8_t* masking_iv, const uint8_t* nonce,
    const uint8_t* source_id, const uint8_t* signature, const uint8_t* ephemeral_key,
    const uint8_t* record, size_t record_size, const wp_ctr_key* destination_mask,
    const wp_gcm_key* key,
    const uint8_t* body, size_t body_size
) noexcept nogil:
    cdef size_t header_size = _handshake_header(
        out, protocol, masking_iv, nonce, source_id, signature, ephemeral_key, record, record_size
    )
    return _finish(out, header_size, destination_mask, key, body, body_size)


cpdef size_t message_room() noexcept nogil:
    return PACKET_SIZE_MAX_B - HEADER_SIZE_MIN_B - MESSAGE_AUTHDATA_SIZE_B - TAG_SIZE_B


cpdef size_t handshake_room(size_t record_size) noexcept nogil:
    if record_size > RECORD_SIZE_MAX_B:
        return 0
    return (
        PACKET_SIZE_MAX_B - HEADER_SIZE_MIN_B - HANDSHAKE_AUTHDATA_SIZE_B - record_size
        - TAG_SIZE_B
    )


@cython.final
@dataclass(frozen=True)
cdef class MessagePacket:
    cdef readonly bytes masking_iv
    cdef readonly bytes nonce
    cdef readonly bytes source_id
    cdef readonly bytes body


@cython.final
@dataclass(frozen=True)
cdef class WhoareyouPacket:
    cdef readonly bytes masking_iv
    cdef readonly bytes request_nonce
    cdef readonly bytes id_nonce
    cdef readonly uint64_t record_seq


@cython.final
@dataclass(frozen=True)
cdef class HandshakePacket:
    cdef readonly bytes masking_iv
    cdef readonly bytes nonce
    cdef readonly bytes source_id
    cdef readonly bytes signature
    cdef readonly bytes ephemeral_key
    cdef readonly bytes record
    cdef readonly bytes body


cdef object _object_of(const Packet* packet):
    cdef bytes masking_iv = packet.header[:MASKING_IV_SIZE_B]
    cdef bytes nonce = packet.nonce[:NONCE_SIZE_B]
    cdef bytes body = packet.body[:packet.body_size]
    if packet.flag == FLAG_WHOAREYOU:
        return WhoareyouPacket(
            masking_iv, nonce, packet.id_nonce[:ID_NONCE_SIZE_B], packet.record_seq
        )
    if packet.flag == FLAG_MESSAGE:
        return MessagePacket(masking_iv, nonce, packet.source_id[:NODE_ID_SIZE_B], body)
    return HandshakePacket(
        masking_iv, nonce, packet.source_id[:NODE_ID_SIZE_B],
        packet.signature[:SIGNATURE_SIZE_B], packet.ephemeral_key[:EPHEMERAL_KEY_SIZE_B],
        packet.record[:packet.record_size], body,
    )


cdef const uint8_t* _sized(bytes data, Py_ssize_t size, str name) except NULL:
    if data is None or len(data) != size:
        raise ConfigError(f"{name} must be {size} bytes")
    return <const uint8_t*>PyBytes_AS_STRING(data)


cdef size_t _write_header(object packet, bytes protocol_, uint8_t* out) except? 0:
    cdef const uint8_t* protocol = _sized(protocol_, PROTOCOL_SIZE_B, "protocol")
    cdef const uint8_t* iv = _sized(packet.masking_iv, MASKING_IV_SIZE_B, "masking_iv")
    cdef WhoareyouPacket challenge
    cdef HandshakePacket handshake
    if isinstance(packet, WhoareyouPacket):
        challenge = packet
        return _whoareyou_header(
            out, protocol, iv, _sized(challenge.request_nonce, NONCE_SIZE_B, "request_nonce"),
            _sized(challenge.id_nonce, ID_NONCE_SIZE_B, "id_nonce"), challenge.record_seq,
        )
    cdef const uint8_t* nonce = _sized(packet.nonce, NONCE_SIZE_B, "nonce")
    cdef const uint8_t* source_id = _sized(packet.source_id, NODE_ID_SIZE_B, "source_id")
    if isinstance(packet, MessagePacket):
        return _message_header(out, protocol, iv, nonce, source_id)
    handshake = packet
    return _handshake_header(
        out, protocol, iv, nonce, source_id,
        _sized(handshake.signature, SIGNATURE_SIZE_B, "signature"),
        _sized(handshake.ephemeral_key, EPHEMERAL_KEY_SIZE_B, "ephemeral_key"),
        handshake.record, len(handshake.record),
    )


cdef size_t _write_packet(
    object packet, bytes destination_id, bytes key, bytes protocol, uint8_t* out
) except 0:
    cdef bytes body = b"" if isinstance(packet, WhoareyouPacket) else packet.body
    cdef size_t size = _write_header(packet, protocol, out)
    cdef wp_ctr_key mask
    cdef wp_gcm_key sealing
    ctr_expand(&mask, _sized(destination_id, NODE_ID_SIZE_B, "destination_id"))
    if key is None or isinstance(packet, WhoareyouPacket):
        size = _finish(out, size, &mask, NULL, body, len(body))
    else:
        gcm_expand(&sealing, _sized(key, KEY_SIZE_B, "key"))
        size = _finish(out, size, &mask, &sealing, body, len(body))
        wp_wipe(&sealing, sizeof(sealing))
    if size == 0:
        raise ConfigError(
            f"a packet has at most {PACKET_SIZE_MAX_B} bytes and a record {RECORD_SIZE_MAX_B}:"
            " shorten the message"
        )
    return size


def decode(datagram, bytes local_id not None, bytes protocol not None=PROTOCOL):
    cdef uint8_t copy[PACKET_SIZE_MAX_B]
    cdef Py_buffer view
    cdef wp_ctr_key mask
    cdef Packet packet
    cdef Refusal refusal
    cdef size_t size
    ctr_expand(&mask, _sized(local_id, NODE_ID_SIZE_B, "local_id"))
    _sized(protocol, PROTOCOL_SIZE_B, "protocol")
    PyObject_GetBuffer(datagram, &view, PyBUF_SIMPLE)
    size = <size_t>view.len
    if size <= sizeof(copy):
        memcpy(copy, view.buf, size)
    PyBuffer_Release(&view)
    refusal = unmask(copy, size, &mask, protocol, &packet)
    return _object_of(&packet) if refusal == PACKET_OK else refusal


def header(packet not None, bytes protocol not None=PROTOCOL):
    cdef uint8_t out[PACKET_SIZE_MAX_B]
    cdef size_t size = _write_header(packet, protocol, out)
    return out[:size]


def encode(
    packet not None, bytes destination_id not None, bytes key=None,
    bytes protocol not None=PROTOCOL,
):
    cdef uint8_t out[PACKET_SIZE_MAX_B]
    cdef size_t size = _write_packet(packet, destination_id, key, protocol, out)
    return out[:size]


def encode_into(
    buffer, packet not None, bytes destination_id not None, bytes key=None,
    bytes protocol not None=PROTOCOL,
):
    cdef Py_buffer view
    cdef uint8_t out[PACKET_SIZE_MAX_B]
    cdef size_t size = _write_packet(packet, destination_id, key, protocol, out)
    PyObject_GetBuffer(buffer, &view, PyBUF_WRITABLE)
    try:
        if <size_t>view.len < size:
            raise ConfigError(f"the packet has {size} bytes, the buffer {view.len}: enlarge it")
        memcpy(view.buf, out, size)
    finally:
        PyBuffer_Release(&view)
    return size
