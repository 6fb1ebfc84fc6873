"""What a client asks of a mail server (126), in the four forms that real clients send.

    LEGACY  lower || upper [|| bloom [|| limit [|| cursor]]], numbers of 4 bytes, big-endian
    RLP6    [lower, upper, bloom, limit, cursor, batch]          status-go before 0.40
    RLP7    [lower, upper, bloom, topics, limit, cursor, batch]  status-go from 0.40 on
    PLAIN   [id, lower, upper, limit, cursor, bloom]             Status Whisper from 1.5.2 on
            [id, lower, upper, limit, cursor, bloom, topics]     Waku

The first three are the payload of an encrypted envelope; PLAIN is the packet itself.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from waypost._ext import rlp
from waypost._ext.bloom import FULL
from waypost.errors import ConfigError, MailError
from waypost.mail import items
from waypost.mail.archive import CURSOR_SIZE_B
from waypost.mail.items import BLOOM_SIZE_B, ID_SIZE_B, TOPIC_SIZE_B, refused

_LIST_MIN = 0xC0  # a list begins with it or more; a binary time does so from 2072 on
_TIMES_SIZE_B = 8
_BLOOM_END = _TIMES_SIZE_B + BLOOM_SIZE_B
_LIMIT_END = _BLOOM_END + 4
_CURSOR_END = _LIMIT_END + CURSOR_SIZE_B
_KEY_END = _CURSOR_END + 4  # status-go from 0.26 on reads a cursor only with a topic after it


class Form(StrEnum):
    """How a request is written."""

    LEGACY = "legacy"
    RLP6 = "rlp-6"
    RLP7 = "rlp-7"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRequest:
    """Envelopes sent from lower_s to upper_s, both included, in seconds since 1970.

    An upper_s of 0 is now, a limit of 0 what the server thinks fit. The bloom (64 bytes, or none)
    stands for the topics where a form or a server has no room for them. cursor is of the page
    before. batch: several envelopes may come in one packet. id is of PLAIN alone, 32 bytes.
    """

    lower_s: int
    upper_s: int = 0
    bloom: bytes = FULL
    topics: tuple[bytes, ...] = ()
    limit: int = 0
    cursor: bytes = b""
    batch: bool = True
    form: Form = Form.RLP7
    id: bytes = b""


def encode(request: MailRequest) -> bytes:
    """The bytes of a request in its form. Raises ConfigError for what no server would read.

    Topics go into RLP7 alone, and into PLAIN where there are any, which only Waku reads.
    """
    times = [request.lower_s, request.upper_s]
    bloom, cursor = request.bloom, request.cursor
    items.check_sent(*times, request.limit, bloom=bloom, cursor=cursor)
    if any(len(topic) != TOPIC_SIZE_B for topic in request.topics):
        raise ConfigError(f"a topic has {TOPIC_SIZE_B} bytes")
    match request.form:
        case Form.LEGACY:
            return _encode_legacy(request)
        case Form.RLP6:
            return rlp.encode([*times, bloom, request.limit, cursor, int(request.batch)])
        case Form.RLP7:
            fields = [*times, bloom, request.topics, request.limit, cursor, int(request.batch)]
            return rlp.encode(fields)
        case Form.PLAIN:
            if len(request.id) != ID_SIZE_B:
                raise ConfigError(f"a plain request has an id of {ID_SIZE_B} bytes")
            plain = [request.id, *times, request.limit, cursor, bloom]
            return rlp.encode([*plain, request.topics] if request.topics else plain)


def decode(payload: bytes) -> MailRequest:
    """The request in the payload of an envelope. Raises MailError.

    A cursor of 40 bytes, as status-go's servers want it from legacy clients, is cut to ours.
    """
    if payload[:1] < bytes([_LIST_MIN]):
        return _decode_legacy(payload)
    match items.read_list(payload):
        case [lower, upper, bloom, limit, cursor, batch]:
            topics: list[Any] = []
            form = Form.RLP6
        case [lower, upper, bloom, list(topics), limit, cursor, batch]:
            form = Form.RLP7
        case _:
            raise refused("bad-rlp")
    return MailRequest(
        lower_s=items.number(lower),
        upper_s=items.number(upper),
        bloom=items.bloom(bloom),
        topics=items.topics(topics),
        limit=items.number(limit),
        cursor=items.cursor(cursor),
        batch=items.flag(batch),
        form=form,
    )


def decode_plain(packet: bytes) -> MailRequest:
    """The request that is a packet itself, in the form PLAIN. Raises MailError."""
    fields: list[Any] = items.read_list(packet)
    if len(fields) not in (6, 7):
        raise refused("bad-rlp")
    request_id, lower, upper, limit, cursor, bloom = fields[:6]
    if len(items.string(request_id)) != ID_SIZE_B:
        raise refused("bad-id")
    return MailRequest(
        lower_s=items.number(lower),
        upper_s=items.number(upper),
        bloom=items.bloom(bloom),
        topics=items.topics(fields[6]) if len(fields) == 7 else (),
        limit=items.number(limit),
        cursor=items.cursor(cursor),
        form=Form.PLAIN,
        id=items.string(request_id),
    )


def plain_id(packet: bytes) -> bytes | None:
    """The id of a request in the form PLAIN, malformed or not; None where it is none at all."""
    try:
        fields = items.read_list(packet)
    except MailError:
        return None
    if len(fields) in (6, 7) and isinstance(fields[0], bytes) and len(fields[0]) == ID_SIZE_B:
        return fields[0]
    return None


def _encode_legacy(request: MailRequest) -> bytes:
    parts = [request.lower_s.to_bytes(4, "big"), request.upper_s.to_bytes(4, "big")]
    if parts[0][0] >= _LIST_MIN:
        raise ConfigError("a binary request of so late a time looks like a list: use another form")
    if len(request.bloom) != BLOOM_SIZE_B:
        raise ConfigError(f"a binary request has a bloom of {BLOOM_SIZE_B} bytes")
    return b"".join([*parts, request.bloom, request.limit.to_bytes(4, "big"), request.cursor])


def _decode_legacy(payload: bytes) -> MailRequest:
    size_b = len(payload)
    if size_b < _TIMES_SIZE_B:
        raise refused("undersized")
    if _TIMES_SIZE_B < size_b < _BLOOM_END:
        raise refused("undersized-bloom")
    if size_b not in (_TIMES_SIZE_B, _BLOOM_END, _LIMIT_END, _CURSOR_END, _KEY_END):
        raise refused("bad-size")
    return MailRequest(
        lower_s=int.from_bytes(payload[:4], "big"),
        upper_s=int.from_bytes(payload[4:8], "big"),
        bloom=payload[_TIMES_SIZE_B:_BLOOM_END] or FULL,
        limit=int.from_bytes(payload[_BLOOM_END:_LIMIT_END], "big"),
        cursor=payload[_LIMIT_END:_CURSOR_END],
        batch=False,
        form=Form.LEGACY,
    )
