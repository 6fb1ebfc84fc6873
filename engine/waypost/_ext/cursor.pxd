"""The one place that does length arithmetic: a checked reader and writer of RLP over plain memory.

A Reader or Writer that fails stays failed; nothing is read or written past `end`. Every function
returns 0, or -1 for input that is truncated, not canonical (yellow paper, appendix B) or too large
for its target.
"""
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy

cdef struct Reader:
    const uint8_t* at
    const uint8_t* end

cdef struct Writer:
    uint8_t* at
    uint8_t* end


cdef inline size_t left(const Reader* reader) noexcept nogil:
    return <size_t>(reader.end - reader.at)


cdef inline int fail(Reader* reader) noexcept nogil:
    reader.at = reader.end
    return -1


cdef inline const uint8_t* take(Reader* reader, size_t size) noexcept nogil:
    """The next size bytes, or NULL."""
    cdef const uint8_t* start = reader.at
    if size > left(reader):
        reader.at = reader.end
        return NULL
    reader.at += size
    return start


cdef inline int _read_header(
    Reader* reader, uint8_t short_base, const uint8_t** body, size_t* size
) noexcept nogil:
    """The payload of an item whose first byte lies in [short_base, short_base + 0x3f]."""
    cdef const uint8_t* first = take(reader, 1)
    cdef const uint8_t* digits
    cdef size_t length = 0
    cdef int count, i
    if first == NULL or first[0] < short_base or first[0] - short_base > 0x3F:
        return fail(reader)
    length = first[0] - short_base
    if length > 55:
        count = <int>(length - 55)
        length = 0
        digits = take(reader, <size_t>count)
        if digits == NULL or digits[0] == 0 or count > 4:
            return fail(reader)
        for i in range(count):
            length = (length << 8) | digits[i]
        if length <= 55:
            return fail(reader)
    body[0] = take(reader, length)
    if body[0] == NULL:
        return fail(reader)
    size[0] = length
    return 0


cdef inline int read_list(Reader* reader, Reader* items) noexcept nogil:
    """Enter a list: items covers its payload and reader moves past it."""
    cdef const uint8_t* body = NULL
    cdef size_t size = 0
    if _read_header(reader, 0xC0, &body, &size) < 0:
        return -1
    items.at = body
    items.end = body + size
    return 0


cdef inline int read_bytes(Reader* reader, const uint8_t** body, size_t* size) noexcept nogil:
    """A byte string of any length."""
    if left(reader) > 0 and reader.at[0] < 0x80:
        body[0] = reader.at
        size[0] = 1
        reader.at += 1
        return 0
    if _read_header(reader, 0x80, body, size) < 0:
        return -1
    if size[0] == 1 and body[0][0] < 0x80:
        return fail(reader)
    return 0


cdef inline int read_uint64(Reader* reader, uint64_t* value) noexcept nogil:
    """An unsigned integer of at most 64 bits, without leading zeros."""
    cdef const uint8_t* body = NULL
    cdef size_t size = 0, i
    if read_bytes(reader, &body, &size) < 0:
        return -1
    if size > 8 or (size > 0 and body[0] == 0):
        return fail(reader)
    value[0] = 0
    for i in range(size):
        value[0] = (value[0] << 8) | body[i]
    return 0


cdef inline int read_item(Reader* reader, const uint8_t** start, size_t* size) noexcept nogil:
    """Any item, header included, not entered."""
    cdef const uint8_t* body = NULL
    cdef size_t body_size = 0
    start[0] = reader.at
    if left(reader) == 0:
        return -1
    if reader.at[0] < 0xC0:
        if read_bytes(reader, &body, &body_size) < 0:
            return -1
    elif _read_header(reader, 0xC0, &body, &body_size) < 0:
        return -1
    size[0] = <size_t>(reader.at - start[0])
    return 0


cdef inline size_t header_size(size_t body_size) noexcept nogil:
    """The bytes of an RLP header before a payload of body_size bytes (at most 2**24 - 1)."""
    if body_size <= 55:
        return 1
    if body_size <= 0xFF:
        return 2
    return 3 if body_size <= 0xFFFF else 4


cdef inline int _write_header(Writer* writer, uint8_t short_base, size_t body_size) noexcept nogil:
    cdef size_t count = header_size(body_size) - 1, i
    if body_size > 0xFFFFFF or <size_t>(writer.end - writer.at) < 1 + count:
        writer.at = writer.end
        return -1
    if count == 0:
        writer.at[0] = <uint8_t>(short_base + body_size)
    else:
        writer.at[0] = <uint8_t>(short_base + 55 + count)
        for i in range(count):
            writer.at[1 + i] = <uint8_t>(body_size >> (8 * (count - 1 - i)))
    writer.at += 1 + count
    return 0


cdef inline int write_raw(Writer* writer, const uint8_t* data, size_t size) noexcept nogil:
    """Bytes as they are: an item that is already encoded."""
    if size > <size_t>(writer.end - writer.at):
        writer.at = writer.end
        return -1
    if size > 0:
        memcpy(writer.at, data, size)
        writer.at += size
    return 0


cdef inline int write_list_header(Writer* writer, size_t body_size) noexcept nogil:
    return _write_header(writer, 0xC0, body_size)


cdef inline int write_bytes(Writer* writer, const uint8_t* data, size_t size) noexcept nogil:
    if not (size == 1 and data[0] < 0x80) and _write_header(writer, 0x80, size) < 0:
        return -1
    return write_raw(writer, data, size)


cdef inline int write_uint64(Writer* writer, uint64_t value) noexcept nogil:
    cdef uint8_t digits[8]
    cdef int count = 0, i
    cdef uint64_t rest = value
    while rest:
        count += 1
        rest >>= 8
    for i in range(count):
        digits[i] = <uint8_t>(value >> (8 * (count - 1 - i)))
    return write_bytes(writer, digits, <size_t>count)


cdef inline size_t bytes_item_size(const uint8_t* data, size_t size) noexcept nogil:
    """The encoded size of a byte string."""
    return 1 if size == 1 and data[0] < 0x80 else header_size(size) + size


cdef inline size_t uint64_item_size(uint64_t value) noexcept nogil:
    """The encoded size of an unsigned integer."""
    cdef size_t size = 1
    if value < 0x80:
        return 1
    while value:
        size += 1
        value >>= 8
    return size
