"""Node records verified over libsecp256k1, built and signed, and kept in a bounded cache.

What is signed lies in one piece behind the signature, so it is hashed under a new list header and
never encoded again.
"""
import base64
from ipaddress import IPv4Address, IPv6Address

cimport cython
from libc.stdint cimport uint16_t
from libc.string cimport memcpy

from waypost._ext.address cimport address_to_bytes, port_of
from waypost._ext.cursor cimport (
    Reader, Writer, left, read_bytes, read_item, write_list_header,
)
from waypost._ext.digest cimport DIGEST_SIZE_B, keccak256, keccak256_pair
from waypost._ext.fields cimport (
    ACCEPTED, BAD_ENDPOINT, BAD_KEY, BAD_SIGNATURE, BAD_TEXT, IPV4_SIZE_B, IPV6_SIZE_B, TOO_LONG,
    Fields, read_fields,
)
from waypost._ext.rlp cimport encode, encode_list
from waypost._ext.secp256k1 cimport (
    COMPRESSED_SIZE_B, POINT_SIZE_B, SIGNATURE_SIZE_B, SecretKey, point_compress, point_parse,
    point_xy, sign, verify,
)
from waypost._ext.fields import ADVICE as _ADVICE, REASONS
from waypost.errors import ConfigError, RecordError

_OF_THE_KEY = (b"id", b"secp256k1")  # the pairs that nobody but the key decides

cdef enum:
    LIST_HEADER_SIZE_MAX_B = 3   # of a list that fits a record
    TEXT_SIZE_MAX = 404          # "enr:" and the base64 of RECORD_SIZE_MAX_B bytes


cdef bint _is_signed(const Fields* fields, const PublicPoint* point) noexcept nogil:
    cdef uint8_t header[LIST_HEADER_SIZE_MAX_B]
    cdef uint8_t digest[DIGEST_SIZE_B]
    cdef Writer writer
    cdef size_t size = left(&fields.content)
    writer.at = header
    writer.end = header + LIST_HEADER_SIZE_MAX_B
    write_list_header(&writer, size)
    keccak256_pair(header, <size_t>(writer.at - header), fields.content.at, size, digest)
    return verify(fields.signature, digest, point) == 1


cdef void _set_endpoint(
    Address* endpoint, const uint8_t* ip, size_t ip_size, uint16_t port
) noexcept nogil:
    if ip == NULL or port == 0:
        return
    if ip_size == IPV4_SIZE_B:
        endpoint.ip[10] = endpoint.ip[11] = 0xFF
    memcpy(endpoint.ip + IPV6_SIZE_B - ip_size, ip, ip_size)
    endpoint.port[0] = <uint8_t>(port >> 8)
    endpoint.port[1] = <uint8_t>port


cdef ENR _verified(bytes raw, int* reason):
    """The record, or None with the reason."""
    cdef Fields fields
    cdef PublicPoint point
    cdef uint8_t xy[POINT_SIZE_B]
    cdef ENR record
    reason[0] = read_fields(<const uint8_t*><const char*>raw, <size_t>len(raw), &fields)
    if reason[0] != ACCEPTED:
        return None
    if not point_parse(&point, fields.public_key, COMPRESSED_SIZE_B):
        reason[0] = BAD_KEY
        return None
    if not _is_signed(&fields, &point):
        reason[0] = BAD_SIGNATURE
        return None
    record = ENR.__new__(ENR)
    record.raw = raw
    record.seq = fields.seq
    record._point = point
    point_xy(&point, xy)
    keccak256(xy, POINT_SIZE_B, record._node_id)
    _set_endpoint(&record._udp4, fields.ip, IPV4_SIZE_B, fields.udp)
    _set_endpoint(&record._udp6, fields.ip6, IPV6_SIZE_B, fields.udp6 or fields.udp)
    return record


cdef object _error(int reason):
    return RecordError(REASONS[reason], _ADVICE[REASONS[reason]])


cdef ENR _accepted(bytes raw):
    cdef int reason = ACCEPTED
    cdef ENR record = _verified(raw, &reason)
    if record is None:
        raise _error(reason)
    return record


cdef str _text_of(bytes raw):
    return "enr:" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


cdef bytes _decode_text(str text):
    """The bytes of a record's text. Only the one text that encodes them is taken."""
    if len(text) > TEXT_SIZE_MAX:
        raise _error(TOO_LONG)
    try:
        raw = base64.urlsafe_b64decode(text.removeprefix("enr:") + "==")  # excess is ignored
    except ValueError:
        raise _error(BAD_TEXT) from None
    if _text_of(raw) != text:
        raise _error(BAD_TEXT)
    return raw


