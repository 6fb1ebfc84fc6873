"""UDP endpoints of 18 bytes: packing, and the scopes (RFC 6890) that limit relaying."""
from ipaddress import IPv4Address, IPv6Address, ip_address

from libc.string cimport memcpy

from waypost.errors import ConfigError

_MAPPED_PREFIX = bytes(10) + b"\xff\xff"  # RFC 4291 section 2.5.5.2


cdef Scope _scope_of_ipv4(const uint8_t* ip) noexcept nogil:
    cdef uint8_t a = ip[0], b = ip[1]
    if a == 127:
        return SCOPE_LOOPBACK
    if a == 10 or (a == 172 and 16 <= b < 32) or (a == 192 and b == 168):
        return SCOPE_LAN
    if (a == 169 and b == 254) or (a == 100 and 64 <= b < 128):
        return SCOPE_LAN
    if a == 0 or a >= 224:
        return SCOPE_INVALID
    if a == 192 and b == 0 and (ip[2] == 0 or ip[2] == 2):
        return SCOPE_INVALID
    if a == 198 and (b == 18 or b == 19 or (b == 51 and ip[2] == 100)):
        return SCOPE_INVALID
    if a == 203 and b == 0 and ip[2] == 113:
        return SCOPE_INVALID
    return SCOPE_INTERNET


cdef Scope _scope_of_ipv6(const uint8_t* ip) noexcept nogil:
    cdef int i
    cdef uint8_t bits = 0
    if (ip[0] & 0xFE) == 0xFC or (ip[0] == 0xFE and (ip[1] & 0xC0) == 0x80):
        return SCOPE_LAN
    if ip[0] == 0xFF:
        return SCOPE_INVALID
    if ip[0] == 0x20 and ip[1] == 0x01 and ip[2] == 0x0D and ip[3] == 0xB8:
        return SCOPE_INVALID
    for i in range(15):
        bits |= ip[i]
    if bits == 0:
        return SCOPE_LOOPBACK if ip[15] == 1 else SCOPE_INVALID
    return SCOPE_INTERNET


cdef Scope scope_of(const Address* address) noexcept nogil:
    if port_of(address) == 0:
        return SCOPE_INVALID
    if is_ipv4(address):
        return _scope_of_ipv4(address.ip + 12)
    return _scope_of_ipv6(address.ip)


cdef int address_from_bytes(bytes packed, Address* out) except -1:
    if packed is None or len(packed) != ADDRESS_SIZE_B:
        raise ConfigError(f"an address is {ADDRESS_SIZE_B} bytes: make one with address.pack")
    memcpy(out, <const char*>packed, ADDRESS_SIZE_B)
    return 0


cdef bytes address_to_bytes(const Address* address):
    return (<const char*>address)[:ADDRESS_SIZE_B]


def pack(str host not None, int port):
    try:
        ip = ip_address(host.split("%")[0])
    except ValueError:
        raise ConfigError(f"{host!r} is not a numeric IPv4 or IPv6 address") from None
    if not 0 <= port <= 0xFFFF:
        raise ConfigError(f"{port} is not a UDP port: use 0 to 65535")
    return (_MAPPED_PREFIX if ip.version == 4 else b"") + ip.packed + port.to_bytes(2, "big")


def unpack(bytes address not None):
    raw = ip_bytes(address)
    ip = IPv4Address(raw) if len(raw) == 4 else IPv6Address(raw)
    return str(ip), int.from_bytes(address[16:], "big")


def ip_bytes(bytes address not None):
    cdef Address parsed
    address_from_bytes(address, &parsed)
    return address[12:16] if is_ipv4(&parsed) else address[:16]


def scope(bytes address not None):
    cdef Address parsed
    address_from_bytes(address, &parsed)
    return scope_of(&parsed)
