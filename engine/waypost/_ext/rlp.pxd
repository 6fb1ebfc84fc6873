"""RLP of Python values (yellow paper, appendix B), for what is not built in a packet's buffer."""

# Of bytes, an unsigned integer, or a list or tuple of such values.
cpdef bytes encode(value)
# Of a list whose items are encoded already and stand one after the other in items.
cpdef bytes encode_list(bytes items)
# The byte strings of a list that has nothing else, or None.
cpdef list decode_strings(bytes data)
