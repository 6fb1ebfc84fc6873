"""Bytes and words as the text of JSON-RPC: read without an object for each, and written."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_1BYTE_DATA, PyUnicode_GET_LENGTH
from libc.stdint cimport uint8_t
from libc.string cimport memcpy, memset

from waypost.errors import RpcError

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text) noexcept
    str PyUnicode_New(Py_ssize_t size, Py_UCS4 char_max)

cdef extern from "hex.h" nogil:
    void wp_hex_write(const uint8_t* bytes, size_t size, uint8_t* digits)
    bint wp_hex_read(const uint8_t* digits, size_t size, uint8_t* bytes)

cdef enum:
    WORD_SIZE_B = 32


def hex_text(bytes data not None):
    return _text(<const uint8_t*><const char*>data, len(data))


def hex_bytes(answer):
    cdef Py_ssize_t size = 0
    cdef const uint8_t* digits = _digits(answer, &size)
    cdef bytes data
    if digits != NULL and size % 2 == 0:
        data = PyBytes_FromStringAndSize(NULL, size // 2)
        if wp_hex_read(digits, <size_t>(size // 2), <uint8_t*><char*>data):
            return data
    raise _refusal(answer, "hexadecimal bytes were expected")


cdef str word_text(const uint8_t* word):
    return _text(word, WORD_SIZE_B)


def words_of(values):
    cdef Py_ssize_t i, count
    cdef bytes words
    cdef uint8_t* out
    if not isinstance(values, list):
        raise _refusal(values, "a list of words was expected")
    count = len(values)
    words = PyBytes_FromStringAndSize(NULL, count * WORD_SIZE_B)
    out = <uint8_t*><char*>words
    for i in range(count):
        if not _read_word((<list>values)[i], out + i * WORD_SIZE_B):
            expected = 'a word was expected: "0x" and 1 to 64 hexadecimal digits'
            raise _refusal((<list>values)[i], expected)
    return words


cdef str _text(const uint8_t* data, Py_ssize_t size):
    cdef str text = PyUnicode_New(2 + 2 * size, 127)
    cdef uint8_t* out = <uint8_t*>PyUnicode_1BYTE_DATA(text)
    memcpy(out, b"0x", 2)
    wp_hex_write(data, <size_t>size, out + 2)
    return text


cdef const uint8_t* _digits(object value, Py_ssize_t* size) noexcept:
    """What follows "0x" in a text of ASCII, and how much of it; NULL if it is something else."""
    cdef const uint8_t* text
    if not isinstance(value, str) or not PyUnicode_IS_COMPACT_ASCII(value):
        return NULL
    text = <const uint8_t*>PyUnicode_1BYTE_DATA(value)
    size[0] = PyUnicode_GET_LENGTH(value) - 2
    if size[0] < 0 or text[0] != c"0" or text[1] != c"x":
        return NULL
    return text + 2


cdef bint _read_word(object value, uint8_t* out) noexcept:
    cdef uint8_t padded[2 * WORD_SIZE_B]
    cdef Py_ssize_t size = 0
    cdef const uint8_t* digits = _digits(value, &size)
    if digits == NULL or not 1 <= size <= 2 * WORD_SIZE_B:
        return False
    if size < 2 * WORD_SIZE_B:  # most nodes write all of them
        memset(padded, c"0", sizeof(padded))
        memcpy(padded + 2 * WORD_SIZE_B - size, digits, <size_t>size)
        digits = padded
    return wp_hex_read(digits, WORD_SIZE_B, out)


cdef object _refusal(object value, str expected):
    """The error that stands in the place of a value, or else what is wrong with it."""
    return value if isinstance(value, RpcError) else RpcError("bad-answer", expected)
