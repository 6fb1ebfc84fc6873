"""The six base messages of discv5-wire: parsed in place, written in one pass."""
cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cython.dataclasses cimport dataclass
from libc.string cimport memset

from waypost._ext.cursor cimport (
    Writer, bytes_item_size, header_size, left, read_bytes, read_item, read_list, read_uint64,
    take, uint64_item_size, write_bytes, write_list_header, write_raw, write_uint64,
)

from waypost.errors import ConfigError


cdef int _parse_pong(Reader* fields, Message* out) noexcept nogil:
    cdef uint64_t port = 0
    if read_uint64(fields, &out.record_seq) < 0 or read_bytes(fields, &out.ip, &out.ip_size) < 0:
        return -1
    if read_uint64(fields, &port) < 0 or port > 0xFFFF:
        return -1
    out.port = <uint16_t>port
    return 0 if out.ip_size == 4 or out.ip_size == 16 else -1


cdef int _parse_findnode(Reader* fields, Message* out) noexcept nogil:
    cdef Reader rest
    cdef uint64_t distance = 0
    if read_list(fields, &out.items) < 0:
        return -1
    rest = out.items
    while left(&rest) > 0:
        if read_uint64(&rest, &distance) < 0 or distance > DISTANCE_MAX:
            return -1
    return 0


cdef int _parse_nodes(Reader* fields, Message* out) noexcept nogil:
    cdef Reader rest, ignored
    if read_uint64(fields, &out.total) < 0 or read_list(fields, &out.items) < 0:
        return -1
    rest = out.items
    while left(&rest) > 0:
        if read_list(&rest, &ignored) < 0:
            return -1
    return 0


cdef int _parse_fields(Reader* fields, Message* out) noexcept nogil:
    """What follows the request id."""
    if out.kind == PING:
        return read_uint64(fields, &out.record_seq)
    if out.kind == PONG:
        return _parse_pong(fields, out)
    if out.kind == FINDNODE:
        return _parse_findnode(fields, out)
    if out.kind == NODES:
        return _parse_nodes(fields, out)
    if out.kind == TALKREQ and read_bytes(fields, &out.protocol, &out.protocol_size) < 0:
        return -1
    if out.kind == TALKREQ or out.kind == TALKRESP:
        return read_bytes(fields, &out.payload, &out.payload_size)
    return -1


cdef int parse_message(const uint8_t* plain, size_t size, Message* out) noexcept nogil:
    cdef Reader whole, fields
    cdef const uint8_t* kind
    memset(out, 0, sizeof(Message))
    whole.at = plain
    whole.end = plain + size
    kind = take(&whole, 1)
    if kind == NULL or read_list(&whole, &fields) < 0 or left(&whole) > 0:
        return -1
    out.kind = kind[0]
    if read_bytes(&fields, &out.request_id, &out.request_id_size) < 0:
        return -1
    if out.request_id_size > REQUEST_ID_SIZE_MAX_B:
        return -1
    if _parse_fields(&fields, out) < 0 or left(&fields) > 0:
        return -1
    return 0


cdef size_t _begin(
    Writer* writer, uint8_t* out, size_t room, Kind kind,
    const uint8_t* request_id, size_t request_id_size, size_t fields_size
) noexcept nogil:
    """Write what precedes the fields; the size of the whole message, or 0 if it exceeds room.

    That the whole fits is settled here, so the writes of the fields that follow cannot fail.
    """
    cdef uint8_t message_type = <uint8_t>kind
    cdef size_t body_size = bytes_item_size(request_id, request_id_size) + fields_size
    cdef size_t size = 1 + header_size(body_size) + body_size
    if size > room:
        return 0
    writer.at = out
    writer.end = out + size
    write_raw(writer, &message_type, 1)
    write_list_header(writer, body_size)
    write_bytes(writer, request_id, request_id_size)
    return size


cdef size_t write_ping(
    uint8_t* out, size_t room, const uint8_t* request_id, size_t request_id_size,
    uint64_t record_seq
) noexcept nogil:
    cdef Writer writer
    cdef size_t fields_size = uint64_item_size(record_seq)
    cdef size_t size = _begin(&writer, out, room, PING, request_id, request_id_size, fields_size)
    if size > 0:
        write_uint64(&writer, record_seq)
    return size


