"""Words as the text of JSON-RPC: read without an object for each, and written."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_1BYTE_DATA, PyUnicode_GET_LENGTH
from libc.stdint cimport uint8_t, uint16_t
from libc.string cimport memcpy, memset

from waypost.errors import RpcError

cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object text) noexcept
    str PyUnicode_New(Py_ssize_t size, Py_UCS4 char_max)

cdef enum:
    WORD_SIZE_B = 32
    NO_DIGIT = 0x80

cdef uint8_t DIGITS[256]         # what a character is worth
cdef uint16_t PAIRS[256]         # the two digits of a byte, as they lie in memory


cdef void _set_digits() noexcept:
    cdef int char
    for char in range(256):
        if c"0" <= char <= c"9":
            DIGITS[char] = <uint8_t>(char - c"0")
        elif c"a" <= char | 0x20 <= c"f":
            DIGITS[char] = <uint8_t>((char | 0x20) - c"a" + 10)
        else:
            DIGITS[char] = NO_DIGIT


cdef void _set_pairs() noexcept:
    cdef const char* digits = b"0123456789abcdef"
    cdef uint8_t* pairs = <uint8_t*>PAIRS
    cdef int byte
    for byte in range(256):
        pairs[2 * byte] = digits[byte >> 4]
        pairs[2 * byte + 1] = digits[byte & 0x0F]


_set_digits()
_set_pairs()


cdef str word_text(const uint8_t* word):
    cdef str text = PyUnicode_New(2 + 2 * WORD_SIZE_B, 127)
    cdef char* out = <char*>PyUnicode_1BYTE_DATA(text)
    cdef int i
    memcpy(out, b"0x", 2)
    for i in range(WORD_SIZE_B):
        memcpy(out + 2 + 2 * i, &PAIRS[word[i]], 2)
    return text


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
    cdef Py_ssize_t size
    cdef uint8_t high, low, seen = 0
    cdef int i = WORD_SIZE_B
    if not isinstance(value, str) or not PyUnicode_IS_COMPACT_ASCII(value):
        return False
    text = <const uint8_t*>PyUnicode_1BYTE_DATA(value)
    size = PyUnicode_GET_LENGTH(value) - 2
    if not 1 <= size <= 2 * WORD_SIZE_B or text[0] != c"0" or text[1] != c"x":
        return False
    text += 2
    if size == 2 * WORD_SIZE_B:  # as most nodes write all of them
        for i in range(WORD_SIZE_B):
            high = DIGITS[text[2 * i]]
            low = DIGITS[text[2 * i + 1]]
            seen |= high | low
            out[i] = high << 4 | low
        return seen < NO_DIGIT
    memset(out, 0, WORD_SIZE_B)
    while size > 0:  # from the last digits, the lowest, two a turn
        size -= 2
        i -= 1
        low = DIGITS[text[size + 1]]
        high = DIGITS[text[size]] if size >= 0 else 0
        seen |= high | low
        out[i] = high << 4 | low
    return seen < NO_DIGIT


cdef int _refuse(object value) except -1:
    if isinstance(value, RpcError):
        raise value
    raise RpcError("bad-answer", 'a word was expected: "0x" and 1 to 64 hexadecimal digits')
