"""Our requests that wait for an answer (discv5-theory, "Handshake Implementation Considerations").

A call is in one of four places:

    waiting   a handshake with its peer is under way; it is sent after that, in order
    first     random bytes went out for it, so the peer challenges us: it carries the handshake
    sent      its message is under way, sealed by a session or as the handshake itself
    done      answered, out of time, cancelled or refused; it is in `finished` once

At most one call of a peer, its carrier, has a handshake under way. A WHOAREYOU names the nonce of
a packet: that call becomes the carrier and the others of the peer wait, since the peer could not
read them either. A session is good once an answer decrypts; then what waits is sent. A carrier
that fails hands its part to the next in line.
"""
cimport cython
from heapq import heappop, heappush

from libc.math cimport INFINITY
from libc.stdint cimport uint8_t, uint16_t, uint64_t
from libc.string cimport memcmp, memcpy

from waypost.errors import ConfigError, RequestRefused, RequestTimeout, TooManyRequests

from waypost._ext.address cimport Address, address_from_bytes, same_address
from waypost._ext.call cimport Call, pong_of
from waypost._ext.codec cimport Codec
from waypost._ext.message cimport (
    DISTANCE_MAX, NODES, PONG, TALKRESP, Message, write_findnode, write_ping, write_talkreq,
)
from waypost._ext.packet cimport (
    CHALLENGE_SIZE_B, PACKET_SIZE_MAX_B, Packet, handshake_room, message_room,
)
from waypost._ext.record cimport ENR, RecordCache
from waypost._ext.session cimport Session, SessionTable

cdef enum:
    REQUEST_ID_SIZE_B = 8


@cython.final
cdef class Peer:
    pass


cdef inline bytes _peer_key(const uint8_t* node_id, const Address* address):
    cdef uint8_t key[50]
    memcpy(key, node_id, 32)
    memcpy(key + 32, address, 18)
    return (<const char*>key)[:50]


