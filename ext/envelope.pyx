"""Whisper v6 envelopes (EIP-627), as go-ethereum reads them and measures their work.

An envelope's hash is over all of its bytes; its work is over a list without the nonce, which
follows as 8 bytes. Both are hashed together, and so are several envelopes of a list, in the lanes
of a vector where the CPU has them.
"""
cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.math cimport ldexp
from libc.string cimport memset

from waypost._ext.bloom cimport BLOOM_SIZE_B, TOPIC_SIZE_B, add_topic, bloom_bytes, has_topic
from waypost._ext.cursor cimport (
    Reader, Writer, bytes_item_size, header_size, left, read_bytes, read_item, read_list,
    read_uint64, uint64_item_size, write_bytes, write_list_header, write_uint64,
)
from waypost._ext.digest cimport (
    DIGEST_SIZE_B, PART_COUNT, Part, Work, keccak256, keccak256_inputs, keccak256_search,
    zero_bits,
)
from waypost.errors import ConfigError, EnvelopeError

cdef extern from "bytes.h" nogil:
    void wp_store_be64(uint8_t* out, uint64_t value)

cdef enum:
    HEADER_SIZE_MAX_B = 4        # of a list that fits an envelope
    NONCE_SIZE_B = 8
    ZEROS_SIZE_B = 24            # before the nonce, in the older work
    FIXED_SIZE_B = 20            # go-ethereum's size of all but the data
    WANTED_BITS_MAX = 64         # no machine finds more
    GROUP_COUNT = 4              # envelopes that are hashed together, two lanes for each

cdef struct Scratch:             # what is hashed and does not lie in the envelope
    uint8_t[HEADER_SIZE_MAX_B] header
    uint8_t[ZEROS_SIZE_B + NONCE_SIZE_B] tail

WORKS = ("leading", "trailing")
ADVICE = {
    "too-long": f"an envelope has at most {ENVELOPE_SIZE_MAX_B} bytes",
    "bad-rlp": "an envelope is the list [expiry, ttl, topic, data, nonce] in canonical RLP",
    "trailing-bytes": "cut what follows the envelope",
    "bad-number": "expiry and ttl have at most 32 bits, the nonce 64",
    "bad-topic": "a topic has 4 bytes",
    "too-many": f"a list has at most {LIST_COUNT_MAX} envelopes",
}
REASONS = tuple(ADVICE)


cdef int _read_number(Reader* items, int bits, uint64_t* value) noexcept nogil:
    cdef const uint8_t* body = NULL
    cdef size_t size = 0
    cdef Reader again = items[0]
    if read_uint64(items, value) == 0:
        return ACCEPTED if bits == 64 or value[0] >> bits == 0 else BAD_NUMBER
    return BAD_NUMBER if read_bytes(&again, &body, &size) == 0 else BAD_RLP


cdef int _read_items(Reader items, Fields* out) noexcept nogil:
    cdef uint64_t expiry_s = 0, ttl_s = 0
    cdef size_t size = 0
    cdef int reason
    out.worked = items.at
    reason = _read_number(&items, 32, &expiry_s)
    if reason == ACCEPTED:
        reason = _read_number(&items, 32, &ttl_s)
    if reason != ACCEPTED:
        return reason
    out.expiry_s = <uint32_t>expiry_s
    out.ttl_s = <uint32_t>ttl_s
    if read_bytes(&items, &out.topic, &size) < 0:
        return BAD_RLP
    if size != TOPIC_SIZE_B:
        return BAD_TOPIC
    if read_bytes(&items, &out.data, &out.data_size) < 0:
        return BAD_RLP
    out.worked_size = <size_t>(items.at - out.worked)
    reason = _read_number(&items, 64, &out.nonce)
    if reason == ACCEPTED and left(&items) > 0:
        return BAD_RLP
    return reason


cdef int read_envelope(const uint8_t* raw, size_t size, Fields* out) noexcept nogil:
    cdef Reader whole, items
    if size > ENVELOPE_SIZE_MAX_B:
        return TOO_LONG
    whole.at = raw
    whole.end = raw + size
    if read_list(&whole, &items) < 0:
        return BAD_RLP
    if left(&whole) > 0:
        return TRAILING_BYTES
    return _read_items(items, out)


