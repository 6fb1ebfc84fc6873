"""A UDP endpoint as the packet path sees it: an IPv6 address (IPv4 mapped into it) and a port."""
from libc.stdint cimport uint8_t, uint16_t
from libc.string cimport memcmp

cdef enum:
    ADDRESS_SIZE_B = 18

# How far an address reaches; a relay never crosses from a wider one to a narrower one.
cpdef enum Scope:
    SCOPE_INVALID = 0   # unspecified, multicast, broadcast, documentation or port 0
    SCOPE_LOOPBACK = 1
    SCOPE_LAN = 2       # RFC 1918, RFC 6598, link-local, unique local
    SCOPE_INTERNET = 3

cdef packed struct Address:
    uint8_t ip[16]      # network order
    uint8_t port[2]     # network order

cdef inline bint same_address(const Address* a, const Address* b) noexcept nogil:
    return memcmp(a, b, sizeof(Address)) == 0

cdef inline bint is_ipv4(const Address* address) noexcept nogil:
    cdef const uint8_t* ip = &address.ip[0]
    cdef int i
    for i in range(10):
        if ip[i] != 0:
            return False
    return ip[10] == 0xFF and ip[11] == 0xFF

cdef inline uint16_t port_of(const Address* address) noexcept nogil:
    return <uint16_t>((address.port[0] << 8) | address.port[1])

cdef Scope scope_of(const Address* address) noexcept nogil

cdef int address_from_bytes(bytes packed, Address* out) except -1
cdef bytes address_to_bytes(const Address* address)
