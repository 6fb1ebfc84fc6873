"""The three packet kinds of discv5-wire, "Packet Encoding", as frozen values.

All fields are bytes as on the wire: ids have 32 bytes, masking_iv and id_nonce 16, nonces 12.
A wrong size raises ConfigError when a packet is encoded; bad input is answered with a Refusal.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import final

from _typeshed import ReadableBuffer, WriteableBuffer

PROTOCOL: bytes
"""The protocol-id and version of discv5 v5.1, 8 bytes."""

class Refusal(IntEnum):
    """Why a datagram is not a packet."""

    PACKET_OK = 0
    REFUSED_SIZE = 1
    """Not 63..1280 bytes; a WHOAREYOU: not exactly 63."""
    REFUSED_PROTOCOL = 2
    """Another protocol-id or version, or meant for another node."""
    REFUSED_FLAG = 3
    """Of no known kind."""
    REFUSED_AUTHDATA = 4
    """A size that its kind does not allow."""

@final
@dataclass(frozen=True)
class MessagePacket:
    """Flag 0: an ordinary message. body is sealed, as decoded; see `encode` for the way out."""

    masking_iv: bytes
    nonce: bytes
    source_id: bytes
    body: bytes

@final
@dataclass(frozen=True)
class WhoareyouPacket:
    """Flag 1: the challenge to whoever sent the packet with request_nonce."""

    masking_iv: bytes
    request_nonce: bytes
    id_nonce: bytes
    record_seq: int

@final
@dataclass(frozen=True)
class HandshakePacket:
    """Flag 2: a message with the proof of an identity of the "v4" scheme.

    signature is 64 bytes, ephemeral_key 33, record the RLP of an ENR or empty.
    """

    masking_iv: bytes
    nonce: bytes
    source_id: bytes
    signature: bytes
    ephemeral_key: bytes
    record: bytes
    body: bytes

_Packet = MessagePacket | WhoareyouPacket | HandshakePacket

def decode(datagram: ReadableBuffer, local_id: bytes, protocol: bytes = ...) -> _Packet | Refusal:
    """What a datagram to the node local_id says, or why it is refused.

    The body stays sealed: open it with aead.aes_gcm_open(key, nonce, body, header(packet)).
    """

def header(packet: _Packet, protocol: bytes = ...) -> bytes:
    """masking-iv || static-header || authdata: the data that the seal of the message covers.

    Of a WHOAREYOU: challenge-data, 63 bytes.
    """

def encode(
    packet: _Packet, destination_id: bytes, key: bytes | None = None, protocol: bytes = ...
) -> bytes:
    """The datagram to send to the node destination_id.

    With a key of 16 bytes, packet.body is a message in plain and is sealed; without, it is sent as
    it is. Raises ConfigError where that would exceed 1280 bytes.
    """

def encode_into(
    buffer: WriteableBuffer,
    packet: _Packet,
    destination_id: bytes,
    key: bytes | None = None,
    protocol: bytes = ...,
) -> int:
    """Writes the datagram to the start of a buffer and returns its size."""

def message_room() -> int:
    """The size of the largest message in plain that an ordinary packet carries."""

def handshake_room(record_size: int) -> int:
    """The same of a handshake with a record of record_size bytes; 0 where that exceeds 300."""
