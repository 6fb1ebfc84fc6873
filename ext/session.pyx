"""The session table: slots in one array, threaded by three lists.

Every slot in use is in the order of use (newest to oldest) and in the chain of its hash; the
others are in the free list. The array starts empty and doubles up to the capacity, so that an
idle node stays small. Keys are wiped wherever they leave: dropped, evicted, moved or freed.
"""
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy, memset

from waypost._ext.address cimport address_from_bytes, address_to_bytes, same_address
from waypost._ext.aead cimport (
    KEY_SIZE_B, NONCE_SIZE_B, TAG_SIZE_B, ctr_expand, gcm_expand, gcm_open, gcm_seal,
)

from waypost.errors import ConfigError

cdef extern from "siphash.h" nogil:
    uint64_t wp_siphash13(uint64_t seed, const uint8_t* data, size_t size)

cdef extern from "wipe.h" nogil:
    void wp_wipe(void* memory, size_t size)

cdef enum:
    NODE_ID_SIZE_B = 32
    SLOT_COUNT_MIN = 4
    CAPACITY_MAX = 1 << 24
    NONE = -1                # no slot; the end of a list

cdef packed struct Key:
    uint8_t node_id[NODE_ID_SIZE_B]
    Address address


# ---- the chains of the hash

cdef int32_t* _head_of(
    SessionTable table, const uint8_t* node_id, const Address* address
) noexcept:
    """Where the chain of a key begins, in a table that has slots."""
    cdef Key key
    cdef uint64_t hashed
    memcpy(key.node_id, node_id, NODE_ID_SIZE_B)
    key.address = address[0]
    hashed = wp_siphash13(table._hash_seed, <const uint8_t*>&key, sizeof(key))
    return &table._heads[hashed & <uint64_t>(table._head_count - 1)]


cdef int32_t _index_of(
    SessionTable table, const uint8_t* node_id, const Address* address
) noexcept:
    cdef int32_t index
    cdef Session* slot
    if table.count == 0:
        return NONE
    index = _head_of(table, node_id, address)[0]
    while index != NONE:
        slot = &table._slots[index]
        if memcmp(slot.node_id, node_id, NODE_ID_SIZE_B) == 0 and same_address(
            &slot.address, address
        ):
            break
        index = slot.next_in_chain
    return index


cdef void _chain(SessionTable table, int32_t index) noexcept:
    cdef Session* slot = &table._slots[index]
    cdef int32_t* head = _head_of(table, slot.node_id, &slot.address)
    slot.next_in_chain = head[0]
    head[0] = index


cdef void _unchain(SessionTable table, int32_t index) noexcept:
    cdef Session* slot = &table._slots[index]
    cdef int32_t* link = _head_of(table, slot.node_id, &slot.address)
    while link[0] != index:
        link = &table._slots[link[0]].next_in_chain
    link[0] = slot.next_in_chain


# ---- the order of use

cdef void _push_newest(SessionTable table, int32_t index) noexcept:
    cdef Session* slot = &table._slots[index]
    slot.newer = NONE
    slot.older = table._newest
    if table._newest == NONE:
        table._oldest = index
    else:
        table._slots[table._newest].newer = index
    table._newest = index


cdef void _pull(SessionTable table, int32_t index) noexcept:
    cdef Session* slot = &table._slots[index]
    if slot.newer == NONE:
        table._newest = slot.older
    else:
        table._slots[slot.newer].older = slot.older
    if slot.older == NONE:
        table._oldest = slot.newer
    else:
        table._slots[slot.older].newer = slot.newer


cdef void _touch(SessionTable table, int32_t index) noexcept:
    if index != table._newest:
        _pull(table, index)
        _push_newest(table, index)


# ---- slots

cdef void _release(SessionTable table, int32_t index) noexcept:
    """Wipe a slot that is in no list and put it in the free list."""
    wp_wipe(&table._slots[index], sizeof(Session))
    table._slots[index].next_in_chain = table._free
    table._free = index


