"""The messages of the "p2p" capability (rlpx.md, '"p2p" Capability')."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from waypost._ext.rlp import decode_front, encode
from waypost.rlpx.capabilities import Capability

HELLO, DISCONNECT, PING, PONG = range(4)
P2P_VERSION = 5
P2P_VERSION_MIN = 4  # EIP-8
SNAPPY_VERSION_MIN = 5  # EIP-706
EMPTY_LIST = b"\xc0"  # Ping and Pong
_POINT_SIZE_B = 64
_DEPTH_MAX = 8  # lists in each other, of what a later version may add
_NUMBER_SIZE_MAX_B = 8


class Reason(IntEnum):
    """Why a connection ends."""

    REQUESTED = 0x00
    TCP_ERROR = 0x01
    PROTOCOL_BREACH = 0x02
    USELESS_PEER = 0x03
    TOO_MANY_PEERS = 0x04
    ALREADY_CONNECTED = 0x05
    INCOMPATIBLE_VERSION = 0x06
    NULL_IDENTITY = 0x07
    QUITTING = 0x08
    UNEXPECTED_IDENTITY = 0x09
    SELF = 0x0A
    PING_TIMEOUT = 0x0B
    SUBPROTOCOL = 0x10


def spoken(reason: int | None) -> str:
    """As people say it: "too many peers"."""
    if reason is None:
        return "no reason"
    try:
        return Reason(reason).name.lower().replace("_", " ")
    except ValueError:
        return f"reason {reason}"


@dataclass(frozen=True, slots=True)
class Hello:
    """What a peer says of itself. Only `point`, x || y of its key, is ever verified."""

    version: int
    client_id: bytes
    capabilities: tuple[tuple[bytes, int], ...]
    listen_port: int
    point: bytes


def encode_hello(
    client_id: str, capabilities: Iterable[Capability], listen_port: int, point: bytes
) -> bytes:
    pairs = [[each.name.encode(), each.version] for each in sorted(capabilities)]
    return encode([P2P_VERSION, client_id.encode(), pairs, listen_port, point])


def decode_hello(data: bytes, capability_count_max: int) -> Hello | None:
    """None where data is no Hello, or names more capabilities than that. What follows the five
    elements is ignored.
    """
    match _whole(data):
        case [bytes(version), bytes(client_id), list(pairs), bytes(port), bytes(point), *_]:
            capabilities = [_capability(pair) for pair in pairs[: capability_count_max + 1]]
            numbers = _number(version), _number(port)
            if (
                len(point) == _POINT_SIZE_B
                and len(capabilities) <= capability_count_max
                and None not in capabilities
                and None not in numbers
            ):
                named = tuple(each for each in capabilities if each)
                return Hello(numbers[0] or 0, client_id, named, numbers[1] or 0, point)
    return None


def encode_disconnect(reason: int) -> bytes:
    return encode([reason])


def decode_disconnect(data: bytes) -> int | None:
    """The reason, or None: it is optional. Some peers send it without a list."""
    match _whole(data):
        case [bytes(reason), *_] | bytes(reason) if len(reason) <= 1:
            return int.from_bytes(reason, "big")
    return None


def _capability(pair: object) -> tuple[bytes, int] | None:
    match pair:
        case [bytes(name), bytes(version)]:
            number = _number(version)
            return None if number is None else (name, number)
    return None


def _number(data: bytes) -> int | None:
    """An RLP integer: no leading zeros."""
    if len(data) > _NUMBER_SIZE_MAX_B or data[:1] == b"\x00":
        return None
    return int.from_bytes(data, "big")


def _whole(data: bytes) -> object:
    front = decode_front(data, _DEPTH_MAX)
    return front[0] if front and front[1] == len(data) else None
