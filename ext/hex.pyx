"""Words in the text of a JSON-RPC answer, read without an object for each."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_1BYTE_DATA, PyUnicode_GET_LENGTH
from libc.stdint cimport uint8_t
from libc.string cimport memset

from waypost.errors import RpcError

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text) noexcept

cdef enum:
    WORD_SIZE_B = 32
    NO_DIGIT = 0xFF


def words_of(values):
    cdef Py_ssize_t i, count
    cdef bytes words
    cdef uint8_t* out
    if not isinstance(values, list):
        raise RpcError("bad-answer", "a list of words was expected")
    count = len(values)
    words = PyBytes_FromStringAndSize(NULL, count * WORD_SIZE_B)
    out = <uint8_t*><char*>words
    for i in range(count):
        if not _read_word((<list>values)[i], out + i * WORD_SIZE_B):
            _refuse((<list>values)[i])
    return words


cdef bint _read_word(object value, uint8_t* out) noexcept:
    cdef const uint8_t* text
    cdef Py_ssize_t size, place
    cdef uint8_t digit
    if not isinstance(value, str) or not PyUnicode_IS_COMPACT_ASCII(value):
        return False
    text = <const uint8_t*>PyUnicode_1BYTE_DATA(value)
    size = PyUnicode_GET_LENGTH(value) - 2
    if not 1 <= size <= 2 * WORD_SIZE_B or text[0] != c"0" or text[1] != c"x":
        return False
    memset(out, 0, WORD_SIZE_B)
    for place in range(size):  # counted from the last digit, the lowest
        digit = _digit(text[1 + size - place])
        if digit == NO_DIGIT:
            return False
        out[WORD_SIZE_B - 1 - place // 2] |= digit << (4 * (place & 1))
    return True


cdef inline uint8_t _digit(uint8_t char) noexcept:
    if c"0" <= char <= c"9":
        return char - c"0"
    char |= 0x20
    if c"a" <= char <= c"f":
        return char - c"a" + 10
    return NO_DIGIT


cdef int _refuse(object value) except -1:
    if isinstance(value, RpcError):
        raise value
    raise RpcError("bad-answer", 'a word was expected: "0x" and 1 to 64 hexadecimal digits')
