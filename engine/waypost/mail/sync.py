"""What one mail server asks of another, all that it has of a time (123), and the answer (124).

The answer is any number of bundles of envelopes, then an end: with a cursor where the limit was
reached, or with an error.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from waypost._ext import rlp
from waypost._ext.bloom import FULL
from waypost._ext.envelope import Envelope
from waypost.errors import ConfigError, EnvelopeError
from waypost.mail import items
from waypost.mail.delivery import bundles
from waypost.mail.items import refused

LIMIT_MAX = 1000  # more is refused by real servers
TEXT_SIZE_MAX_B = 256
_EMPTY = rlp.encode([])
_FRAME_SIZE_B = 7  # around a bundle's list: that of the response, and three empty items
_ENVELOPE_FRAME_SIZE_B = 4 + _FRAME_SIZE_B


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRequest:
    """Everything sent from lower_s to upper_s, both included, that lies beyond the cursor."""

    lower_s: int
    upper_s: int
    bloom: bytes = FULL
    limit: int = LIMIT_MAX
    cursor: bytes = b""


@dataclass(frozen=True, slots=True)
class SyncResponse:
    """Some envelopes, or the end of the answer: `final`, or an error. A cursor: there is more."""

    envelopes: tuple[Envelope, ...] = ()
    cursor: bytes = b""
    final: bool = False
    error: str = ""


def encode_request(request: SyncRequest) -> bytes:
    """The payload of 123. Raises ConfigError for what a real server hangs up on."""
    lower_s, upper_s = request.lower_s, request.upper_s
    items.check_sent(lower_s, upper_s, bloom=request.bloom, cursor=request.cursor)
    if lower_s > upper_s or not 1 <= request.limit <= LIMIT_MAX:
        raise ConfigError(f"ask for times in their order, and for 1 to {LIMIT_MAX} envelopes")
    return rlp.encode([lower_s, upper_s, request.bloom, request.limit, request.cursor])


def decode_request(payload: bytes) -> SyncRequest:
    """What another server asks for. Raises MailError."""
    match items.read_list(payload):
        case [lower, upper, bloom, limit, cursor]:
            request = SyncRequest(
                lower_s=items.number(lower),
                upper_s=items.number(upper),
                bloom=items.bloom(bloom),
                limit=items.number(limit),
                cursor=items.cursor(cursor),
            )
        case _:
            raise refused("bad-rlp")
    if request.lower_s > request.upper_s or not 1 <= request.limit <= LIMIT_MAX:
        raise refused("bad-sync")
    return request


def encode_bundles(raws: Sequence[bytes], size_max_b: int) -> Iterator[bytes]:
    """The payloads of 124 for envelopes, each of at most so many bytes.

    An envelope that fits none is left out: the peer would hang up, and never come past it.
    """
    fitting = [raw for raw in raws if len(raw) <= size_max_b - _ENVELOPE_FRAME_SIZE_B]
    for bundle in bundles(fitting, size_max_b - _FRAME_SIZE_B):
        yield _encode(rlp.encode_list(b"".join(bundle)), b"", False, "")


def encode_end(cursor: bytes) -> bytes:
    """The payload of 124 that ends an answer."""
    return _encode(_EMPTY, cursor, True, "")


def encode_error(text: str) -> bytes:
    """The payload of 124 instead of an answer, or of the rest of one."""
    return _encode(_EMPTY, b"", False, text)


def decode_response(payload: bytes, work: str = "leading") -> SyncResponse:
    """What another server answers, its envelopes parsed. Raises MailError.

    A text is cut to TEXT_SIZE_MAX_B bytes.
    """
    raws = rlp.raw_items(payload)
    if raws is None or len(raws) != 4:
        raise refused("bad-rlp")
    cursor, final, error = (rlp.decode_front(raw, 0) for raw in raws[1:])
    if not (cursor and final and error):
        raise refused("bad-rlp")
    try:
        envelopes = Envelope.parse_list(raws[0], work)
    except EnvelopeError:
        raise refused("bad-envelope") from None
    text = error[0][:TEXT_SIZE_MAX_B].decode("utf-8", "replace")
    return SyncResponse(tuple(envelopes), items.cursor(cursor[0]), items.flag(final[0]), text)


def _encode(envelopes: bytes, cursor: bytes, final: bool, error: str) -> bytes:
    text = rlp.encode(error.encode()[:TEXT_SIZE_MAX_B])
    return rlp.encode_list(envelopes + rlp.encode(cursor) + rlp.encode(int(final)) + text)