cdef int _grow(SessionTable table) except -1:
    """Double the slots, up to the capacity; the old ones are wiped once they are copied."""
    cdef int32_t allocated = min(max(2 * table._allocated, SLOT_COUNT_MIN), table.capacity)
    cdef int32_t head_count = max(table._head_count, 1), index
    cdef Session* slots
    cdef int32_t* heads
    while head_count < allocated:
        head_count *= 2
    slots = <Session*>malloc(<size_t>allocated * sizeof(Session))
    heads = <int32_t*>malloc(<size_t>head_count * sizeof(int32_t))
    if slots == NULL or heads == NULL:
        free(slots)
        free(heads)
        raise MemoryError(f"no memory for {allocated} sessions")
    if table._slots != NULL:
        memcpy(slots, table._slots, <size_t>table._allocated * sizeof(Session))
    _free_slots(table)
    table._slots = slots
    table._heads = heads
    table._head_count = head_count
    for index in range(table._allocated, allocated):
        _release(table, index)
    table._allocated = allocated
    memset(heads, 0xFF, <size_t>head_count * sizeof(int32_t))  # NONE in each
    index = table._newest
    while index != NONE:
        _chain(table, index)
        index = slots[index].older
    return 0


cdef void _free_slots(SessionTable table) noexcept:
    if table._slots != NULL:
        wp_wipe(table._slots, <size_t>table._allocated * sizeof(Session))
    free(table._slots)
    free(table._heads)


cdef void _remove(SessionTable table, int32_t index) noexcept:
    _unchain(table, index)
    _pull(table, index)
    _release(table, index)
    table.count -= 1


cdef int32_t _add(
    SessionTable table, const uint8_t* node_id, const Address* address
) except NONE:
    """The newest slot, for a key that is not in the table; its session keys are to be set."""
    cdef int32_t index
    cdef Session* slot
    if table.count == table.capacity:
        _remove(table, table._oldest)
        table.evicted += 1
    elif table.count == table._allocated:
        _grow(table)
    index = table._free
    slot = &table._slots[index]
    table._free = slot.next_in_chain
    memcpy(slot.node_id, node_id, NODE_ID_SIZE_B)
    slot.address = address[0]
    ctr_expand(&slot.mask, node_id)
    _chain(table, index)
    _push_newest(table, index)
    table.count += 1
    return index


cdef void _copy_keys(Session* to, const Session* source) noexcept:
    to.sent_count = source.sent_count
    to.record_seq = source.record_seq
    to.used_at = source.used_at
    to.write_key = source.write_key
    to.read_key = source.read_key


cdef int _parse_key(bytes node_id, bytes address, Key* key) except -1:
    if node_id is None or len(node_id) != NODE_ID_SIZE_B:
        raise ConfigError(f"a node id is {NODE_ID_SIZE_B} bytes")
    memcpy(key.node_id, PyBytes_AS_STRING(node_id), NODE_ID_SIZE_B)
    return address_from_bytes(address, &key.address)


cdef Session* _found(SessionTable table, bytes node_id, bytes address, bytes nonce) except? NULL:
    cdef Key key
    _parse_key(node_id, address, &key)
    if len(nonce) != NONCE_SIZE_B:
        raise ConfigError(f"a nonce is {NONCE_SIZE_B} bytes")
    return table.find(key.node_id, &key.address)


