"""RLP of Python values, written and read with the cursor."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t

from waypost._ext.cursor cimport (
    Reader, Writer, bytes_item_size, header_size, left, read_bytes, read_item, read_list,
    write_bytes, write_list_header, write_raw,
)
from waypost.errors import ConfigError

cdef enum:
    BODY_SIZE_MAX_B = 0xFFFFFF   # what the cursor writes


cdef Writer _writer_over(bytes out) except *:
    cdef Writer writer
    writer.at = <uint8_t*><char*>out
    writer.end = writer.at + len(out)
    return writer


cdef bytes _sized(bytes body):
    if len(body) > BODY_SIZE_MAX_B:
        raise ConfigError(f"RLP of more than {BODY_SIZE_MAX_B} bytes: split it")
    return body


cpdef bytes encode(value):
    cdef bytes body, out
    cdef const uint8_t* data
    cdef Writer writer
    if isinstance(value, (list, tuple)):
        return encode_list(b"".join([encode(each) for each in value]))
    if isinstance(value, bytes):
        body = _sized(value)
    elif isinstance(value, int) and value >= 0:
        body = _sized(value.to_bytes((value.bit_length() + 7) // 8, "big"))
    else:
        raise ConfigError(f"{value!r} has no RLP: use bytes, an unsigned number or a list")
    data = <const uint8_t*><const char*>body
    out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>bytes_item_size(data, <size_t>len(body)))
    writer = _writer_over(out)
    write_bytes(&writer, data, <size_t>len(body))
    return out


cpdef bytes encode_list(bytes items):
    cdef size_t size = <size_t>len(_sized(items))
    cdef bytes out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>(header_size(size) + size))
    cdef Writer writer = _writer_over(out)
    write_list_header(&writer, size)
    write_raw(&writer, <const uint8_t*><const char*>items, size)
    return out


cdef object _decode(Reader* reader, int depth_max):
    """The next item: bytes, or a list; None where there is none."""
    cdef Reader items
    cdef const uint8_t* body = NULL
    cdef size_t size = 0
    cdef list values = []
    if left(reader) > 0 and reader.at[0] < 0xC0:
        if read_bytes(reader, &body, &size) < 0:
            return None
        return PyBytes_FromStringAndSize(<const char*>body, <Py_ssize_t>size)
    if depth_max == 0 or read_list(reader, &items) < 0:
        return None
    while left(&items) > 0:
        value = _decode(&items, depth_max - 1)
        if value is None:
            return None
        values.append(value)
    return values


def decode_front(bytes data not None, int depth_max):
    cdef Reader reader
    reader.at = <const uint8_t*><const char*>data
    reader.end = reader.at + len(data)
    value = _decode(&reader, depth_max)
    return None if value is None else (value, <Py_ssize_t>len(data) - <Py_ssize_t>left(&reader))


def raw_items(bytes data not None):
    cdef Reader reader, items
    cdef const uint8_t* item = NULL
    cdef size_t size = 0
    cdef list raws = []
    reader.at = <const uint8_t*><const char*>data
    reader.end = reader.at + len(data)
    if read_list(&reader, &items) < 0 or left(&reader) > 0:
        return None
    while left(&items) > 0:
        if read_item(&items, &item, &size) < 0:
            return None
        raws.append(PyBytes_FromStringAndSize(<const char*>item, <Py_ssize_t>size))
    return raws


cpdef list decode_strings(bytes data):
    cdef Reader reader, items
    cdef const uint8_t* body = NULL
    cdef size_t size = 0
    cdef list strings = []
    reader.at = <const uint8_t*><const char*>data
    reader.end = reader.at + len(data)
    if read_list(&reader, &items) < 0 or left(&reader) > 0:
        return None
    while left(&items) > 0:
        if read_bytes(&items, &body, &size) < 0:
            return None
        strings.append(PyBytes_FromStringAndSize(<const char*>body, <Py_ssize_t>size))
    return strings