cdef bytes _name_of(key):
    """A key of a pair as bytes. Keys are bytes; in text, each character stands for one of them."""
    if isinstance(key, bytes):
        return key
    try:
        return key.encode("latin-1")
    except (AttributeError, UnicodeEncodeError):
        raise ConfigError(f"{key!r} is not the key of a pair: use text or bytes") from None


cdef bytes _item_of(bytes name, value):
    """The RLP of a value; that of ip and ip6 may be text."""
    if name in (b"ip", b"ip6") and not isinstance(value, bytes):
        try:
            value = (IPv4Address if name == b"ip" else IPv6Address)(str(value)).packed
        except ValueError:
            raise _error(BAD_ENDPOINT) from None
    return encode(value)


cdef dict _items_of(pairs, dict values):
    """{key: RLP of its value, or None where it is to be absent} of what a caller asks for."""
    items = {}
    for key, value in {**(pairs or {}), **values}.items():
        name = _name_of(key)
        if name in _OF_THE_KEY:
            raise ConfigError("id and secp256k1 come from the key: leave them out")
        items[name] = None if value is None else _item_of(name, value)
    return items


cdef bytes _payload(bytes item):
    """The bytes of a string; of a list, its whole RLP."""
    cdef Reader reader
    cdef const uint8_t* body = NULL
    cdef size_t size = 0
    reader.at = <const uint8_t*><const char*>item
    reader.end = reader.at + len(item)
    return (<const char*>body)[:size] if read_bytes(&reader, &body, &size) == 0 else item


cdef SecretKey _secret_of(key):
    secret = getattr(key, "secret_key", key)
    if not isinstance(secret, SecretKey):
        raise ConfigError("sign a record with a PrivateKey or a SecretKey")
    return secret


cdef ENR _signed(SecretKey key, seq, dict items):
    """A record of the items that are not None. It is read back, so that we make none we refuse."""
    cdef uint8_t digest[DIGEST_SIZE_B]
    cdef uint8_t signature[SIGNATURE_SIZE_B]
    cdef bytes content
    if not 0 <= seq < 1 << 64:
        raise ConfigError(f"a sequence number is 0 to 2**64 - 1, not {seq}")
    items = {**items, b"id": encode(b"v4"), b"secp256k1": encode(key.public_key)}
    body = encode(seq) + b"".join(
        [encode(name) + items[name] for name in sorted(items) if items[name] is not None]
    )
    content = encode_list(body)
    keccak256(<const uint8_t*><const char*>content, <size_t>len(content), digest)
    if not sign(signature, digest, key.secret()):
        raise _error(BAD_SIGNATURE)
    return _accepted(encode_list(encode((<const char*>signature)[:SIGNATURE_SIZE_B]) + body))


