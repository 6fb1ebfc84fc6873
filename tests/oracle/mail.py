"""Whisper mail as status-go writes and reads it, slowly: by rlp and struct."""

import struct

import rlp

from tests.oracle.enr import Refused, number
from tests.oracle.whisper import encode as encode_envelope
from tests.oracle.whisper import fields_of

FULL = b"\xff" * 64


def legacy(lower, upper, bloom=None, limit=None, cursor=None):
    """The binary form. What is None, and all after it, is left out."""
    out = struct.pack(">II", lower, upper)
    if bloom is not None:
        out += bloom
        if limit is not None:
            out += struct.pack(">I", limit) + (cursor or b"")
    return out


def rlp6(lower, upper, bloom, limit, cursor, batch):
    return rlp.encode([lower, upper, bloom, limit, cursor, int(batch)])


def rlp7(lower, upper, bloom, topics, limit, cursor, batch):
    return rlp.encode([lower, upper, bloom, topics, limit, cursor, int(batch)])


def plain(request_id, lower, upper, limit, cursor, bloom, topics=None):
    items = [request_id, lower, upper, limit, cursor, bloom]
    return rlp.encode(items if topics is None else [*items, topics])


def read_request(payload):
    """(form, lower, upper, bloom, topics, limit, cursor, batch), or Refused."""
    if payload and payload[0] >= 0xC0:
        items = read_list(payload)
        if len(items) == 6:
            items.insert(3, [])
            form = "rlp-6"
        elif len(items) == 7 and isinstance(items[3], list):
            form = "rlp-7"
        else:
            raise Refused("bad-rlp")
        lower, upper, bloom, topics, limit, cursor, batch = items
        return (form, *read_fields(lower, upper, bloom, topics, limit, cursor), flag(batch))
    return read_legacy(payload)


def read_legacy(payload):
    if len(payload) not in (8, 72, 76, 112, 116):
        raise Refused("size")
    lower, upper = struct.unpack_from(">II", payload)
    bloom = payload[8:72] if len(payload) > 8 else FULL
    limit = struct.unpack_from(">I", payload, 72)[0] if len(payload) > 72 else 0
    return "legacy", lower, upper, bloom, (), limit, payload[76:112], False


def read_plain(packet):
    """(id, lower, upper, bloom, topics, limit, cursor), or Refused."""
    items = read_list(packet)
    if len(items) == 6:
        items.append([])
    if len(items) != 7:
        raise Refused("bad-rlp")
    request_id, lower, upper, limit, cursor, bloom, topics = items
    if not isinstance(request_id, bytes) or len(request_id) != 32:
        raise Refused("bad-id")
    return (request_id, *read_fields(lower, upper, bloom, topics, limit, cursor))


def read_fields(lower, upper, bloom, topics, limit, cursor):
    if not isinstance(topics, list) or any(not is_string(each, 4) for each in topics):
        raise Refused("bad-topics")
    if not (is_string(bloom, 0, 64) and is_string(cursor, 0, 36)):
        raise Refused("bad-size")
    numbers = [integer(each) for each in (lower, upper, limit)]
    return numbers[0], numbers[1], bloom, tuple(topics), numbers[2], cursor


def sync_request(lower, upper, bloom, limit, cursor):
    return rlp.encode([lower, upper, bloom, limit, cursor])


def read_sync_request(payload):
    """(lower, upper, bloom, limit, cursor), or Refused."""
    items = read_list(payload)
    if len(items) != 5:
        raise Refused("bad-rlp")
    lower, upper, bloom, limit, cursor = items
    fields = read_fields(lower, upper, bloom, [], limit, cursor)
    if not 1 <= fields[4] <= 1000 or fields[0] > fields[1]:
        raise Refused("bad-range")
    return fields[0], fields[1], bloom, fields[4], cursor


def sync_response(envelopes, cursor, final, error):
    """envelopes are the fields of each."""
    lists = [rlp.decode(encode_envelope(*each)) for each in envelopes]
    return rlp.encode([lists, cursor, int(final), error])


def read_sync_response(payload):
    """(envelopes, cursor, final, error), or Refused."""
    items = read_list(payload)
    if len(items) != 4 or not isinstance(items[0], list):
        raise Refused("bad-rlp")
    if any(not isinstance(each, list) for each in items[0]):
        raise Refused("bad-rlp")
    envelopes = [fields_of(each) for each in items[0]]
    if not is_string(items[1], 0, 36) or not isinstance(items[3], bytes):
        raise Refused("bad-rlp")
    return envelopes, items[1], flag(items[2]), items[3]


def completed(request_id, last_hash=b"", cursor=b""):
    return rlp.encode(request_id + last_hash + cursor)


def failed(request_id, text):
    return rlp.encode(b"ERROR=" + request_id + text)


def read_completion(payload):
    """(id, last hash, cursor), (id, text), or Refused."""
    try:
        data = rlp.decode(payload, strict=True)
    except rlp.DecodingError:
        raise Refused("bad-rlp") from None
    if not isinstance(data, bytes):
        raise Refused("bad-rlp")
    if len(data) >= 38 and data[:6] == b"ERROR=":
        return data[6:38], data[38:]
    if len(data) not in (32, 64, 100):
        raise Refused("bad-size")
    return data[:32], data[32:64] or bytes(32), data[64:]


def bundled(raws):
    """The payload of 127 for several envelopes."""
    return rlp.encode([rlp.decode(raw) for raw in raws])


def read_list(data):
    try:
        items = rlp.decode(data, strict=True)
    except rlp.DecodingError:
        raise Refused("bad-rlp") from None
    if not isinstance(items, list):
        raise Refused("bad-rlp")
    return list(items)


def is_string(item, *sizes_b):
    return isinstance(item, bytes) and len(item) in sizes_b


def integer(item):
    value = number(item, 4) if isinstance(item, bytes) else None
    if value is None:
        raise Refused("bad-number")
    return value


def flag(item):
    if item not in (b"", b"\x01"):
        raise Refused("bad-flag")
    return item == b"\x01"
