# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Mutates packets behind their mask, messages and records, and holds decoders to their promises.

What is accepted must lie inside the input and must encode to the same bytes again; a broken
promise raises AssertionError with the input. Over-reads are for the address sanitizer to find:
each input lies in a heap block of exactly its size.
"""
from libc.stdint cimport uint8_t, uint16_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy, memmove, memset

from waypost._ext.aead cimport ctr_expand, ctr_xor, wp_ctr_key
from waypost._ext.cursor cimport left, read_uint64
from waypost._ext.digest cimport keccak256
from waypost._ext.envelope cimport Envelope, accept as accept_envelope
from waypost._ext.fields cimport ACCEPTED, Fields, read_fields
from waypost._ext.message cimport (
    FINDNODE, NODES, PING, PONG, TALKREQ, TALKRESP, Message, parse_message,
    write_findnode, write_nodes, write_ping, write_pong, write_talkreq, write_talkresp,
)
from waypost._ext.packet cimport (
    CHALLENGE_SIZE_B, FLAG_MESSAGE, FLAG_WHOAREYOU, MASKING_IV_SIZE_B, PACKET_OK,
    PROTOCOL_SIZE_B, Packet, encode_handshake, encode_message, encode_whoareyou, unmask,
)
from waypost._ext.record cimport ENR, RecordCache
from waypost._ext.trie cimport Trie
from waypost._ext.trie_node cimport EMBEDDED, FOUND, Key, Node, Step, read_node, step

from waypost._ext.envelope import REASONS as ENVELOPE_REASONS
from waypost._ext.fields import REASONS
from waypost.errors import RpcError

cdef enum:
    INPUT_SIZE_MAX_B = 1400          # more than a packet may have
    CHANGE_COUNT_MAX = 4
    RUN_SIZE_MAX_B = 9               # of bytes inserted or removed at once
    FRONT_SIZE_B = 72                # where most of the structure is
    OUTCOME_COUNT = 8

# Where RLP headers and sizes turn: short and long forms, empty items, leading zeros, signs.
cdef const uint8_t* TURNS = (
    b"\x00\x01\x02\x03\x07\x08\x09\x20\x21\x40\x41\x7f\x80\x81\x82\x84\x88\x89\x90"
    b"\xb7\xb8\xb9\xbf\xc0\xc1\xc2\xf7\xf8\xf9\xfa\xfb\xff"
)
cdef enum:
    TURN_COUNT = 32

cdef struct Random:
    uint64_t state


cdef uint64_t _draw(Random* random) noexcept:
    """SplitMix64."""
    cdef uint64_t z
    random.state += <uint64_t>0x9E3779B97F4A7C15
    z = random.state
    z = (z ^ (z >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * <uint64_t>0x94D049BB133111EB
    return z ^ (z >> 31)


cdef size_t _below(Random* random, size_t bound) noexcept:
    return _draw(random) % bound


cdef size_t _change(Random* random, uint8_t* data, size_t size) noexcept:
    """One change in place; the new size."""
    cdef size_t at, run = 1 + _below(random, RUN_SIZE_MAX_B)
    cdef uint64_t kind = _below(random, 16)
    if size == 0 or (kind == 0 and size + run <= INPUT_SIZE_MAX_B):
        at = _below(random, size + 1)
        memmove(data + at + run, data + at, size - at)
        memset(data + at, TURNS[_below(random, TURN_COUNT)], run)
        return size + run
    at = _below(random, min(size, <size_t>FRONT_SIZE_B) if _below(random, 4) else size)
    if kind == 1:
        run = min(run, size - at)
        memmove(data + at, data + at + run, size - at - run)
        return size - run
    if kind == 2:
        return at
    if kind < 7:
        data[at] ^= <uint8_t>(1 << _below(random, 8))
    elif kind < 12:
        data[at] = TURNS[_below(random, TURN_COUNT)]
    else:
        data[at] = <uint8_t>_draw(random)
    return size


cdef size_t _mutated(Random* random, list corpus, uint8_t* out) except? 0:
    """Writes a changed entry of the corpus to out; its size."""
    cdef bytes entry = corpus[_below(random, <size_t>len(corpus))]
    cdef size_t size = <size_t>len(entry), _at
    memcpy(out, <const char*>entry, size)
    for _at in range(_below(random, CHANGE_COUNT_MAX + 1)):
        size = _change(random, out, size)
    return size


cdef size_t _encode_again(
    const Packet* packet, const wp_ctr_key* mask, const uint8_t* protocol, uint8_t* out
) noexcept:
    cdef uint8_t challenge[CHALLENGE_SIZE_B]
    if packet.flag == FLAG_MESSAGE:
        return encode_message(
            out, protocol, packet.header, packet.nonce, packet.source_id, mask, NULL,
            packet.body, packet.body_size,
        )
    if packet.flag == FLAG_WHOAREYOU:
        return encode_whoareyou(
            out, protocol, packet.header, packet.nonce, packet.id_nonce, packet.record_seq, mask,
            challenge,
        )
    return encode_handshake(
        out, protocol, packet.header, packet.nonce, packet.source_id, packet.signature,
        packet.ephemeral_key, packet.record, packet.record_size, mask, NULL,
        packet.body, packet.body_size,
    )


cdef bint _packet_inside(const Packet* packet, const uint8_t* block, size_t size) noexcept:
    return (
        packet.header == block
        and packet.header_size <= size
        and packet.body == block + packet.header_size
        and packet.body_size == size - packet.header_size
        and (packet.record == NULL or packet.record + packet.record_size == packet.body)
    )


def packets(list corpus not None, bytes local_id, bytes protocol, uint64_t count, uint64_t seed):
    """Feeds `count` mutants of packets in the clear to unmask().

    Returns how often each Refusal but PACKET_OK came back, then how often each flag was accepted.
    """
    cdef uint64_t[OUTCOME_COUNT] outcomes
    cdef uint8_t[INPUT_SIZE_MAX_B] clear, masked, again
    cdef Random random = Random(seed)
    cdef wp_ctr_key mask
    cdef Packet packet
    cdef uint8_t* block
    cdef size_t size
    cdef uint64_t _index
    cdef int outcome
    assert len(local_id) == 32 and len(protocol) == PROTOCOL_SIZE_B
    memset(outcomes, 0, sizeof(outcomes))
    ctr_expand(&mask, local_id)
    for _index in range(count):
        size = _mutated(&random, corpus, clear)
        memcpy(masked, clear, size)
        if size > MASKING_IV_SIZE_B:
            ctr_xor(
                &mask, clear, 0, clear + MASKING_IV_SIZE_B, masked + MASKING_IV_SIZE_B,
                size - MASKING_IV_SIZE_B,
            )
        block = <uint8_t*>malloc(size)
        memcpy(block, masked, size)
        outcome = unmask(block, size, &mask, protocol, &packet)
        if outcome == PACKET_OK:
            outcome = 5 + <int>packet.flag
            assert _packet_inside(&packet, block, size), masked[:size]
            assert _encode_again(&packet, &mask, protocol, again) == size, masked[:size]
            assert memcmp(again, masked, size) == 0, masked[:size]
        free(block)
        outcomes[outcome] += 1
    return [outcomes[outcome] for outcome in range(1, OUTCOME_COUNT)]


cdef size_t _write_findnode_again(const Message* message, uint8_t* out) noexcept:
    cdef uint16_t distances[INPUT_SIZE_MAX_B]
    cdef size_t count = 0
    cdef uint64_t distance = 0
    items = message.items
    while left(&items) > 0 and read_uint64(&items, &distance) == 0:
        distances[count] = <uint16_t>distance
        count += 1
    return write_findnode(
        out, INPUT_SIZE_MAX_B, message.request_id, message.request_id_size, distances, count
    )


cdef size_t _write_again(const Message* message, uint8_t* out) noexcept:
    cdef const uint8_t* request_id = message.request_id
    cdef size_t id_size = message.request_id_size, room = INPUT_SIZE_MAX_B
    if message.kind == PING:
        return write_ping(out, room, request_id, id_size, message.record_seq)
    if message.kind == PONG:
        return write_pong(
            out, room, request_id, id_size, message.record_seq, message.ip, message.ip_size,
            message.port,
        )
    if message.kind == FINDNODE:
        return _write_findnode_again(message, out)
    if message.kind == NODES:
        return write_nodes(
            out, room, request_id, id_size, message.total, message.items.at, left(&message.items)
        )
    if message.kind == TALKREQ:
        return write_talkreq(
            out, room, request_id, id_size, message.protocol, message.protocol_size,
            message.payload, message.payload_size,
        )
    return write_talkresp(
        out, room, request_id, id_size, message.payload, message.payload_size
    )


def messages(list corpus not None, uint64_t count, uint64_t seed):
    """Feeds `count` mutants of messages to parse_message().

    Returns how often one was refused (index 0), and how often each kind was accepted.
    """
    cdef uint64_t[OUTCOME_COUNT] outcomes
    cdef uint8_t[INPUT_SIZE_MAX_B] plain, again
    cdef Random random = Random(seed)
    cdef Message message
    cdef uint8_t* block
    cdef size_t size
    cdef uint64_t _index
    cdef int outcome
    memset(outcomes, 0, sizeof(outcomes))
    for _index in range(count):
        size = _mutated(&random, corpus, plain)
        block = <uint8_t*>malloc(size)
        memcpy(block, plain, size)
        outcome = 0
        if parse_message(block, size, &message) == 0:
            outcome = message.kind
            assert _write_again(&message, again) == size, plain[:size]
            assert memcmp(again, plain, size) == 0, plain[:size]
        free(block)
        outcomes[outcome] += 1
    return [outcomes[outcome] for outcome in range(TALKRESP + 1)]


cdef bint _part(const uint8_t* block, size_t size, const uint8_t* part, size_t part_size) noexcept:
    return part == NULL or (part >= block and part_size <= size - <size_t>(part - block))


cdef bint _fields_inside(const Fields* fields, const uint8_t* block, size_t size) noexcept:
    return (
        fields.content.end == block + size
        and fields.pairs.end == block + size
        and _part(block, size, fields.content.at, left(&fields.content))
        and _part(block, size, fields.pairs.at, left(&fields.pairs))
        and _part(block, size, fields.signature, 64)
        and _part(block, size, fields.public_key, 33)
        and _part(block, size, fields.ip, 4)
        and _part(block, size, fields.ip6, 16)
    )


def records(list corpus not None, uint64_t count, uint64_t seed):
    """Feeds `count` mutants of records to read_fields() and to a cache that verifies them.

    Only those of the corpus are accepted: any change voids the signature. Returns how often that
    was so, then how often each of REASONS refused one.
    """
    cdef Random random = Random(seed)
    cdef RecordCache cache = RecordCache(len(corpus))
    cdef uint8_t[INPUT_SIZE_MAX_B] raw
    cdef Fields fields
    cdef ENR record
    cdef uint8_t* block
    cdef size_t size
    cdef uint64_t _index
    cdef int reason = ACCEPTED
    cdef list outcomes = [0] * (len(REASONS) + 1)
    for _index in range(count):
        size = _mutated(&random, corpus, raw)
        block = <uint8_t*>malloc(size)
        memcpy(block, raw, size)
        if read_fields(block, size, &fields) == ACCEPTED:
            assert _fields_inside(&fields, block, size), raw[:size]
        reason = ACCEPTED
        record = cache.parse(block, size, &reason)
        assert (record is None) == (reason != ACCEPTED), raw[:size]
        assert record is None or record.raw == raw[:size] in corpus, raw[:size]
        free(block)
        outcomes[reason + 1] += 1   # ACCEPTED is -1
    return outcomes


cdef int _follow(const uint8_t* block, size_t size, Key* key) except -1:
    """What comes of a key in a node, embedded ones too: 0 if refused, else 1 + Outcome."""
    cdef Step found = Step(EMBEDDED, block, size, 0)
    cdef Node node
    cdef int outcome = EMBEDDED
    while found.outcome == EMBEDDED:
        if read_node(found.at, found.size, &node) < 0:
            return 0 if found.at == block else 1 + outcome
        step(&node, key, &found)
        outcome = found.outcome
        assert found.at == NULL or _part(block, size, found.at, found.size), block[:size]
        assert key.at <= key.end, block[:size]
        assert outcome != FOUND or key.at == key.end, block[:size]
    return 1 + outcome


def nodes(list corpus not None, uint64_t count, uint64_t seed):
    """Feeds `count` mutants of trie nodes to read_node() and step(), each with a key.

    Each hundredth is the root of a Trie too, by its own hash: it tells the same. Returns how often
    one was refused, and how often each Outcome was the last; EMBEDDED where a node inside of
    another is refused.
    """
    cdef uint64_t[OUTCOME_COUNT] outcomes
    cdef Random random = Random(seed)
    cdef uint8_t[INPUT_SIZE_MAX_B] raw
    cdef uint8_t[32] bits, root
    cdef uint8_t* block
    cdef size_t size, place
    cdef uint64_t index
    cdef int outcome
    cdef Key key
    memset(outcomes, 0, sizeof(outcomes))
    for index in range(count):
        size = _mutated(&random, corpus, raw)
        for place in range(32):
            bits[place] = TURNS[_below(&random, TURN_COUNT)] if _below(&random, 2) else 0
        key = Key(&bits[0], 0, 2 * _below(&random, 33))
        block = <uint8_t*>malloc(size)
        memcpy(block, raw, size)
        outcome = _follow(block, size, &key)
        if index % 100 == 0:
            keccak256(raw, size, root)
            _as_root(root[:32], raw[:size], bits[: key.end // 2], outcome)
        free(block)
        outcomes[outcome] += 1
    return [outcomes[outcome] for outcome in range(5)]


cdef int _as_root(bytes root, bytes node, bytes key, int outcome) except -1:
    try:
        value = Trie(root, 1).get(key, [node])
    except RpcError:
        value = "refused"
    if len(node) > 1024:
        assert value == "refused", node
    elif outcome == 1:
        assert value is None, node
    elif outcome == 1 + FOUND:
        assert isinstance(value, bytes) and value in node, node
    else:
        assert value == "refused", node
    return 0


def envelopes(list corpus not None, uint64_t count, uint64_t seed):
    """Feeds `count` mutants of envelopes to the path that accepts them.

    Returns how often one was accepted, then how often each of its REASONS refused one.
    """
    cdef Random random = Random(seed)
    cdef uint8_t[INPUT_SIZE_MAX_B] raw
    cdef Envelope envelope
    cdef size_t size
    cdef uint64_t index
    cdef int reason = ACCEPTED
    cdef list outcomes = [0] * (len(ENVELOPE_REASONS) + 1)
    for index in range(count):
        size = _mutated(&random, corpus, raw)
        envelope = accept_envelope(raw[:size], index & 1, &reason)
        assert (envelope is None) == (reason != ACCEPTED), raw[:size]
        assert envelope is None or envelope.sealed(envelope.nonce) == envelope, raw[:size]
        outcomes[reason + 1] += 1   # ACCEPTED is -1
    return outcomes


def plaintexts(list corpus not None, parse, uint64_t count, uint64_t seed):
    """Feeds `count` mutants of plaintexts to `parse`; yields what it makes of each."""
    cdef Random random = Random(seed)
    cdef uint8_t[INPUT_SIZE_MAX_B] raw
    cdef size_t size
    cdef uint64_t _index
    for _index in range(count):
        size = _mutated(&random, corpus, raw)
        yield parse(raw[:size])
