"""Reads a node record: the RLP list [signature, seq, key, value, ...] of at most 300 bytes."""
from libc.string cimport memcmp, memset, strlen

from waypost._ext.cursor cimport left, read_bytes, read_item, read_list, read_uint64
from waypost._ext.secp256k1 cimport COMPRESSED_SIZE_B, SIGNATURE_SIZE_B

cdef const char* MAPPED_PREFIX = b"\0\0\0\0\0\0\0\0\0\0\xff\xff"  # RFC 4291 section 2.5.5.2

ADVICE = {
    "too-long": "a record is at most 300 bytes",
    "bad-text": "the text of a record is enr: and URL-safe base64 without padding",
    "bad-rlp": "a record is a list [signature, seq, key, value, ...] in canonical RLP",
    "trailing-bytes": "cut what follows the record",
    "unsorted-keys": "sort the keys of a record by their bytes",
    "duplicate-key": "give each key of a record once",
    "unknown-scheme": 'only the identity scheme "v4" is known',
    "bad-key": "secp256k1 is a compressed public key of 33 bytes, that of the signing key",
    "bad-signature": "the signature does not belong to the record and its key",
    "bad-endpoint": "ip is an IPv4 and ip6 an IPv6 address, none of zeros; a port is 1 to 65535",
}
REASONS = tuple(ADVICE)


cdef inline bint _is(const uint8_t* key, size_t size, const char* name) noexcept nogil:
    return size == strlen(name) and memcmp(key, name, size) == 0


cdef int _compare(
    const uint8_t* a, size_t a_size, const uint8_t* b, size_t b_size
) noexcept nogil:
    cdef int order = memcmp(a, b, a_size if a_size < b_size else b_size)
    return order if order != 0 else (a_size > b_size) - (a_size < b_size)


cdef int _check_items(Reader items) noexcept nogil:
    """0 when everything down to the last nested list is canonical RLP, else -1."""
    cdef Reader inner
    cdef const uint8_t* body = NULL
    cdef size_t size = 0
    while left(&items) > 0:
        if items.at[0] >= 0xC0:
            if read_list(&items, &inner) < 0 or _check_items(inner) < 0:
                return -1
        elif read_bytes(&items, &body, &size) < 0:
            return -1
    return 0


cdef int _read_port(Reader value, uint16_t* port) noexcept nogil:
    cdef uint64_t number = 0
    if read_uint64(&value, &number) < 0 or not 1 <= number <= 0xFFFF:
        return BAD_ENDPOINT
    port[0] = <uint16_t>number
    return ACCEPTED


cdef int _read_ip(Reader value, size_t wanted_size, const uint8_t** ip) noexcept nogil:
    """An address that is specified; an IPv4 address in the clothes of IPv6 is not one."""
    cdef size_t size = 0, i
    cdef uint8_t bits = 0
    if read_bytes(&value, ip, &size) < 0 or size != wanted_size:
        return BAD_ENDPOINT
    for i in range(size):
        bits |= ip[0][i]
    if bits == 0 or (size == IPV6_SIZE_B and memcmp(ip[0], MAPPED_PREFIX, 12) == 0):
        return BAD_ENDPOINT
    return ACCEPTED


cdef int _read_pair(
    Fields* fields, const uint8_t* key, size_t key_size, Reader value
) noexcept nogil:
    """What is understood of a pair; every other one is kept as it is."""
    cdef const uint8_t* body = NULL
    cdef size_t size = 0
    if _is(key, key_size, b"id"):
        fields.is_v4 = read_bytes(&value, &body, &size) == 0 and _is(body, size, b"v4")
        return ACCEPTED
    if _is(key, key_size, b"secp256k1"):
        if read_bytes(&value, &body, &size) < 0 or size != COMPRESSED_SIZE_B:
            return BAD_KEY
        fields.public_key = body
        return ACCEPTED
    if _is(key, key_size, b"ip"):
        return _read_ip(value, IPV4_SIZE_B, &fields.ip)
    if _is(key, key_size, b"ip6"):
        return _read_ip(value, IPV6_SIZE_B, &fields.ip6)
    if _is(key, key_size, b"udp"):
        return _read_port(value, &fields.udp)
    if _is(key, key_size, b"udp6"):
        return _read_port(value, &fields.udp6)
    if _is(key, key_size, b"tcp"):
        return _read_port(value, &fields.tcp)
    if _is(key, key_size, b"tcp6"):
        return _read_port(value, &fields.tcp6)
    return ACCEPTED


cdef int _read_pairs(Fields* fields, Reader items) noexcept nogil:
    cdef const uint8_t* key = NULL
    cdef const uint8_t* last = NULL
    cdef size_t key_size = 0, last_size = 0, size = 0
    cdef Reader value
    cdef int order, reason
    while left(&items) > 0:
        if read_bytes(&items, &key, &key_size) < 0 or read_item(&items, &value.at, &size) < 0:
            return BAD_RLP
        value.end = items.at
        if last != NULL:
            order = _compare(last, last_size, key, key_size)
            if order >= 0:
                return DUPLICATE_KEY if order == 0 else UNSORTED_KEYS
        reason = _read_pair(fields, key, key_size, value)
        if reason != ACCEPTED:
            return reason
        last = key
        last_size = key_size
    return ACCEPTED


cdef int read_fields(const uint8_t* record, size_t size, Fields* out) noexcept nogil:
    cdef Reader whole, items
    cdef size_t signature_size = 0
    cdef int reason
    memset(out, 0, sizeof(Fields))
    if size > RECORD_SIZE_MAX_B:
        return TOO_LONG
    whole.at = record
    whole.end = record + size
    if read_list(&whole, &items) < 0:
        return BAD_RLP
    if left(&whole) > 0:
        return TRAILING_BYTES
    if _check_items(items) < 0:
        return BAD_RLP
    if read_bytes(&items, &out.signature, &signature_size) < 0:
        return BAD_RLP
    out.content = items
    if read_uint64(&items, &out.seq) < 0:
        return BAD_RLP
    out.pairs = items
    reason = _read_pairs(out, items)
    if reason != ACCEPTED:
        return reason
    if not out.is_v4:
        return UNKNOWN_SCHEME
    if out.public_key == NULL:
        return BAD_KEY
    return ACCEPTED if signature_size == SIGNATURE_SIZE_B else BAD_SIGNATURE
