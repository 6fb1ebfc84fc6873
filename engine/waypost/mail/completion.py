"""The end of an answer (125): one RLP byte string, not the list that the specification prints.

request id || hash of the last envelope [|| cursor, if there is more]
"ERROR=" || request id || text
"""

from dataclasses import dataclass

from waypost._ext import rlp
from waypost._ext.rlp import decode_front
from waypost.errors import ConfigError
from waypost.mail.archive import CURSOR_SIZE_B, NO_HASH
from waypost.mail.items import ID_SIZE_B, refused

HASH_SIZE_B = 32
TEXT_SIZE_MAX_B = 256
_ERROR = b"ERROR="
_SIZES_B = (ID_SIZE_B, ID_SIZE_B + HASH_SIZE_B, ID_SIZE_B + HASH_SIZE_B + CURSOR_SIZE_B)


@dataclass(frozen=True, slots=True)
class Completed:
    """All that was found was sent; with a cursor (36 bytes) there is more."""

    request_id: bytes
    last_hash: bytes = NO_HASH
    cursor: bytes = b""


@dataclass(frozen=True, slots=True)
class Failed:
    """The server refuses the request."""

    request_id: bytes
    text: str


def encode(completion: Completed | Failed) -> bytes:
    """The payload of 125. Raises ConfigError for sizes at which a real client disconnects."""
    if len(completion.request_id) != ID_SIZE_B:
        raise ConfigError(f"the id of a request has {ID_SIZE_B} bytes")
    match completion:
        case Failed(request_id, text):
            return rlp.encode(_ERROR + request_id + text.encode()[:TEXT_SIZE_MAX_B])
        case Completed(request_id, last_hash, cursor):
            if len(last_hash) != HASH_SIZE_B or len(cursor) not in (0, CURSOR_SIZE_B):
                raise ConfigError("the last hash has 32 bytes, the cursor 36 or none")
            return rlp.encode(request_id + last_hash + cursor)


def decode(payload: bytes) -> Completed | Failed:
    """What a server says of the end. Raises MailError. A text is cut to TEXT_SIZE_MAX_B bytes."""
    front = decode_front(payload, 0)
    if front is None or front[1] != len(payload):
        raise refused("bad-rlp")
    data: bytes = front[0]
    text_start = len(_ERROR) + ID_SIZE_B
    if data.startswith(_ERROR) and len(data) >= text_start:
        text = data[text_start:][:TEXT_SIZE_MAX_B].decode("utf-8", "replace")
        return Failed(data[len(_ERROR) : text_start], text)
    if len(data) not in _SIZES_B:
        raise refused("bad-completion")
    hash_end = ID_SIZE_B + HASH_SIZE_B
    return Completed(data[:ID_SIZE_B], data[ID_SIZE_B:hash_end] or NO_HASH, data[hash_end:])