@cython.final
cdef class Calls:
    def __init__(
        self, Codec codec not None, SessionTable sessions not None, SessionTable half_open not
        None,
        RecordCache records not None, int count_max, double request_timeout_s, double
        handshake_timeout_s,
    ):
        self._codec = codec
        self._sessions = sessions
        self._half_open = half_open
        self._records = records
        self._peers = {}
        self._by_id = {}
        self._by_nonce = {}
        self._heap = []
        self.count_max = count_max
        self.request_timeout_s = request_timeout_s
        self.handshake_timeout_s = handshake_timeout_s
        self.finished = []

    def __len__(self):
        return len(self._by_id)

    # ---- asking

    def ping(self, ENR record not None, bytes address not None, double now, owner=None):
        cdef uint8_t plain[32]
        cdef Call call = self._new(record, address, PONG, owner)
        cdef size_t size = write_ping(
            plain, 32, <const uint8_t*>&call._id, REQUEST_ID_SIZE_B, self._codec.record.seq
        )
        return self._start(call, (<const char*>plain)[:size], now)

    def find_node(
        self, ENR record not None, bytes address not None, distances, double now, owner=None
    ):
        cdef uint8_t plain[PACKET_SIZE_MAX_B]
        cdef uint16_t asked[DISTANCE_MAX + 1]
        cdef Call call = self._new(record, address, NODES, owner)
        cdef size_t size
        cdef int count = 0
        call._distances = frozenset(distances)
        call._found = {}
        for distance in distances:
            if not 0 <= distance <= DISTANCE_MAX or count > DISTANCE_MAX:
                raise ConfigError(
                    f"{distance} is not a distance: ask for at most 257, each 0 to {DISTANCE_MAX}"
                )
            asked[count] = distance
            count += 1
        size = write_findnode(
            plain, message_room(), <const uint8_t*>&call._id, REQUEST_ID_SIZE_B, asked,
            <size_t>count
        )
        return self._start(call, (<const char*>plain)[:size], now)

    def talk(
        self, ENR record not None, bytes address not None, bytes protocol not None, bytes payload
        not None,
        double now, owner=None,
    ):
        cdef uint8_t plain[PACKET_SIZE_MAX_B]
        cdef Call call = self._new(record, address, TALKRESP, owner)
        cdef size_t size = write_talkreq(
            plain, message_room(), <const uint8_t*>&call._id, REQUEST_ID_SIZE_B,
            <const uint8_t*>protocol, <size_t>len(protocol),
            <const uint8_t*>payload, <size_t>len(payload),
        )
        if size == 0:
            raise ConfigError(
                f"a TALKREQ of {len(protocol)} + {len(payload)} bytes does not fit one packet"
            )
        return self._start(call, (<const char*>plain)[:size], now)

    def cancel(self, Call call not None, double now):
        if not call.done:
            self._finish(call, None, None, now)
            self.finished.remove(call)

    def drain_finished(self):
        cdef list finished = self.finished
        self.finished = []
        return finished

    cdef Call _new(self, ENR record, bytes address, uint8_t answer, object owner):
        cdef Call call = Call.__new__(Call)
        address_from_bytes(address, &call._address)
        call.record = record
        call.owner = owner
        call._answer = answer
        self._codec.drbg.fill(<uint8_t*>&call._id, REQUEST_ID_SIZE_B)
        return call

    cdef Call _start(self, Call call, bytes message, double now):
        cdef bytes key = _peer_key(call.record.node_id_ptr(), &call._address)
        cdef Peer peer = self._peers.get(key)
        cdef Session* session
        call._message = message
        if len(self._by_id) >= self.count_max:
            call.done = True
            call.error = TooManyRequests(
                f"{self.count_max} requests are open already: await some of them first"
            )
            self.finished.append(call)
            return call
        if peer is None:
            peer = Peer.__new__(Peer)
            peer.key = key
            peer.calls = []
            self._peers[key] = peer
        call._peer = peer
        peer.calls.append(call)
        self._by_id[call._id] = call
        if peer.carrier is not None:
            call._deadline = self._turn_after(peer.carrier)
        else:
            session = self._sessions.find(call.record.node_id_ptr(), &call._address)
            if session != NULL:
                self._send(call, session, now)
            else:
                self._send_first(call, now)
        self._arm(call)
        return call

    cdef double _turn_after(self, Call carrier) noexcept:
        """How long those who wait for a carrier have: when it fails, one takes its part."""
        return carrier._deadline + self.handshake_timeout_s + self.request_timeout_s

    cdef int _send(self, Call call, Session* session, double now) except -1:
        cdef uint8_t nonce[12]
        self._codec.send_sealed(
            session, <const uint8_t*>call._message, <size_t>len(call._message), nonce
        )
        call._sent = True
        self._remember_nonce(call, nonce)
        call._deadline = now + self.request_timeout_s
        return 0

    cdef int _send_first(self, Call call, double now) except -1:
        cdef uint8_t nonce[12]
        self._codec.send_first(call.record.node_id_ptr(), &call._address, nonce)
        self._remember_nonce(call, nonce)
        (<Peer>call._peer).carrier = call
        if call._deadline == 0:  # one that has waited keeps its own
            call._deadline = now + self.handshake_timeout_s + self.request_timeout_s
        return 0

    cdef int _remember_nonce(self, Call call, const uint8_t* nonce) except -1:
        self._forget_nonce(call)
        call._nonce = (<const char*>nonce)[:12]
        self._by_nonce[call._nonce] = call
        return 0

    cdef int _forget_nonce(self, Call call) except -1:
        if call._nonce is not None:
            self._by_nonce.pop(call._nonce, None)
            call._nonce = None
        return 0

    # ---- the handshake

    cdef bint challenged(self, Packet* packet, const Address* source, double now) except -1:
        """A WHOAREYOU came. False: it answers no open request of ours."""
        cdef Call call = self._by_nonce.get((<const char*>packet.nonce)[:12])
        cdef Call other
        if call is None or not same_address(&call._address, source):
            return False
        if call._challenged:
            self._finish(
                call, None, RequestRefused("the peer challenged our handshake again"), now
            )
            return True
        (<Peer>call._peer).carrier = call
        for other in (<Peer>call._peer).calls:
            if other is not call:
                other._sent = False
                self._forget_nonce(other)
        if not self._answer_challenge(call, packet, now):
            self._finish(
                call, None,
                RequestRefused("the handshake could not be made: is the record's key valid?"),
                now
            )
            return True
        call._deadline = now + self.request_timeout_s
        for other in (<Peer>call._peer).calls:
            if other is not call:
                other._deadline = self._turn_after(call)
        return True

    cdef bint _answer_challenge(self, Call call, Packet* packet, double now) except -1:
        cdef uint8_t challenge[CHALLENGE_SIZE_B]
        cdef uint8_t nonce[12]
        cdef uint8_t plain[32]
        cdef bint with_record = packet.record_seq < self._codec.record.seq
        cdef size_t room = handshake_room(
            <size_t>len(self._codec.record.raw) if with_record else 0
        )
        cdef const uint8_t* message = <const uint8_t*>call._message
        cdef size_t size = <size_t>len(call._message)
        memcpy(challenge, packet.header, CHALLENGE_SIZE_B)
        if size > room:  # a PING opens the session, and the message follows its answer
            size = write_ping(
                plain, 32, <const uint8_t*>&call._id, REQUEST_ID_SIZE_B, self._codec.record.seq
            )
            message = plain
        if not self._codec.send_handshake(
            call.record, &call._address, challenge, with_record, message, size, self._half_open,
            now, nonce
        ):
            return False
        call._sent = message != plain
        call._challenged = True
        self._remember_nonce(call, nonce)
        return True

    cdef ENR established(self, const uint8_t* node_id, const Address* address, double now):
        """A session with this peer is good: send what waits for it. The record by which we asked,
        or None.
        """
        cdef Peer peer = self._peers.get(_peer_key(node_id, address))
        cdef Session* session
        cdef Call call = None
        if peer is None:
            return None
        peer.carrier = None
        for call in peer.calls:
            session = self._sessions.find(node_id, address)
            if not call._sent and session != NULL:
                self._send(call, session, now)
        return call.record

    # ---- answers

    cdef int answered(self, Session* session, Message* message, double now) except -1:
        cdef uint64_t id = 0
        cdef Call call = None
        if message.request_id_size == REQUEST_ID_SIZE_B:
            memcpy(&id, message.request_id, REQUEST_ID_SIZE_B)
            call = self._by_id.get(id)
        if (
            call is None or not same_address(&call._address, &session.address)
            or memcmp(call.record.node_id_ptr(), session.node_id, 32) != 0
        ):
            self.unmatched += 1
        elif message.kind == call._answer and call._sent:
            if message.kind == NODES:
                if call.add_nodes(message, self._records, &self.refused_records):
                    self._finish(call, list(call._found.values()), None, now)
            elif message.kind == PONG:
                self._finish(call, pong_of(message), None, now)
            else:
                self._finish(
                    call, (<const char*>message.payload)[:message.payload_size], None, now
                )
        # a PONG may answer the PING that opened the session for a longer message
        elif message.kind != PONG:
            self.unmatched += 1
        return 0

    # ---- time

    cdef int _arm(self, Call call) except -1:
        self._serial += 1
        heappush(self._heap, (call._deadline, self._serial, call))
        return 0

    def next_deadline(self):
        cdef Call call
        while self._heap:
            call = self._heap[0][2]
            if not call.done:
                return self._heap[0][0]
            heappop(self._heap)
        return INFINITY

    def expire(self, double now):
        cdef Call call
        while self._heap and <double>self._heap[0][0] <= now:
            call = heappop(self._heap)[2]
            if call.done:
                continue
            if call._deadline > now:
                self._arm(call)
            elif call._found:
                self._finish(call, list(call._found.values()), None, now)
            else:
                self._finish(
                    call, None, RequestTimeout(f"no answer from {call.endpoint} in time"), now
                )

    cdef int _finish(self, Call call, object result, object error, double now) except -1:
        cdef Peer peer = call._peer
        call.done = True
        call.result = result
        call.error = error
        call._peer = None
        self.finished.append(call)
        self._by_id.pop(call._id, None)
        self._forget_nonce(call)
        peer.calls.remove(call)
        if not peer.calls:
            self._peers.pop(peer.key, None)
        elif peer.carrier is call:
            self._hand_on(peer, now)
        return 0

    cdef int _hand_on(self, Peer peer, double now) except -1:
        """The carrier is gone: the next in line goes by the session there is, or becomes the
        carrier.
        """
        cdef Call following = peer.calls[0]
        peer.carrier = None
        if self._sessions.find(following.record.node_id_ptr(), &following._address) != NULL:
            self.established(following.record.node_id_ptr(), &following._address, now)
        elif following._deadline > now:
            self._send_first(following, now)
        return 0
