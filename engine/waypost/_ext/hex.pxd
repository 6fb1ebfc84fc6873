"""Words in the text of JSON-RPC."""
from libc.stdint cimport uint8_t

# "0x" and the 64 digits of 32 bytes.
cdef str word_text(const uint8_t* word)