cdef size_t write_pong(
    uint8_t* out, size_t room, const uint8_t* request_id, size_t request_id_size,
    uint64_t record_seq, const uint8_t* ip, size_t ip_size, uint16_t port
) noexcept nogil:
    cdef Writer writer
    cdef size_t fields_size = uint64_item_size(record_seq) + uint64_item_size(port)
    cdef size_t size
    fields_size += bytes_item_size(ip, ip_size)
    size = _begin(&writer, out, room, PONG, request_id, request_id_size, fields_size)
    if size > 0:
        write_uint64(&writer, record_seq)
        write_bytes(&writer, ip, ip_size)
        write_uint64(&writer, port)
    return size


cdef size_t write_findnode(
    uint8_t* out, size_t room, const uint8_t* request_id, size_t request_id_size,
    const uint16_t* distances, size_t distance_count
) noexcept nogil:
    cdef Writer writer
    cdef size_t list_size = 0, fields_size, size, i
    for i in range(distance_count):
        list_size += uint64_item_size(distances[i])
    fields_size = header_size(list_size) + list_size
    size = _begin(&writer, out, room, FINDNODE, request_id, request_id_size, fields_size)
    if size > 0:
        write_list_header(&writer, list_size)
        for i in range(distance_count):
            write_uint64(&writer, distances[i])
    return size


cdef size_t write_nodes(
    uint8_t* out, size_t room, const uint8_t* request_id, size_t request_id_size, uint64_t total,
    const uint8_t* records, size_t records_size
) noexcept nogil:
    cdef Writer writer
    cdef size_t list_size = header_size(records_size) + records_size
    cdef size_t fields_size = uint64_item_size(total) + list_size
    cdef size_t size = _begin(&writer, out, room, NODES, request_id, request_id_size, fields_size)
    if size > 0:
        write_uint64(&writer, total)
        write_list_header(&writer, records_size)
        write_raw(&writer, records, records_size)
    return size


cdef size_t write_talkreq(
    uint8_t* out, size_t room, const uint8_t* request_id, size_t request_id_size,
    const uint8_t* protocol, size_t protocol_size, const uint8_t* payload, size_t payload_size
) noexcept nogil:
    cdef Writer writer
    cdef size_t fields_size = bytes_item_size(protocol, protocol_size)
    cdef size_t size
    fields_size += bytes_item_size(payload, payload_size)
    size = _begin(&writer, out, room, TALKREQ, request_id, request_id_size, fields_size)
    if size > 0:
        write_bytes(&writer, protocol, protocol_size)
        write_bytes(&writer, payload, payload_size)
    return size


cdef size_t write_talkresp(
    uint8_t* out, size_t room, const uint8_t* request_id, size_t request_id_size,
    const uint8_t* payload, size_t payload_size
) noexcept nogil:
    cdef Writer writer
    cdef size_t fields_size = bytes_item_size(payload, payload_size)
    cdef size_t size
    size = _begin(&writer, out, room, TALKRESP, request_id, request_id_size, fields_size)
    if size > 0:
        write_bytes(&writer, payload, payload_size)
    return size


cpdef size_t nodes_room(size_t room, size_t request_id_size) noexcept nogil:
    # type (1), both list headers (3 each, as beyond 255 bytes), request id (1 + size), total (1)
    cdef size_t overhead = 1 + 3 + (1 + request_id_size) + 1 + 3
    return room - overhead if room > overhead else 0


@cython.final
@dataclass(frozen=True)
cdef class Ping:
    cdef readonly bytes request_id
    cdef readonly uint64_t record_seq


@cython.final
@dataclass(frozen=True)
cdef class Pong:
    cdef readonly bytes request_id
    cdef readonly uint64_t record_seq
    cdef readonly bytes ip
    cdef readonly uint16_t port


@cython.final
@dataclass(frozen=True)
cdef class FindNode:
    cdef readonly bytes request_id
    cdef readonly tuple distances


@cython.final
@dataclass(frozen=True)
cdef class Nodes:
    cdef readonly bytes request_id
    cdef readonly uint64_t total
    cdef readonly tuple records


@cython.final
@dataclass(frozen=True)
cdef class TalkRequest:
    cdef readonly bytes request_id
    cdef readonly bytes protocol
    cdef readonly bytes payload


@cython.final
@dataclass(frozen=True)
cdef class TalkResponse:
    cdef readonly bytes request_id
    cdef readonly bytes payload