cdef size_t _write_header(uint8_t* out, size_t size) noexcept nogil:
    """The header of the list without the nonce; its size."""
    cdef Writer writer
    writer.at = out
    writer.end = out + HEADER_SIZE_MAX_B
    write_list_header(&writer, size)
    return <size_t>(writer.at - out)


cdef void _lay_out(Envelope envelope, Scratch* scratch, Part* inputs) noexcept:
    """The two inputs that an envelope's hash and its work's are of."""
    cdef Fields fields = envelope._fields()
    cdef const uint8_t* raw = <const uint8_t*><const char*>envelope.raw
    memset(scratch.tail, 0, ZEROS_SIZE_B)
    wp_store_be64(scratch.tail + ZEROS_SIZE_B, fields.nonce)
    inputs[0] = Part(raw, <size_t>len(envelope.raw))
    inputs[1] = inputs[2] = inputs[5] = Part(NULL, 0)
    inputs[3] = Part(&scratch.header[0], _write_header(scratch.header, fields.worked_size))
    inputs[4] = Part(fields.worked, fields.worked_size)
    if not envelope._trailing:
        inputs[5] = Part(&scratch.tail[ZEROS_SIZE_B], NONCE_SIZE_B)


cdef int _take(Envelope envelope, const Scratch* scratch, uint8_t* digests) except -1:
    """Its hash and its bits, of the digests of the two inputs."""
    cdef uint8_t* worked = digests + DIGEST_SIZE_B
    cdef Part inputs[PART_COUNT]
    envelope.hash = (<const char*>digests)[:DIGEST_SIZE_B]
    if envelope._trailing:
        inputs[0] = Part(worked, DIGEST_SIZE_B)
        inputs[1] = Part(&scratch.tail[0], ZEROS_SIZE_B + NONCE_SIZE_B)
        inputs[2] = Part(NULL, 0)
        keccak256_inputs(inputs, 1, worked)
    envelope.bits = zero_bits(worked, envelope._trailing)
    return 0


cdef int _measure(list envelopes) except -1:
    """Hashes them, several together."""
    cdef Scratch[GROUP_COUNT] scratch
    cdef Part[2 * PART_COUNT * GROUP_COUNT] inputs
    cdef uint8_t[2 * DIGEST_SIZE_B * GROUP_COUNT] digests
    cdef Py_ssize_t at, i, count
    for at in range(0, len(envelopes), GROUP_COUNT):
        count = min(<Py_ssize_t>GROUP_COUNT, len(envelopes) - at)
        for i in range(count):
            _lay_out(envelopes[at + i], &scratch[i], &inputs[2 * PART_COUNT * i])
        keccak256_inputs(&inputs[0], 2 * <size_t>count, &digests[0])
        for i in range(count):
            _take(envelopes[at + i], &scratch[i], &digests[2 * DIGEST_SIZE_B * i])
    return 0


cdef Envelope _read(bytes raw, bint trailing, int* reason):
    """An envelope that is not hashed yet, or None with the reason."""
    cdef Envelope envelope
    cdef Fields fields
    reason[0] = read_envelope(<const uint8_t*><const char*>raw, <size_t>len(raw), &fields)
    if reason[0] != ACCEPTED:
        return None
    envelope = Envelope.__new__(Envelope)
    envelope.raw = raw
    envelope.expiry_s = fields.expiry_s
    envelope.ttl_s = fields.ttl_s
    envelope.nonce = fields.nonce
    envelope._trailing = trailing
    envelope._worked_size = fields.worked_size
    return envelope


cdef Envelope accept(bytes raw, bint trailing, int* reason):
    cdef Scratch scratch
    cdef Part[2 * PART_COUNT] inputs
    cdef uint8_t[2 * DIGEST_SIZE_B] digests
    cdef Envelope envelope = _read(raw, trailing, reason)
    if envelope is None:
        return None
    _lay_out(envelope, &scratch, &inputs[0])
    keccak256_inputs(&inputs[0], 2, &digests[0])
    _take(envelope, &scratch, &digests[0])
    return envelope


