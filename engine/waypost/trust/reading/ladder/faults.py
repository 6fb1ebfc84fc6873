"""What a failed read means for the next one.

Nodes agree on few codes and on no words, so both are looked at. Whatever is in no list is `OTHER`:
it fails the read and teaches nothing.
"""

from enum import Enum, auto

from waypost.errors import RpcError

_METHOD_NOT_FOUND = -32601  # JSON-RPC 2.0, "Error object"
_INVALID_PARAMS = -32602
_METHOD_NOT_SUPPORTED = -32004  # EIP-1474, "Error codes"
_LIMIT_EXCEEDED = -32005
_CONTENT_TOO_LARGE = 413  # HTTP
_TOO_MANY_REQUESTS = 429

_BUSY = ("rate limit", "too many requests", "request limit", "per second", "compute units")
_TOO_MUCH = (
    "out of gas",
    "outofgas",
    "gas limit",
    "gas required exceeds",
    "intrinsic gas",
    "insufficient gas",
    "gas uint64 overflow",
    "too large",
    "too big",
    "too many",
    "too long",
    "exceeds limit",
    "exceeds the limit",
    "limit exceeded",
    "exceeded the limit",
    "size exceeded",
    "sizelimit",
    "code size",
    "response size",
    "returndata",
    "timed out",
    "timeout",
    "execution aborted",
    "batch limit",
    "maximum",
)
_LACKING = (
    "method not found",
    "does not exist",
    "not supported",
    "unsupported",
    "not available",
    "not allowed",
    "not whitelisted",
    "not implemented",
    "unknown method",
    "disabled",
    "too many arguments",  # for the version of the method that the node has
)
_UNREADABLE = ("unmarshal", "deserializ", "invalid param", "invalid argument", "invalid type")
# A block that is not, or no longer, on the node's chain, or whose state it does not keep.
_GONE = (
    "header not found",
    "header for hash not found",
    "block not found",
    "resource not found",
    "not found: block",
    "canonical",
    "unknown block",
    "missing trie node",
    "proof window",  # of reth: its newest blocks only
)


class Fault(Enum):
    """The kinds of failure that differ in what to do next."""

    GONE = auto()  # the pinned block: take a newer one
    LACKING = auto()  # the node cannot do it this way: step down
    TOO_MUCH = auto()  # ask for less at a time
    SLOW = auto()  # perhaps too much, perhaps not
    BUSY = auto()  # the node wants to be left alone for a while
    OTHER = auto()


def fault_of(error: RpcError) -> Fault:
    """What kind of failure this is."""
    if error.reason in _REASONS:
        return _REASONS[error.reason]
    if error.reason == "http-status":
        return Fault.TOO_MUCH if error.code == _CONTENT_TOO_LARGE else Fault.OTHER
    if error.reason != "rpc-error":
        return Fault.OTHER
    text = error.detail.lower()
    if error.code == _TOO_MANY_REQUESTS or _has(text, _BUSY):
        return Fault.BUSY
    if error.code in (_METHOD_NOT_FOUND, _METHOD_NOT_SUPPORTED):
        return Fault.LACKING
    if _has(text, _GONE):
        return Fault.GONE
    if _has(text, _LACKING):
        return Fault.LACKING
    if _has(text, _TOO_MUCH):
        return Fault.BUSY if error.code == _LIMIT_EXCEEDED else Fault.TOO_MUCH
    return Fault.LACKING if is_unreadable(error) else Fault.OTHER


def is_unreadable(error: RpcError) -> bool:
    """Whether the node did not understand the parameters: it may know no blocks by their hash."""
    return error.code == _INVALID_PARAMS or _has(error.detail.lower(), _UNREADABLE)


_REASONS = {
    "unsupported": Fault.LACKING,
    "too-large": Fault.TOO_MUCH,  # for our own limit
    "timeout": Fault.SLOW,
    "rate-limited": Fault.BUSY,
}


def _has(text: str, phrases: tuple[str, ...]) -> bool:
    return any(phrase in text for phrase in phrases)
