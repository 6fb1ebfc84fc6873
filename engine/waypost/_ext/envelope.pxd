"""Whisper v6 envelopes: parsed, hashed, their work measured and found; immutable."""
from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef enum:
    ENVELOPE_SIZE_MAX_B = 10485760   # 10 MiB: the most that a Whisper packet may have
    LIST_COUNT_MAX = 65536           # envelopes in one packet: those of 1 MiB have 16 bytes each

cdef enum:                       # what read_envelope answers: ACCEPTED, or an index into REASONS
    ACCEPTED = -1
    TOO_LONG = 0
    BAD_RLP = 1
    TRAILING_BYTES = 2
    BAD_NUMBER = 3
    BAD_TOPIC = 4
    TOO_MANY = 5

cdef struct Fields:              # every pointer points into the envelope
    uint32_t expiry_s
    uint32_t ttl_s
    const uint8_t* topic         # 4 bytes
    const uint8_t* data
    size_t data_size
    uint64_t nonce
    const uint8_t* worked        # the items that the work is done over, expiry to data
    size_t worked_size

cdef int read_envelope(const uint8_t* raw, size_t size, Fields* out) noexcept nogil

cdef class Envelope:
    cdef readonly bytes raw
    cdef readonly bytes hash
    cdef readonly uint32_t expiry_s
    cdef readonly uint32_t ttl_s
    cdef readonly uint64_t nonce
    cdef readonly unsigned int bits
    cdef bint _trailing
    cdef size_t _worked_size     # of the four items, without the header of their list

    cdef Fields _fields(self) noexcept
    cdef size_t _divisor(self) noexcept
    cdef bytes _prefix(self)

# An envelope, or None with the reason (an index into REASONS) in *reason. Never raises for bad
# input.
cdef Envelope accept(bytes raw, bint trailing, int* reason)
# Those of an RLP list of envelopes, hashed together; one that is refused voids the list.
cdef list accept_list(const uint8_t* data, size_t size, bint trailing, int* reason)
