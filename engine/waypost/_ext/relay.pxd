"""What may be told to whom: the rules for answers to FINDNODE and for the records in NODES."""
from libc.stdint cimport uint8_t, uint32_t

from waypost._ext.address cimport SCOPE_INVALID, Address, Scope, is_ipv4, same_address
from waypost._ext.bucket cimport Buckets
from waypost._ext.cursor cimport Reader
from waypost._ext.record cimport ENR


# Whether a node at scope `about` may be told to, or by, a peer at scope `peer`.
cdef inline bint may_tell(Scope about, Scope peer) noexcept nogil:
    return peer != SCOPE_INVALID and about >= peer


# Whether the record says that its node is reached at this address: only then is it worth telling.
cdef inline bint declares(ENR record, const Address* address) noexcept:
    cdef const Address* declared = record.udp_toward(not is_ipv4(address))
    return declared != NULL and same_address(declared, address)


# Copies records of live members at the asked distances to out, which has room for count_max *
# RECORD_SIZE_MAX_B bytes, one after the other. Writes sizes[0..n) and returns n <= count_max.
cdef int tell(
    const Buckets* buckets, Reader distances, Scope peer, ENR own,
    uint8_t* out, uint32_t* sizes, int count_max
) noexcept
