"""The six base messages of discv5-wire, "Protocol Messages", as frozen values.

Numbers are unsigned and `bytes` are as on the wire. A value of the wrong type or range raises
TypeError or OverflowError when a message is made; what breaks a rule of the specification raises
ConfigError when it is encoded.
"""

from dataclasses import dataclass
from typing import final

from _typeshed import ReadableBuffer, WriteableBuffer

@final
@dataclass(frozen=True)
class Ping:
    """0x01: are you there? Tells the sequence number of the sender's record."""

    request_id: bytes
    record_seq: int

@final
@dataclass(frozen=True)
class Pong:
    """0x02: the answer to a PING, with the endpoint that it came from (ip: 4 or 16 bytes)."""

    request_id: bytes
    record_seq: int
    ip: bytes
    port: int

@final
@dataclass(frozen=True)
class FindNode:
    """0x03: asks for records at logarithmic distances (0..256) from the recipient."""

    request_id: bytes
    distances: tuple[int, ...]

@final
@dataclass(frozen=True)
class Nodes:
    """0x04: one of `total` answers to a FINDNODE; each record is its RLP, not parsed."""

    request_id: bytes
    total: int
    records: tuple[bytes, ...]

@final
@dataclass(frozen=True)
class TalkRequest:
    """0x05: a request of the application protocol that `protocol` names."""

    request_id: bytes
    protocol: bytes
    payload: bytes

@final
@dataclass(frozen=True)
class TalkResponse:
    """0x06: the answer to a TALKREQ, empty where its protocol is unknown."""

    request_id: bytes
    payload: bytes

_Message = Ping | Pong | FindNode | Nodes | TalkRequest | TalkResponse

def decode(plain: ReadableBuffer) -> _Message | None:
    """The message that plain is, or None for anything that is not exactly one of the six."""

def encode(message: _Message) -> bytes:
    """The bytes of a message, at most 1193 of them: what one ordinary packet carries."""

def encode_into(buffer: WriteableBuffer, message: _Message) -> int:
    """Writes the message to the start of a buffer and returns its size."""

def nodes_room(room: int, request_id_size: int) -> int:
    """How many bytes of records a NODES of `room` bytes carries, when its total is at most 127."""
