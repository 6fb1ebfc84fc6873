"""What a node record (EIP-778) says, read and checked as far as needs no cryptography."""
from libc.stdint cimport uint8_t, uint16_t, uint64_t

from waypost._ext.cursor cimport Reader

cdef enum:
    RECORD_SIZE_MAX_B = 300      # EIP-778
    IPV4_SIZE_B = 4
    IPV6_SIZE_B = 16

cdef enum:                       # what read_fields answers: ACCEPTED, or an index into REASONS
    ACCEPTED = -1
    TOO_LONG = 0
    BAD_TEXT = 1
    BAD_RLP = 2
    TRAILING_BYTES = 3
    UNSORTED_KEYS = 4
    DUPLICATE_KEY = 5
    UNKNOWN_SCHEME = 6
    BAD_KEY = 7
    BAD_SIGNATURE = 8
    BAD_ENDPOINT = 9

cdef struct Fields:              # every pointer points into the record
    const uint8_t* signature     # 64 bytes, not verified
    Reader content               # seq and the pairs: what is signed
    Reader pairs
    uint64_t seq
    bint is_v4
    const uint8_t* public_key    # 33 bytes, perhaps not a point
    const uint8_t* ip            # NULL, or 4 bytes that are not 0.0.0.0
    const uint8_t* ip6           # NULL, or 16 bytes that are neither :: nor a mapped IPv4 address
    uint16_t udp                 # a port of 0: absent
    uint16_t udp6
    uint16_t tcp
    uint16_t tcp6

cdef int read_fields(const uint8_t* record, size_t size, Fields* out) noexcept nogil
