"""An envelope in a pool. There may be many, so the garbage collector is spared them."""
cimport cython


@cython.final
@cython.no_gc                    # it refers to an envelope and a number: no way back
cdef class Entry:
    """An envelope of a pool, and who has it."""

    def __init__(self, Envelope envelope not None, double pow, known, long long number):
        self.envelope = envelope
        self.pow = pow
        self.known = known
        self.number = number
