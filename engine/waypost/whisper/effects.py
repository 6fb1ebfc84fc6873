"""What the Whisper machine asks of its driver, and tells its owner."""

from dataclasses import dataclass

from waypost._ext.envelope import Envelope
from waypost.rlpx.basics import Reason
from waypost.whisper.packets import Fault, Status


@dataclass(frozen=True, slots=True)
class Send:
    """Send this packet of "shh"."""

    peer: bytes
    code: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """Disconnect the peer: `refusal` names what it did. Nothing more is said of it."""

    peer: bytes
    reason: Reason
    refusal: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The peer has said its status; envelopes may go both ways."""

    peer: bytes
    status: Status


@dataclass(frozen=True, slots=True)
class Arrival:
    """A packet of envelopes from a peer: those that are new and were taken.

    batch_hash is keccak256 of the packet where the peer wants it acknowledged, else empty; then
    there is an Arrival even of a packet without anything new. refused are the others that are not
    expired, as many as the acknowledgement has room to tell of.
    """

    peer: bytes
    batch_hash: bytes
    envelopes: tuple[Envelope, ...]
    refused: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The peer has taken the packet of envelopes of this keccak256."""

    peer: bytes
    batch_hash: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """What the peer refused of the packet of envelopes of this keccak256."""

    peer: bytes
    batch_hash: bytes
    refused: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of mail, 123 to 127; 124, 125 and 127 only from trusted peers."""

    peer: bytes
    code: int
    payload: bytes


Effect = Send | Drop | Ready | Arrival | Acknowledged | Answered | Packet
