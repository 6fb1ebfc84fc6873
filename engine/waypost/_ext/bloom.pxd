"""The bloom filters of Whisper v6, of 64 bytes, exactly as geth makes them."""
from libc.stdint cimport uint8_t

cdef enum:
    TOPIC_SIZE_B = 4
    BLOOM_SIZE_B = 64

cdef void add_topic(uint8_t* bloom, const uint8_t* topic) noexcept nogil
# Whether the filter has every bit of the topic's bloom.
cdef bint has_topic(const uint8_t* bloom, const uint8_t* topic) noexcept nogil
# The 64 bytes of a filter; raises ConfigError.
cdef const uint8_t* bloom_bytes(bytes bloom) except NULL