cdef tuple _distances(Reader items):
    cdef list distances = []
    cdef uint64_t distance = 0
    while read_uint64(&items, &distance) == 0:
        distances.append(distance)
    return tuple(distances)


cdef tuple _records(Reader items):
    cdef list records = []
    cdef const uint8_t* start = NULL
    cdef size_t size = 0
    while read_item(&items, &start, &size) == 0:
        records.append(start[:size])
    return tuple(records)


cdef object _object_of(const Message* message):
    cdef bytes request_id = message.request_id[:message.request_id_size]
    if message.kind == PING:
        return Ping(request_id, message.record_seq)
    if message.kind == PONG:
        return Pong(
            request_id, message.record_seq, message.ip[:message.ip_size], message.port
        )
    if message.kind == FINDNODE:
        return FindNode(request_id, _distances(message.items))
    if message.kind == NODES:
        return Nodes(request_id, message.total, _records(message.items))
    if message.kind == TALKREQ:
        return TalkRequest(
            request_id, message.protocol[:message.protocol_size],
            message.payload[:message.payload_size],
        )
    return TalkResponse(request_id, message.payload[:message.payload_size])


cdef size_t _write_findnode(FindNode message, uint8_t* out, size_t room) except? 0:
    cdef uint16_t distances[MESSAGE_SIZE_MAX_B]  # each takes a byte or more
    cdef bytes request_id = message.request_id
    cdef size_t count = 0
    if len(message.distances) > MESSAGE_SIZE_MAX_B:
        return 0
    for distance in message.distances:
        distances[count] = distance
        count += 1
    return write_findnode(out, room, request_id, len(request_id), distances, count)


cdef size_t _write_nodes(Nodes message, uint8_t* out, size_t room) except? 0:
    cdef bytes request_id = message.request_id, joined = b"".join(message.records)
    return write_nodes(
        out, room, request_id, len(request_id), message.total, joined, len(joined)
    )


cdef size_t _write_object(object message, uint8_t* out, size_t room) except? 0:
    cdef bytes request_id = message.request_id, protocol, payload
    cdef size_t id_size = len(request_id)
    if isinstance(message, Ping):
        return write_ping(out, room, request_id, id_size, (<Ping>message).record_seq)
    if isinstance(message, Pong):
        payload = (<Pong>message).ip
        return write_pong(
            out, room, request_id, id_size, (<Pong>message).record_seq, payload, len(payload),
            (<Pong>message).port,
        )
    if isinstance(message, FindNode):
        return _write_findnode(message, out, room)
    if isinstance(message, Nodes):
        return _write_nodes(message, out, room)
    if isinstance(message, TalkRequest):
        payload = (<TalkRequest>message).payload
        protocol = (<TalkRequest>message).protocol
        return write_talkreq(
            out, room, request_id, id_size, protocol, len(protocol), payload, len(payload)
        )
    payload = (<TalkResponse?>message).payload
    return write_talkresp(out, room, request_id, id_size, payload, len(payload))


cdef size_t _write_checked(object message, uint8_t* out, size_t room) except 0:
    """What parse_message would refuse is not written either: the rules stand in one place."""
    cdef Message check
    cdef size_t size = _write_object(message, out, room)
    if size == 0:
        raise ConfigError(f"the message does not fit {room} bytes: shorten or split it")
    if parse_message(out, size, &check) < 0:
        raise ConfigError(
            f"{message!r} breaks discv5-wire: a request id has at most {REQUEST_ID_SIZE_MAX_B}"
            f" bytes, an ip 4 or 16, a distance is at most {DISTANCE_MAX}, a record is an RLP list"
        )
    return size


def decode(plain):
    cdef Py_buffer view
    cdef Message message
    PyObject_GetBuffer(plain, &view, PyBUF_SIMPLE)
    try:
        if parse_message(<const uint8_t*>view.buf, <size_t>view.len, &message) < 0:
            return None
        return _object_of(&message)
    finally:
        PyBuffer_Release(&view)


def encode(message not None):
    cdef uint8_t out[MESSAGE_SIZE_MAX_B]
    cdef size_t size = _write_checked(message, out, sizeof(out))
    return out[:size]


def encode_into(buffer, message not None):
    cdef Py_buffer view
    PyObject_GetBuffer(buffer, &view, PyBUF_WRITABLE)
    try:
        return _write_checked(message, <uint8_t*>view.buf, <size_t>view.len)
    finally:
        PyBuffer_Release(&view)
