"""An envelope in a pool, and who has it."""
from waypost._ext.envelope cimport Envelope

cdef class Entry:
    cdef readonly Envelope envelope
    cdef readonly double pow     # what it had when it came
    cdef public object known     # the bits of the peers that have it, in an int of any size
    cdef readonly long long number
