"""The storage slots of the registry's words, by the rules of Solidity: a mapping's value lies at
the hash of its key and of the mapping's own slot.

The hash that all the servers of a kind share is made once, so a server costs one.
"""
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from waypost._ext.digest cimport keccak256, keccak256_keys, keccak256_pair
from waypost._ext.hex cimport word_text

from waypost.errors import ConfigError

cdef enum:
    WORD_SIZE_B = 32
    GROUP_COUNT = 64             # servers whose slots are hashed together

    # The members of the namespace, in the order of contracts/src/Slots.sol.
    RESOURCES = 1
    PROVIDERS = 2
    KINDS = 3

NAMESPACE = "serverregistry.v1"

cdef uint8_t BASE[WORD_SIZE_B]


cdef int _set_base(bytes namespace) except -1:
    """ERC-7201: keccak256(uint256(keccak256(namespace)) - 1), its last byte cleared."""
    cdef uint8_t digest[WORD_SIZE_B]
    cdef int i = WORD_SIZE_B - 1
    keccak256(<const uint8_t*><const char*>namespace, <size_t>len(namespace), digest)
    while digest[i] == 0:
        digest[i] = 0xFF
        i -= 1
    digest[i] -= 1
    keccak256(digest, WORD_SIZE_B, BASE)
    BASE[WORD_SIZE_B - 1] = 0
    return 0


_set_base(NAMESPACE.encode())


def registry_slot():
    return BASE[:WORD_SIZE_B]


def kind_slot(kind):
    cdef uint8_t mapping[WORD_SIZE_B]
    _member(KINDS, mapping)
    return _slot(_key(kind), mapping)


def provider_slots(ids):
    cdef uint8_t mapping[WORD_SIZE_B]
    _member(PROVIDERS, mapping)
    return [_slot(_key(int(id).to_bytes(WORD_SIZE_B, "big")), mapping) for id in ids]


def check_keys(list words not None):
    for word in words:
        _key(word)


def resource_slots(kind, node_ids):
    return _resource_slots(kind, list(node_ids), False)


def resource_slot_texts(kind, node_ids):
    return _resource_slots(kind, list(node_ids), True)


cdef list _resource_slots(kind, list node_ids, bint as_text):
    cdef uint8_t kinds[WORD_SIZE_B]
    cdef uint8_t mapping[WORD_SIZE_B]
    cdef const uint8_t* keys[GROUP_COUNT]
    cdef uint8_t slots[GROUP_COUNT * WORD_SIZE_B]
    cdef const uint8_t* slot
    cdef Py_ssize_t at, i, count
    cdef list found = []
    _member(RESOURCES, kinds)
    keccak256_pair(_key(kind), WORD_SIZE_B, kinds, WORD_SIZE_B, mapping)
    for at in range(0, len(node_ids), GROUP_COUNT):
        count = min(<Py_ssize_t>GROUP_COUNT, len(node_ids) - at)
        for i in range(count):
            keys[i] = _key(node_ids[at + i])
        keccak256_keys(keys, <size_t>count, mapping, slots)
        for i in range(count):
            slot = slots + i * WORD_SIZE_B
            found.append(word_text(slot) if as_text else slot[:WORD_SIZE_B])
    return found


cdef void _member(uint8_t index, uint8_t* out) noexcept:
    """The slot of a member of the namespace; its first ends with a zero byte: nothing carries."""
    memcpy(out, BASE, WORD_SIZE_B)
    out[WORD_SIZE_B - 1] = index


cdef const uint8_t* _key(bytes word) except NULL:
    """What is a key of a mapping; the caller keeps it."""
    if len(word) != WORD_SIZE_B:
        raise ConfigError(f"a kind or a node id is {WORD_SIZE_B} bytes, not {len(word)}")
    return <const uint8_t*><const char*>word


cdef bytes _slot(const uint8_t* key, const uint8_t* mapping):
    cdef bytes slot = PyBytes_FromStringAndSize(NULL, WORD_SIZE_B)
    keccak256_pair(key, WORD_SIZE_B, mapping, WORD_SIZE_B, <uint8_t*><char*>slot)
    return slot
