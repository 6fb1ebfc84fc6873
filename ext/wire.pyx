"""The packet path: datagram -> packet -> session -> message -> answer, in the buffer that the
datagram came in.

What needs policy leaves as an event (a new session, a newer record); answers to our own requests
go to Calls. Nothing that a peer
sends raises: what is refused is counted under one of COUNTERS.
"""
cimport cython
from collections.abc import Callable

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from waypost.errors import ConfigError

from waypost._ext.address cimport (
    SCOPE_INVALID, Address, address_to_bytes, is_ipv4, port_of, scope_of,
)
from waypost._ext.aead cimport TAG_SIZE_B, gcm_expand, gcm_open, wp_gcm_key
from waypost._ext.calls cimport Calls
from waypost._ext.challenge cimport Challenge, Challenges
from waypost._ext.codec cimport Codec
from waypost._ext.handshake cimport identity_hash, session_keys
from waypost._ext.message cimport (
    FINDNODE, PING, REQUEST_ID_SIZE_MAX_B, TALKREQ, Message,
    nodes_room, parse_message, write_nodes, write_pong, write_talkresp,
)
from waypost._ext.packet cimport (
    FLAG_HANDSHAKE, FLAG_MESSAGE, FLAG_WHOAREYOU, PACKET_OK, Packet, Refusal, message_room, unmask,
)
from waypost._ext.record cimport ENR, RECORD_SIZE_MAX_B, RecordCache
from waypost._ext.secp256k1 cimport PublicPoint, point_parse, verify
from waypost._ext.session cimport Session, SessionTable
from waypost._ext.table cimport ANSWER_COUNT_MAX, Table

cdef extern from "wipe.h" nogil:
    void wp_wipe(void* memory, size_t size)

TalkHandler = Callable[[bytes, bytes, bytes], bytes]

COUNTERS = (
    "received", "refused_size", "refused_protocol", "refused_flag", "refused_authdata",
    "refused_source", "undecryptable", "malformed", "whoareyou_unmatched", "handshake_unmatched",
    "handshake_refused", "handshakes", "pings", "findnodes", "talkreqs", "answers",
)


@cython.final
cdef class SessionEstablished:
    pass


@cython.final
cdef class RecordAnnounced:
    pass


@cython.final
cdef class TalkFailed:
    pass