cdef list accept_list(const uint8_t* data, size_t size, bint trailing, int* reason):
    cdef Reader whole, items
    cdef const uint8_t* item = NULL
    cdef size_t item_size = 0
    cdef list envelopes = []
    whole.at = data
    whole.end = data + size
    reason[0] = BAD_RLP
    if size > ENVELOPE_SIZE_MAX_B:
        reason[0] = TOO_LONG
        return None
    if read_list(&whole, &items) < 0:
        return None
    if left(&whole) > 0:
        reason[0] = TRAILING_BYTES
        return None
    while left(&items) > 0:
        if read_item(&items, &item, &item_size) < 0:
            reason[0] = BAD_RLP
            return None
        envelope = _read((<const char*>item)[:item_size], trailing, reason)
        if envelope is None:
            return None
        if len(envelopes) == LIST_COUNT_MAX:
            reason[0] = TOO_MANY
            return None
        envelopes.append(envelope)
    reason[0] = ACCEPTED
    _measure(envelopes)
    return envelopes


cdef bint _is_trailing(str work) except -1:
    if work not in WORKS:
        raise ConfigError(f"no proof of work is called {work!r}: use one of {', '.join(WORKS)}")
    return work == "trailing"


cdef Envelope _accepted(bytes raw, bint trailing):
    cdef int reason = ACCEPTED
    cdef Envelope envelope = accept(raw, trailing, &reason)
    if envelope is None:
        raise EnvelopeError(REASONS[reason], ADVICE[REASONS[reason]])
    return envelope


cdef bytes _encoded(uint32_t expiry_s, uint32_t ttl_s, bytes topic, bytes data, uint64_t nonce):
    cdef const uint8_t* body = <const uint8_t*><const char*>data
    cdef const uint8_t* name = <const uint8_t*><const char*>topic
    cdef size_t size, data_size = <size_t>len(data)
    cdef bytes out
    cdef Writer writer
    if len(topic) != TOPIC_SIZE_B:
        raise ConfigError(f"a topic has {TOPIC_SIZE_B} bytes, not {len(topic)}")
    if data_size > ENVELOPE_SIZE_MAX_B - 2 * FIXED_SIZE_B:
        raise ConfigError(f"an envelope has at most {ENVELOPE_SIZE_MAX_B} bytes: send less data")
    size = (
        uint64_item_size(expiry_s) + uint64_item_size(ttl_s) + 1 + TOPIC_SIZE_B
        + bytes_item_size(body, data_size) + uint64_item_size(nonce)
    )
    out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>(header_size(size) + size))
    writer.at = <uint8_t*><char*>out
    writer.end = writer.at + len(out)
    write_list_header(&writer, size)
    write_uint64(&writer, expiry_s)
    write_uint64(&writer, ttl_s)
    write_bytes(&writer, name, TOPIC_SIZE_B)
    write_bytes(&writer, body, data_size)
    write_uint64(&writer, nonce)
    return out


