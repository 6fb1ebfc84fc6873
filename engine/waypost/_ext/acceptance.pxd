"""Whether a node takes an envelope, by the rules of go-ethereum's `Whisper.add`."""
from libc.stdint cimport uint8_t

from waypost._ext.envelope cimport Envelope

cdef enum:                       # what assess_one answers: ACCEPTED, or an index into REFUSALS
    ACCEPTED = -1
    TTL_BEYOND_EXPIRY = 0
    NO_LIFETIME = 1
    FROM_THE_FUTURE = 2
    VERY_OLD = 3
    EXPIRED = 4
    TOO_LARGE = 5
    LOW_WORK = 6
    BLOOM_MISMATCH = 7

cdef struct Rules:
    long long now_s              # since 1970
    long long skew_s_max
    size_t size_max_b
    double pow_min
    const uint8_t* bloom         # 64 bytes

# The work that it has now is in *pow where it is accepted.
cdef int assess_one(Envelope envelope, const Rules* rules, double* pow) noexcept
