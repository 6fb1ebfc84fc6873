"""How deeply JSON is nested, found without a parser that descends into it."""
from libc.stdint cimport uint8_t

# Whether brackets outside of texts are open depth_max deep at any place.
cdef bint deeper_than(const uint8_t* data, size_t size, size_t depth_max) noexcept nogil
