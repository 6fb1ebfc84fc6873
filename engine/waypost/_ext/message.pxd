"""The six base messages of discv5-wire, "Protocol Messages": message-type || RLP list.

They are read from and written to buffers that the caller holds.
"""
from libc.stdint cimport uint8_t, uint16_t, uint64_t

from waypost._ext.cursor cimport Reader

cdef enum:
    MESSAGE_SIZE_MAX_B = 1193        # what an ordinary packet can carry: packet.message_room()
    REQUEST_ID_SIZE_MAX_B = 8
    DISTANCE_MAX = 256

cdef enum Kind:
    PING = 0x01
    PONG = 0x02
    FINDNODE = 0x03
    NODES = 0x04
    TALKREQ = 0x05
    TALKRESP = 0x06

cdef struct Message:             # every pointer points into the plaintext
    uint8_t kind
    const uint8_t* request_id    # 0..8 bytes, mirrored by the answer
    size_t request_id_size
    uint64_t record_seq          # PING, PONG
    const uint8_t* ip            # PONG: 4 or 16 bytes
    size_t ip_size
    uint16_t port                # PONG
    uint64_t total               # NODES
    # FINDNODE: distances, each at most 256, checked; NODES: records, each an RLP list, unparsed
    Reader items
    const uint8_t* protocol      # TALKREQ
    size_t protocol_size
    const uint8_t* payload       # TALKREQ, TALKRESP
    size_t payload_size

# 0, or -1 for anything that is not exactly one message of the six kinds (also an unknown kind).
cdef int parse_message(const uint8_t* plain, size_t size, Message* out) noexcept nogil

# Each writes one message to out and returns its size, or 0 where it would exceed room bytes.
cdef size_t write_ping(
    uint8_t* out, size_t room, const uint8_t* request_id, size_t request_id_size,
    uint64_t record_seq
) noexcept nogil
cdef size_t write_pong(
    uint8_t* out, size_t room, const uint8_t* request_id, size_t request_id_size,
    uint64_t record_seq,
    const uint8_t* ip, size_t ip_size, uint16_t port
) noexcept nogil
cdef size_t write_findnode(
    uint8_t* out, size_t room, const uint8_t* request_id, size_t request_id_size,
    const uint16_t* distances, size_t distance_count
) noexcept nogil
# records: record_count encoded records one after the other, records_size bytes in all.
cdef size_t write_nodes(
    uint8_t* out, size_t room, const uint8_t* request_id, size_t request_id_size, uint64_t total,
    const uint8_t* records, size_t records_size
) noexcept nogil
cdef size_t write_talkreq(
    uint8_t* out, size_t room, const uint8_t* request_id, size_t request_id_size,
    const uint8_t* protocol, size_t protocol_size, const uint8_t* payload, size_t payload_size
) noexcept nogil
cdef size_t write_talkresp(
    uint8_t* out, size_t room, const uint8_t* request_id, size_t request_id_size,
    const uint8_t* payload, size_t payload_size
) noexcept nogil
# How many bytes of records a NODES message can carry in room bytes; its total is at most 127.
cpdef size_t nodes_room(size_t room, size_t request_id_size) noexcept nogil