@cython.final
cdef class ENR:
    """A node record (EIP-778, identity scheme "v4"): verified, immutable, at most 300 bytes.

    It maps the keys of its pairs to the bytes of their values (of a value that is a list, to its
    RLP). Keys are bytes; as text, each character stands for one of them. Two records are equal
    when their bytes are.
    """

    def __init__(self):
        raise TypeError("make a record with ENR.parse or ENR.create")

    @staticmethod
    def parse(data not None):
        if isinstance(data, str):
            return _accepted(_decode_text(data))
        if isinstance(data, bytes):
            return _accepted(data)
        raise TypeError("a record is parsed from str or bytes")

    @staticmethod
    def create(key, pairs=None, *, seq=1, **values):
        return _signed(_secret_of(key), seq, _items_of(pairs, values))

    def update(self, key, pairs=None, **values):
        cdef SecretKey secret = _secret_of(key)
        if secret.node_id != self.node_id:
            raise _error(BAD_KEY)
        before = {key: item for key, item in self._items().items() if key not in _OF_THE_KEY}
        after = {**before, **_items_of(pairs, values)}
        if all([before.get(name) == item for name, item in after.items()]):
            return self
        return _signed(secret, <object>self.seq + 1, after)

    cdef const uint8_t* node_id_ptr(self) noexcept:
        return self._node_id

    cdef const Address* udp_toward(self, bint ipv6) noexcept:
        cdef Address* endpoint = &self._udp6 if ipv6 else &self._udp4
        if port_of(endpoint) == 0:
            return NULL
        return endpoint

    @cython.profile(False)   # a traced return is turned into Python, and pointers may be NULL
    @cython.linetrace(False)
    cdef Fields _fields(self) except *:
        cdef Fields fields
        read_fields(<const uint8_t*><const char*>self.raw, <size_t>len(self.raw), &fields)
        return fields

    cdef dict _items(self):
        """{key: RLP of its value}, in the order of the record."""
        cdef Reader pairs = self._fields().pairs
        cdef const uint8_t* key = NULL
        cdef const uint8_t* item = NULL
        cdef size_t key_size = 0, size = 0
        items = {}
        while left(&pairs) > 0:
            read_bytes(&pairs, &key, &key_size)
            read_item(&pairs, &item, &size)
            items[(<const char*>key)[:key_size]] = (<const char*>item)[:size]
        return items

    @property
    def node_id(self):
        return (<const char*>self._node_id)[:NODE_ID_SIZE_B]

    @property
    def public_key(self):
        cdef uint8_t out[COMPRESSED_SIZE_B]
        point_compress(&self._point, out)
        return (<const char*>out)[:COMPRESSED_SIZE_B]

    @property
    def text(self):
        return _text_of(self.raw)

    @property
    def ip(self):
        cdef Fields fields = self._fields()
        if fields.ip == NULL:
            return None
        return str(IPv4Address((<const char*>fields.ip)[:IPV4_SIZE_B]))

    @property
    def ip6(self):
        cdef Fields fields = self._fields()
        if fields.ip6 == NULL:
            return None
        return str(IPv6Address((<const char*>fields.ip6)[:IPV6_SIZE_B]))

    @property
    def udp(self):
        return self._fields().udp or None

    @property
    def udp6(self):
        cdef Fields fields = self._fields()
        return fields.udp6 or fields.udp or None

    @property
    def tcp(self):
        return self._fields().tcp or None

    @property
    def tcp6(self):
        cdef Fields fields = self._fields()
        return fields.tcp6 or fields.tcp or None

    def endpoint(self, *, bint ipv6=False):
        cdef const Address* endpoint = self.udp_toward(ipv6)
        return None if endpoint == NULL else address_to_bytes(endpoint)

    def keys(self):
        return [name.decode("latin-1") for name in self._items()]

    def pairs(self):
        return {name.decode("latin-1"): _payload(item) for name, item in self._items().items()}

    def get(self, key, default=None):
        item = self._items().get(_name_of(key))
        return default if item is None else _payload(item)

    def __getitem__(self, key):
        item = self._items().get(_name_of(key))
        if item is None:
            raise KeyError(key)
        return _payload(item)

    def __contains__(self, key):
        return _name_of(key) in self._items()

    def __iter__(self):
        return iter(self.keys())

    def __len__(self):
        return len(self._items())

    def __eq__(self, other):
        return self.raw == (<ENR>other).raw if isinstance(other, ENR) else NotImplemented

    def __hash__(self):
        return hash(self.raw)

    def __str__(self):
        return self.text

    def __repr__(self):
        hosts = [f" {self.ip}:{self.udp}"] if self.endpoint() else []
        hosts += [f" [{self.ip6}]:{self.udp6}"] if self.endpoint(ipv6=True) else []
        return f"<ENR {self.node_id[:4].hex()}… seq {self.seq}{''.join(hosts)}>"

    def __reduce__(self):
        return ENR.parse, (self.raw,)


@cython.final
cdef class RecordCache:
    def __cinit__(self, Py_ssize_t capacity):
        if capacity < 1:
            raise ConfigError(f"a record cache holds 1 record or more, not {capacity}")
        self._records = {}
        self._order = []
        self.capacity = capacity

    cdef ENR parse(self, const uint8_t* data, size_t size, int* reason):
        if size > RECORD_SIZE_MAX_B:
            reason[0] = TOO_LONG
            return None
        cdef bytes raw = (<const char*>data)[:size]
        cdef ENR record = self._records.get(raw)
        if record is not None:
            self.hits += 1
            reason[0] = ACCEPTED
            return record
        self.misses += 1
        record = _verified(raw, reason)
        if record is not None:
            self._keep(record)
        return record

    cdef int _keep(self, ENR record) except -1:
        if len(self._order) < self.capacity:
            self._order.append(record.raw)
        else:
            del self._records[self._order[self._oldest]]
            self._order[self._oldest] = record.raw
            self._oldest = (self._oldest + 1) % self.capacity
        self._records[record.raw] = record
        return 0

    def verified(self, bytes raw not None):
        cdef int reason = ACCEPTED
        cdef ENR record = self.parse(
            <const uint8_t*><const char*>raw, <size_t>len(raw), &reason
        )
        if record is None:
            raise _error(reason)
        return record

    def __len__(self):
        return len(self._records)