@cython.final
cdef class Wire(Inlet):
    def __init__(
        self, Codec codec not None, Table table not None, RecordCache records not None,
        object config not None,
    ):
        cdef uint64_t seeds[2]
        codec.drbg.fill(<uint8_t*>seeds, sizeof(seeds))
        self.codec = codec
        self.table = table
        self.records = records
        self.sessions = SessionTable(config.session_count_max, seeds[0])
        self.half_open = SessionTable(config.half_open_count_max, seeds[1])
        self.calls = Calls(
            codec, self.sessions, self.half_open, records,
            config.request_count_max, config.request_timeout_s, config.handshake_timeout_s,
        )
        self.challenges = Challenges(
            codec, config.challenge_count_max, config.challenge_per_ip_count_max,
            config.challenge_resend_count_max, config.challenge_lifetime_s,
        )
        self._half_open_lifetime_s = config.handshake_timeout_s + config.request_timeout_s
        self._event_count_max = config.event_count_max
        self._talk_handlers = {}
        self._banned = set()
        self._events = []

    def on_talk(self, bytes protocol not None, handler):
        if handler is None:
            self._talk_handlers.pop(protocol, None)
        elif not callable(handler):
            raise ConfigError(
                "a TALKREQ handler is a function of (node id, address, payload) that returns bytes"
            )
        else:
            self._talk_handlers[protocol] = handler

    def ban(self, bytes what not None):
        if len(what) == 4:
            what = bytes(10) + b"\xff\xff" + what
        if len(what) != 32 and len(what) != 16:
            raise ConfigError(
                f"ban a node id of 32 bytes or an IP of 4 or 16, not {len(what)} bytes"
            )
        self._banned.add(what)

    def permit(self, bytes what not None):
        self._banned.discard(bytes(10) + b"\xff\xff" + what if len(what) == 4 else what)

    def drain_events(self):
        cdef list events = self._events
        self._events = []
        return events

    def counters(self):
        return {name: self._counters[index] for index, name in enumerate(COUNTERS)}

    cdef int feed(
        self, uint8_t* datagram, size_t size, const Address* source, double now
    ) except -1:
        cdef Packet packet
        cdef Refusal refusal
        self._counters[RECEIVED] += 1
        refusal = unmask(datagram, size, &self.codec.own_mask, self.codec.protocol, &packet)
        if refusal != PACKET_OK:
            self._counters[<int>refusal] += 1
            return 0
        if self._refuses_source(&packet, source):
            self._counters[REFUSED_SOURCE] += 1
            return 0
        if packet.flag == FLAG_MESSAGE:
            return self._on_message(&packet, source, now)
        if packet.flag == FLAG_HANDSHAKE:
            return self._on_handshake(&packet, source, now)
        if not self.calls.challenged(&packet, source, now):
            self._counters[WHOAREYOU_UNMATCHED] += 1
        return 0

    cdef bint _refuses_source(self, Packet* packet, const Address* source) except -1:
        if scope_of(source) == SCOPE_INVALID:
            return True
        if len(self._banned) > 0 and (<const char*>source.ip)[:16] in self._banned:
            return True
        if packet.flag == FLAG_WHOAREYOU:
            return False
        if memcmp(packet.source_id, self.codec.own_id, 32) == 0:
            return True
        return len(self._banned) > 0 and (<const char*>packet.source_id)[:32] in self._banned

    # ---- ordinary messages

    cdef int _on_message(self, Packet* packet, const Address* source, double now) except -1:
        cdef Session* session = self.sessions.find(packet.source_id, source)
        if session == NULL or not self._open(&session.read_key, packet):
            session = self._open_half(packet, source, now)
            if session == NULL:
                self._counters[UNDECRYPTABLE] += 1
                return self.challenges.send(
                    packet.source_id, source, packet.nonce,
                    self.table.held_record(packet.source_id), now,
                )
        session.used_at = now
        return self._on_plain(session, packet.body_size - TAG_SIZE_B, now)

    cdef bint _open(self, const wp_gcm_key* key, Packet* packet) noexcept:
        return packet.body_size > TAG_SIZE_B and gcm_open(
            key, packet.nonce, packet.header, packet.header_size, packet.body, packet.body_size,
            self._plain
        ) == 0

    cdef Session* _open_half(self, Packet* packet, const Address* source, double now) except? NULL:
        """The peer's answer under the keys of our handshake makes them the session.

        discv5-theory, "Handshake Steps", 5. Those keys, and the ones that they replace, soon
        lapse: a packet recorded long ago must not bring old keys back.
        """
        cdef Session* session = self.half_open.find(packet.source_id, source)
        cdef ENR record
        if session == NULL or now > session.used_at + self._half_open_lifetime_s:
            return NULL
        if not self._open(&session.read_key, packet):
            return NULL
        self.sessions.swap_in(self.half_open, packet.source_id, source, now)
        record = self.calls.established(packet.source_id, source, now)
        if record is not None:
            self._announce_session(record, source, False)
        return self.sessions.find(packet.source_id, source)

    cdef int _announce_session(self, ENR record, const Address* source, bint inbound) except -1:
        cdef SessionEstablished event = SessionEstablished.__new__(SessionEstablished)
        event.record = record
        event.address = address_to_bytes(source)
        event.inbound = inbound
        return self._emit(event)

    cdef int _emit(self, object event) except -1:
        """For a driver that polls after each batch; one that does not loses the newest."""
        if len(self._events) < self._event_count_max:
            self._events.append(event)
        return 0

    cdef int _on_plain(self, Session* session, size_t size, double now) except -1:
        cdef Message message
        if parse_message(self._plain, size, &message) < 0:
            self._counters[MALFORMED] += 1
        elif message.kind == PING:
            self._counters[PINGS] += 1
            self._answer_ping(session, &message)
        elif message.kind == FINDNODE:
            self._counters[FINDNODES] += 1
            self._answer_findnode(session, &message)
        elif message.kind == TALKREQ:
            self._counters[TALKREQS] += 1
            self._answer_talkreq(session, &message)
        else:
            self._counters[ANSWERS] += 1
            self.calls.answered(session, &message, now)
        return 0

    # ---- the handshake

    cdef int _on_handshake(self, Packet* packet, const Address* source, double now) except -1:
        cdef Challenge challenge = self.challenges.take(packet.source_id, source, now)
        cdef ENR record
        cdef Session* session
        cdef uint8_t keys[32]
        if challenge is None:
            self._counters[HANDSHAKE_UNMATCHED] += 1
            return 0
        record = self._proven_record(packet, challenge)
        if record is None or not self._open_handshake(packet, challenge, keys):
            self._counters[HANDSHAKE_REFUSED] += 1
            return 0
        session = self.sessions.put(packet.source_id, source, keys + 16, keys, now)
        wp_wipe(keys, sizeof(keys))
        session.record_seq = record.seq
        self._counters[HANDSHAKES] += 1
        self._announce_session(record, source, True)
        self._on_plain(session, packet.body_size - TAG_SIZE_B, now)
        self.calls.established(packet.source_id, source, now)
        return 0

    cdef ENR _proven_record(self, Packet* packet, Challenge challenge):
        """The peer's record, where the packet proves that its sender holds the record's key."""
        cdef ENR record = challenge.record
        cdef uint8_t proof[32]
        cdef int reason = 0
        if packet.record != NULL:
            record = self.records.parse(packet.record, packet.record_size, &reason)
        if record is None or memcmp(record.node_id_ptr(), packet.source_id, 32) != 0:
            return None
        identity_hash(proof, challenge.data, packet.ephemeral_key, self.codec.own_id)
        return record if verify(packet.signature, proof, &record._point) else None

    cdef bint _open_handshake(self, Packet* packet, Challenge challenge, uint8_t* keys) except -1:
        """Derives initiator-key || recipient-key and opens the message into _plain."""
        cdef PublicPoint ephemeral
        cdef wp_gcm_key read_key
        cdef bint opened
        if not point_parse(&ephemeral, packet.ephemeral_key, 33) or not session_keys(
            keys, &ephemeral, self.codec.secret.secret(), challenge.data, packet.source_id,
            self.codec.own_id
        ):
            return False
        gcm_expand(&read_key, keys)
        opened = self._open(&read_key, packet)
        wp_wipe(&read_key, sizeof(read_key))
        if not opened:
            wp_wipe(keys, 32)
        return opened

    # ---- answers. A request that came with a handshake is answered by the session that it opened.

    cdef int _answer_ping(self, Session* session, Message* message) except -1:
        cdef uint8_t plain[64]
        cdef uint8_t nonce[12]
        cdef const uint8_t* ip = &session.address.ip[0]
        cdef bint ipv4 = is_ipv4(&session.address)
        cdef RecordAnnounced event
        cdef size_t size = write_pong(
            plain, sizeof(plain), message.request_id, message.request_id_size,
            self.codec.record.seq,
            ip + 12 if ipv4 else ip, 4 if ipv4 else 16, port_of(&session.address),
        )
        self.codec.send_sealed(session, plain, size, nonce)
        if message.record_seq > session.record_seq:
            session.record_seq = message.record_seq
            event = RecordAnnounced.__new__(RecordAnnounced)
            event.node_id = (<const char*>session.node_id)[:32]
            event.address = address_to_bytes(&session.address)
            event.record_seq = message.record_seq
            self._emit(event)
        return 0

    cdef int _answer_findnode(self, Session* session, Message* message) noexcept:
        cdef uint8_t found[ANSWER_COUNT_MAX * RECORD_SIZE_MAX_B]
        cdef uint32_t sizes[ANSWER_COUNT_MAX]
        cdef uint32_t chunk[ANSWER_COUNT_MAX]
        cdef size_t room = nodes_room(message_room(), message.request_id_size)
        cdef int count, i, last = 0
        cdef size_t offset = 0
        count = self.table.answer(
            message.items, &session.address, self.codec.record, found, sizes, ANSWER_COUNT_MAX
        )
        chunk[0] = 0
        # as many packets as the records need; an empty answer is one empty packet
        for i in range(count):
            if chunk[last] + sizes[i] > room:
                last += 1
                chunk[last] = 0
            chunk[last] += sizes[i]
        for i in range(last + 1):
            self._send_nodes(session, message, <uint64_t>(last + 1), found + offset, chunk[i])
            offset += chunk[i]
        return 0

    cdef int _send_nodes(
        self, Session* session, Message* message, uint64_t total, const uint8_t* records, size_t
        size
    ) noexcept:
        cdef uint8_t plain[1280]
        cdef uint8_t nonce[12]
        cdef size_t written = write_nodes(
            plain, message_room(), message.request_id, message.request_id_size, total, records,
            size
        )
        self.codec.send_sealed(session, plain, written, nonce)
        return 0

    cdef int _answer_talkreq(self, Session* session, Message* message) except -1:
        cdef uint8_t plain[1280]
        cdef uint8_t nonce[12]
        cdef uint8_t request_id[REQUEST_ID_SIZE_MAX_B]
        cdef Address source = session.address
        cdef uint8_t node_id[32]
        cdef bytes answer = b""
        cdef bytes protocol = (<const char*>message.protocol)[:message.protocol_size]
        cdef size_t id_size = message.request_id_size
        cdef size_t size
        handler = self._talk_handlers.get(protocol)
        memcpy(request_id, message.request_id, id_size)
        memcpy(node_id, session.node_id, 32)
        if handler is not None:
            answer = self._ask_handler(handler, protocol, session, message)
            session = self.sessions.find(node_id, &source)  # the handler may have used the tables
            if session == NULL:
                return 0
        size = write_talkresp(
            plain, message_room(), request_id, id_size, <const uint8_t*>answer, <size_t>len(answer)
        )
        if size == 0:
            self._talk_failed(
                protocol, ConfigError(f"an answer of {len(answer)} bytes does not fit a packet")
            )
            size = write_talkresp(plain, message_room(), request_id, id_size, NULL, 0)
        self.codec.send_sealed(session, plain, size, nonce)
        return 0

    cdef bytes _ask_handler(self, handler, bytes protocol, Session* session, Message* message):
        try:
            answer = handler(
                (<const char*>session.node_id)[:32],
                address_to_bytes(&session.address),
                (<const char*>message.payload)[:message.payload_size],
            )
            if isinstance(answer, bytes):
                return answer
            raise ConfigError(f"a TALKREQ handler must return bytes, not {type(answer).__name__}")
        # ours, not the peer's: reported, and the peer is answered all the same
        except Exception as error:
            self._talk_failed(protocol, error)
            return b""

    cdef int _talk_failed(self, bytes protocol, object error) except -1:
        cdef TalkFailed event = TalkFailed.__new__(TalkFailed)
        event.protocol = protocol
        event.error = error
        return self._emit(event)