@cython.final
cdef class Envelope:
    """A Whisper v6 envelope (EIP-627), immutable: `[expiry, ttl, topic, data, nonce]` in RLP."""

    @staticmethod
    def create(
        *, uint32_t expiry_s, uint32_t ttl_s, bytes topic not None, bytes data not None,
        uint64_t nonce=0, str work not None="leading",
    ):
        return _accepted(_encoded(expiry_s, ttl_s, topic, data, nonce), _is_trailing(work))

    @staticmethod
    def parse(bytes raw not None, str work not None="leading"):
        return _accepted(raw, _is_trailing(work))

    @staticmethod
    def parse_list(bytes data not None, str work not None="leading"):
        cdef int reason = ACCEPTED
        cdef const uint8_t* start = <const uint8_t*><const char*>data
        found = accept_list(start, <size_t>len(data), _is_trailing(work), &reason)
        if found is None:
            raise EnvelopeError(REASONS[reason], ADVICE[REASONS[reason]])
        return found

    cdef Fields _fields(self) noexcept:
        """What parsing found before, found again."""
        cdef Fields fields
        read_envelope(<const uint8_t*><const char*>self.raw, <size_t>len(self.raw), &fields)
        return fields

    cdef size_t _divisor(self) noexcept:
        """The size that the work is divided by."""
        if self._trailing:
            return FIXED_SIZE_B + self._fields().data_size
        return header_size(self._worked_size) + self._worked_size

    cdef bytes _prefix(self):
        """What stands before the nonce when the work is hashed."""
        cdef Fields fields = self._fields()
        cdef uint8_t header[HEADER_SIZE_MAX_B]
        cdef uint8_t digest[DIGEST_SIZE_B]
        cdef size_t size = _write_header(header, fields.worked_size)
        cdef bytes prefix = (
            (<const char*>header)[:size] + (<const char*>fields.worked)[:fields.worked_size]
        )
        if not self._trailing:
            return prefix
        keccak256(<const uint8_t*><const char*>prefix, <size_t>len(prefix), digest)
        return (<const char*>digest)[:DIGEST_SIZE_B] + bytes(ZEROS_SIZE_B)

    @property
    def work(self):
        return WORKS[self._trailing]

    @property
    def sent_s(self):
        return <long long>self.expiry_s - <long long>self.ttl_s

    @property
    def topic(self):
        return (<const char*>self._fields().topic)[:TOPIC_SIZE_B]

    @property
    def data(self):
        cdef Fields fields = self._fields()
        return (<const char*>fields.data)[:fields.data_size]

    @property
    def size_b(self):
        return FIXED_SIZE_B + self._fields().data_size

    @property
    def bloom(self):
        cdef uint8_t[BLOOM_SIZE_B] bloom
        cdef int i
        for i in range(BLOOM_SIZE_B):
            bloom[i] = 0
        add_topic(&bloom[0], self._fields().topic)
        return bloom[:BLOOM_SIZE_B]

    def matches(self, bytes bloom not None):
        return has_topic(bloom_bytes(bloom), self._fields().topic)

    @property
    def pow(self):
        return ldexp(1.0, <int>self.bits) / <double>self._divisor() / <double>self.ttl_s

    def pow_at(self, now_s):
        early_s = max(0, int(self.sent_s) - int(now_s) + 1) if self.sent_s > now_s else 0
        cdef double ttl_s = <double>self.ttl_s + <double>early_s
        return ldexp(1.0, <int>self.bits) / <double>self._divisor() / ttl_s

    def bits_for(self, double pow):
        cdef int bits
        if not pow >= 0:
            raise ConfigError(f"a proof of work is 0 or more, not {pow}")
        for bits in range(WANTED_BITS_MAX + 1):
            if ldexp(1.0, bits) / <double>self._divisor() / <double>self.ttl_s >= pow:
                return bits
        raise ConfigError(f"no machine finds a proof of work of {pow}: ask for less")

    def search(self, uint64_t first, uint32_t count, unsigned int bits):
        cdef bytes prefix = self._prefix()
        cdef Work work = Work(
            <const uint8_t*><const char*>prefix, <size_t>len(prefix), self._trailing, bits
        )
        cdef uint64_t nonce = 0
        cdef unsigned int found = 0
        if count == 0 or first + (count - 1) < first:
            raise ConfigError("search at least one nonce, and none past 2**64 - 1")
        with nogil:
            found = keccak256_search(&work, first, count, &nonce)
        return found, nonce

    def sealed(self, uint64_t nonce):
        cdef bytes raw = _encoded(self.expiry_s, self.ttl_s, self.topic, self.data, nonce)
        return _accepted(raw, self._trailing)

    def __eq__(self, other):
        if not isinstance(other, Envelope):
            return NotImplemented
        return (
            self.raw == (<Envelope>other).raw and self._trailing == (<Envelope>other)._trailing
        )

    def __hash__(self):
        return hash(self.hash)

    def __repr__(self):
        return f"<Envelope {self.hash[:4].hex()}… to {self.topic.hex()}, {len(self.raw)} bytes>"

    def __reduce__(self):
        return Envelope.parse, (self.raw, self.work)
