"""The packets of Whisper v6 that say something of peers: written and read.

A reader answers None where the bytes are not what they should be; it never raises.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from math import isfinite

from waypost._ext.bloom import FULL
from waypost._ext.rlp import decode_front, encode
from waypost.config.whisper import BLOOM_SIZE_B
from waypost.rlpx.capabilities import Capability

VERSION = 6
SHH = Capability("shh", VERSION, 128)

HASH_SIZE_B = 32
LIST_HEADER_SIZE_MAX_B = 4  # of a list of envelopes in a packet
_SIZE_MAX_B = 1024  # of what a peer says of itself: 120 are used
RESPONSE_SIZE_MAX_B = 1 << 16  # a longer one is not read: it costs objects, not only bytes
_RESPONSE_VERSION = 1
_NUMBER_SIZE_MAX_B = 8
_DEPTH_MAX = 4


class Code(IntEnum):
    """What a packet is. Those from 11 on are not in EIP-627: Status uses them."""

    STATUS = 0
    MESSAGES = 1
    POW_REQUIREMENT = 2
    BLOOM_FILTER = 3
    BATCH_ACKNOWLEDGED = 11
    MESSAGES_RESPONSE = 12
    RATE_LIMITS = 20
    SYNC_REQUEST = 123
    SYNC_RESPONSE = 124
    P2P_REQUEST_COMPLETE = 125
    P2P_REQUEST = 126
    P2P_MESSAGE = 127


class FaultCode(IntEnum):
    """Why an envelope was refused, in the numbers that are on the wire."""

    TIME_NOT_SYNCED = 36
    OTHER = 37


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How many packets a second a peer takes of an address, a node and a topic."""

    address: int
    node: int
    topic: int


@dataclass(frozen=True, slots=True)
class Status:
    """What a peer says first: what it takes, and what it does. bloom has 64 bytes."""

    pow_min: float = 0.0
    bloom: bytes = FULL
    light: bool = False
    confirmations: bool = False
    limits: RateLimits | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """An envelope that was refused. code is a FaultCode from most peers, text is for people."""

    hash: bytes
    code: int
    text: str


def encode_status(status: Status) -> bytes:
    """In five items, or six where there are limits. A bloom that takes all is left empty."""
    bloom = b"" if status.bloom == FULL else status.bloom
    items: list[object] = [VERSION, _bits(status.pow_min), bloom]
    items += [int(status.light), int(status.confirmations)]
    limits = status.limits
    return encode([*items, [limits.address, limits.node, limits.topic]] if limits else items)


def decode_status(payload: bytes) -> Status | str:
    """A peer's status, or the name of what is wrong with it.

    All but the version may be left out, from the right; what follows the six is ignored.
    """
    items = _whole(payload)
    if not isinstance(items, list) or not items:
        return "bad-status"
    if _number(items[0]) != VERSION:
        return "version"
    given = len(items)
    pow_min = _pow(items[1]) if given > 1 else 0.0
    if pow_min is None:
        return "bad-pow"
    bloom = items[2] if given > 2 else b""
    if not isinstance(bloom, bytes) or len(bloom) not in (0, BLOOM_SIZE_B):
        return "bad-bloom"
    light = _flag(items[3]) if given > 3 else False
    confirmations = _flag(items[4]) if given > 4 else False
    if light is None or confirmations is None:
        return "bad-status"
    limits = _limits(items[5]) if given > 5 else None
    return Status(pow_min, bloom or FULL, light, confirmations, limits)


def encode_pow(pow_min: float) -> bytes:
    return encode(_bits(pow_min))


def decode_pow(payload: bytes) -> float | None:
    return _pow(_whole(payload))


def encode_bloom(bloom: bytes) -> bytes:
    return encode(bloom)


def decode_bloom(payload: bytes) -> bytes | None:
    return _sized(_whole(payload), BLOOM_SIZE_B)


def encode_acknowledgement(batch_hash: bytes) -> bytes:
    return encode(batch_hash)


def decode_acknowledgement(payload: bytes) -> bytes | None:
    return _sized(_whole(payload), HASH_SIZE_B)


def encode_response(batch_hash: bytes, faults: Iterable[Fault]) -> bytes:
    listed = [[fault.hash, fault.code, fault.text.encode()] for fault in faults]
    return encode([_RESPONSE_VERSION, [batch_hash, listed]])


def decode_response(payload: bytes) -> tuple[bytes, tuple[Fault, ...]] | None:
    """The hash of the packet that it answers, and what was refused of it."""
    match _whole(payload, RESPONSE_SIZE_MAX_B):
        case [b"\x01", [bytes(batch_hash), list(listed), *_], *_]:
            faults = [_fault(item) for item in listed]
            if len(batch_hash) == HASH_SIZE_B and None not in faults:
                return batch_hash, tuple(fault for fault in faults if fault)
    return None


def decode_limits(payload: bytes) -> RateLimits | None:
    return _limits(_whole(payload))


def _limits(value: object) -> RateLimits | None:
    match value:
        case [address, node, topic, *_]:
            numbers = _number(address), _number(node), _number(topic)
            if None not in numbers:
                return RateLimits(*(number or 0 for number in numbers))
    return None


def _fault(item: object) -> Fault | None:
    match item:
        case [bytes(hash), code, bytes(text), *_] if len(hash) == HASH_SIZE_B:
            number = _number(code)
            return None if number is None else Fault(hash, number, text.decode("utf-8", "replace"))
    return None


def _bits(pow_min: float) -> int:
    """The 64 bits of the number (IEEE 754)."""
    return int.from_bytes(struct.pack(">d", pow_min), "big")


def _pow(value: object) -> float | None:
    bits = _number(value)
    if bits is None:
        return None
    pow_min: float = struct.unpack(">d", bits.to_bytes(8, "big"))[0]
    return pow_min if isfinite(pow_min) and pow_min >= 0 else None


def _number(value: object) -> int | None:
    """An RLP integer of 64 bits: no leading zeros."""
    if not isinstance(value, bytes) or len(value) > _NUMBER_SIZE_MAX_B or value[:1] == b"\x00":
        return None
    return int.from_bytes(value, "big")


def _flag(value: object) -> bool | None:
    return {b"": False, b"\x01": True}.get(value) if isinstance(value, bytes) else None


def _sized(value: object, size_b: int) -> bytes | None:
    return value if isinstance(value, bytes) and len(value) == size_b else None


def _whole(data: bytes, size_max_b: int = _SIZE_MAX_B) -> object:
    """The value that data is, or None."""
    front = decode_front(data, _DEPTH_MAX) if len(data) <= size_max_b else None
    return front[0] if front and front[1] == len(data) else None
