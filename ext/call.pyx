"""One request: what was asked of whom, and what the answer says."""
cimport cython
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy, memset

from waypost._ext.address cimport (
    SCOPE_INVALID, Address, address_to_bytes, is_ipv4, port_of, scope_of,
)
from waypost._ext.cursor cimport left, read_item
from waypost._ext.message cimport Message
from waypost._ext.record cimport ENR, RecordCache
from waypost._ext.relay cimport may_tell
from waypost._ext.xor cimport log_distance

from waypost._ext.address import unpack

cdef enum:
    # What we accept of one NODES answer: 16 records of 300 bytes, the most that the specification
    # recommends, need five packets.
    NODES_PACKET_COUNT_MAX = 16
    NODES_RECORD_COUNT_MAX = 32
    # Lower ones belong to other services: a record that names one may be aimed at them.
    PORT_MIN = 1025


@cython.final
@cython.freelist(64)
cdef class Call:
    @property
    def address(self):
        return address_to_bytes(&self._address)

    @property
    def endpoint(self):
        host, port = unpack(self.address)
        return f"{host}:{port}" if is_ipv4(&self._address) else f"[{host}]:{port}"

    def __repr__(self):
        state = "open" if not self.done else f"failed: {self.error}" if self.error else "answered"
        return f"<Call to {self.endpoint}, {state}>"

    cdef bint add_nodes(self, Message* message, RecordCache records, uint64_t* refused) except -1:
        cdef const uint8_t* start = NULL
        cdef size_t size = 0
        cdef int reason = 0
        cdef ENR record
        while left(&message.items) > 0 and len(self._found) < NODES_RECORD_COUNT_MAX:
            if read_item(&message.items, &start, &size) < 0:
                break
            record = records.parse(start, size, &reason)
            if record is None or not self._wants(record):
                refused[0] += 1
            else:
                self._found[record.node_id] = record
        self._packets += 1
        return self._packets >= message.total or self._packets >= NODES_PACKET_COUNT_MAX

    cdef bint _wants(self, ENR record) except -1:
        """At a distance that was asked, and reachable from where the answer came."""
        cdef int distance = log_distance(record.node_id_ptr(), self.record.node_id_ptr())
        cdef const Address* endpoint = record.udp_toward(not is_ipv4(&self._address))
        if distance not in self._distances:
            return False
        if endpoint == NULL:
            endpoint = record.udp_toward(is_ipv4(&self._address))
        if endpoint == NULL:
            return distance == 0  # its own record may not know its endpoint yet
        return (
            port_of(endpoint) >= PORT_MIN
            and scope_of(endpoint) != SCOPE_INVALID
            and may_tell(scope_of(endpoint), scope_of(&self._address))
        )


@cython.final
cdef class Pong:
    @property
    def host(self):
        return unpack(self.address)[0]

    @property
    def port(self):
        return unpack(self.address)[1]

    def __repr__(self):
        return f"Pong(record_seq={self.record_seq}, host={self.host!r}, port={self.port})"


cdef Pong pong_of(const Message* message):
    cdef Pong pong = Pong.__new__(Pong)
    cdef Address seen
    memset(&seen, 0, sizeof(seen))
    if message.ip_size == 4:
        seen.ip[10] = seen.ip[11] = 0xFF
        memcpy(&seen.ip[12], message.ip, 4)
    else:
        memcpy(&seen.ip[0], message.ip, 16)
    seen.port[0] = <uint8_t>(message.port >> 8)
    seen.port[1] = <uint8_t>(message.port & 0xFF)
    pong.record_seq = message.record_seq
    pong.address = address_to_bytes(&seen)
    return pong
