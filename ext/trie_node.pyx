"""Nodes of a Merkle-Patricia trie, read with the cursor and walked without Python objects.

Only canonical nodes are read: RLP in its shortest form, path flags of 0 to 3 whose padding is
zero, an extension that has a path and a child, a leaf that has a value.
"""
from waypost._ext.cursor cimport Reader, left, read_bytes, read_item, read_list

cdef enum:
    NIBBLE_COUNT_MAX = 64        # keys are hashes
    EMPTY_STRING = 0x80
    HASH_HEADER = 0x80 + HASH_SIZE_B
    LIST_BASE = 0xC0
    FLAG_ODD = 1                 # hex-prefix encoding, yellow paper, appendix C
    FLAG_LEAF = 2


cdef inline void _item(const Node* node, size_t index, Reader* item) noexcept nogil:
    item.at = node.items[index]
    item.end = node.items[index + 1]


cdef inline size_t _nibble(const uint8_t* data, size_t index) noexcept nogil:
    return data[index // 2] & 0x0F if index % 2 else data[index // 2] >> 4


cdef bint _is_string(const Node* node, size_t index) noexcept nogil:
    return node.items[index][0] < LIST_BASE


cdef bint _is_child(const Node* node, size_t index) noexcept nogil:
    """A hash, or a whole node that is shorter than one."""
    cdef Reader item
    _item(node, index, &item)
    if _is_string(node, index):
        return item.at[0] == HASH_HEADER
    return left(&item) < HASH_SIZE_B


cdef int _read_path(Node* node) noexcept nogil:
    cdef Reader item
    cdef size_t size = 0
    cdef int flag
    _item(node, 0, &item)
    if read_bytes(&item, &node.path, &size) < 0 or size == 0:
        return -1
    flag = node.path[0] >> 4
    if flag > (FLAG_LEAF | FLAG_ODD) or (not flag & FLAG_ODD and node.path[0] & 0x0F):
        return -1
    node.kind = LEAF if flag & FLAG_LEAF else EXTENSION
    node.path_start = 1 if flag & FLAG_ODD else 2
    node.path_end = 2 * size
    return 0 if node.path_end - node.path_start <= NIBBLE_COUNT_MAX else -1


cdef int _read_short(Node* node) noexcept nogil:
    """A leaf or an extension."""
    if _read_path(node) < 0:
        return -1
    if node.kind == LEAF:
        return 0 if _is_string(node, 1) and node.items[1][0] != EMPTY_STRING else -1
    return 0 if node.path_end > node.path_start and _is_child(node, 1) else -1


cdef int _read_branch(const Node* node) noexcept nogil:
    cdef size_t index
    for index in range(<size_t>16):
        if node.items[index][0] != EMPTY_STRING and not _is_child(node, index):
            return -1
    return 0 if _is_string(node, 16) else -1


cdef int read_node(const uint8_t* data, size_t size, Node* node) noexcept nogil:
    cdef Reader reader, items
    cdef const uint8_t* start = NULL
    cdef size_t count = 0, item_size = 0
    reader.at = data
    reader.end = data + size
    if size == 1 and data[0] == EMPTY_STRING:
        node.kind = EMPTY
        return 0
    if read_list(&reader, &items) < 0 or left(&reader) > 0:
        return -1
    while left(&items) > 0:
        if count == ITEM_COUNT_MAX or read_item(&items, &start, &item_size) < 0:
            return -1
        node.items[count] = start
        count += 1
    node.items[count] = items.end
    if count == 2:
        return _read_short(node)
    node.kind = BRANCH
    return _read_branch(node) if count == ITEM_COUNT_MAX else -1


cdef bint _follow_path(const Node* node, Key* key) noexcept nogil:
    """Whether the key goes on with the node's path; it is behind it then."""
    cdef size_t index
    if node.path_end - node.path_start > key.end - key.at:
        return False
    for index in range(node.path_start, node.path_end):
        if _nibble(node.path, index) != _nibble(key.data, key.at):
            return False
        key.at += 1
    return True


cdef void _value(const Node* node, size_t index, Step* end) noexcept nogil:
    cdef Reader item
    _item(node, index, &item)
    if read_bytes(&item, &end.at, &end.size) == 0 and end.size > 0:
        end.outcome = FOUND


cdef void _child(const Node* node, size_t index, Step* end) noexcept nogil:
    cdef Reader item
    _item(node, index, &item)
    if not _is_string(node, index):
        end.outcome = EMBEDDED
        end.at = item.at
        end.size = left(&item)
    elif read_bytes(&item, &end.at, &end.size) == 0 and end.size > 0:
        end.outcome = HASHED


cdef void step(const Node* node, Key* key, Step* end) noexcept nogil:
    end[0] = Step(ABSENT, NULL, 0, 0)
    if node.kind == BRANCH:
        if key.at == key.end:
            _value(node, 16, end)
            return
        end.branch = _nibble(key.data, key.at)
        _child(node, end.branch, end)
        key.at += 1
    elif node.kind != EMPTY and _follow_path(node, key):
        if node.kind == EXTENSION:
            _child(node, 1, end)
        elif key.at == key.end:
            _value(node, 1, end)