@cython.final
cdef class SessionTable:
    def __cinit__(self, int32_t capacity, uint64_t hash_seed):
        if not 1 <= capacity <= CAPACITY_MAX:
            raise ConfigError(f"a session table holds 1 to {CAPACITY_MAX} sessions")
        self.capacity = capacity
        self._hash_seed = hash_seed
        self._free = self._newest = self._oldest = NONE

    def __dealloc__(self):
        _free_slots(self)

    cdef Session* find(self, const uint8_t* node_id, const Address* address) noexcept:
        cdef int32_t index = _index_of(self, node_id, address)
        if index == NONE:
            return NULL
        _touch(self, index)
        return &self._slots[index]

    cdef Session* put(
        self, const uint8_t* node_id, const Address* address, const uint8_t* write_key16,
        const uint8_t* read_key16, double now
    ) except NULL:
        cdef Session* session = self.find(node_id, address)
        if session == NULL:
            session = &self._slots[_add(self, node_id, address)]
        session.sent_count = 0
        session.record_seq = 0
        session.used_at = now
        gcm_expand(&session.write_key, write_key16)
        gcm_expand(&session.read_key, read_key16)
        return session

    cdef bint drop(self, const uint8_t* node_id, const Address* address) noexcept:
        cdef int32_t index = _index_of(self, node_id, address)
        if index == NONE:
            return False
        _remove(self, index)
        return True

    cdef bint swap_in(
        self, SessionTable other, const uint8_t* node_id, const Address* address, double now
    ) except -1:
        cdef int32_t theirs = _index_of(other, node_id, address)
        cdef Session* ours
        cdef Session kept
        if theirs == NONE:
            return False
        ours = self.find(node_id, address)
        if ours == NULL:
            ours = &self._slots[_add(self, node_id, address)]
            _copy_keys(ours, &other._slots[theirs])
            _remove(other, theirs)
        else:
            kept = ours[0]
            _copy_keys(ours, &other._slots[theirs])
            _copy_keys(&other._slots[theirs], &kept)
            wp_wipe(&kept, sizeof(kept))
        ours.used_at = now
        return True

    def __len__(self):
        return self.count

    def __contains__(self, tuple key not None):
        cdef Key parsed
        _parse_key(key[0], key[1], &parsed)
        return _index_of(self, parsed.node_id, &parsed.address) != NONE

    def __iter__(self):
        cdef list keys = []
        cdef int32_t index = self._newest
        cdef Session* slot
        while index != NONE:
            slot = &self._slots[index]
            node_id = (<const char*>slot.node_id)[:NODE_ID_SIZE_B]
            keys.append((node_id, address_to_bytes(&slot.address)))
            index = slot.older
        return iter(keys)

    def __sizeof__(self):
        return (
            object.__sizeof__(self) + <size_t>self._allocated * sizeof(Session)
            + <size_t>self._head_count * sizeof(int32_t)
        )

    def establish(
        self, bytes node_id, bytes address, bytes write_key not None, bytes read_key not None,
        double now
    ):
        cdef Key key
        _parse_key(node_id, address, &key)
        if len(write_key) != KEY_SIZE_B or len(read_key) != KEY_SIZE_B:
            raise ConfigError(f"the keys of a session are {KEY_SIZE_B} bytes each")
        self.put(key.node_id, &key.address, write_key, read_key, now)

    def forget(self, bytes node_id, bytes address):
        cdef Key key
        _parse_key(node_id, address, &key)
        return self.drop(key.node_id, &key.address)

    def adopt(self, SessionTable other not None, bytes node_id, bytes address, double now):
        cdef Key key
        _parse_key(node_id, address, &key)
        return self.swap_in(other, key.node_id, &key.address, now)

    def seal(
        self, bytes node_id, bytes address, bytes nonce not None, bytes header not None,
        bytes plain not None
    ):
        cdef Session* session = _found(self, node_id, address, nonce)
        cdef bytes sealed
        if session == NULL:
            return None
        sealed = PyBytes_FromStringAndSize(NULL, len(plain) + TAG_SIZE_B)
        gcm_seal(
            &session.write_key, nonce, header, <size_t>len(header), plain, <size_t>len(plain),
            <uint8_t*>PyBytes_AS_STRING(sealed),
        )
        return sealed

    def open(
        self, bytes node_id, bytes address, bytes nonce not None, bytes header not None,
        bytes sealed not None
    ):
        cdef Session* session = _found(self, node_id, address, nonce)
        cdef bytes plain
        if session == NULL or len(sealed) < TAG_SIZE_B:
            return None
        plain = PyBytes_FromStringAndSize(NULL, len(sealed) - TAG_SIZE_B)
        if gcm_open(
            &session.read_key, nonce, header, <size_t>len(header), sealed, <size_t>len(sealed),
            <uint8_t*>PyBytes_AS_STRING(plain),
        ) < 0:
            return None
        return plain
