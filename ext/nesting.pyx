"""How deeply JSON is nested, by its brackets and quotes alone."""
from cpython.bytes cimport PyBytes_AS_STRING


cdef bint deeper_than(const uint8_t* data, size_t size, size_t depth_max) noexcept nogil:
    cdef size_t at = 0, depth = 0
    cdef bint in_text = False
    cdef uint8_t char
    while at < size:
        char = data[at]
        if in_text:
            if char == c"\\":
                at += 1              # what is escaped ends no text
            elif char == c'"':
                in_text = False
        elif char == c'"':
            in_text = True
        elif char == c"[" or char == c"{":
            depth += 1
            if depth > depth_max:
                return True
        elif (char == c"]" or char == c"}") and depth > 0:
            depth -= 1
        at += 1
    return False


def is_deeper(bytes data not None, size_t depth_max):
    return deeper_than(
        <const uint8_t*>PyBytes_AS_STRING(data), <size_t>len(data), depth_max
    )
