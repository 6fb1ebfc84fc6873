"""The fields of mail packets, read from RLP; a MailError names what is wrong with one."""

from typing import Any

from waypost._ext.rlp import decode_front
from waypost.errors import ConfigError, MailError
from waypost.mail.archive import CURSOR_SIZE_B

BLOOM_SIZE_B = 64
ID_SIZE_B = 32
TOPIC_SIZE_B = 4
NUMBER_MAX = 0xFFFFFFFF
_DEPTH_MAX = 2  # a list of topics in the list

ADVICE = {
    "undersized": "a request has two times, of 4 bytes each, or is a list in RLP",
    "undersized-bloom": f"a bloom has {BLOOM_SIZE_B} bytes",
    "bad-size": "a binary request has 8, 72, 76, 112 or 116 bytes",
    "bad-rlp": "it is the list of its fields in canonical RLP",
    "bad-number": "times and limits are unsigned numbers of at most 32 bits",
    "bad-flag": "a flag is 0 or 1",
    "bad-bloom": f"a bloom has {BLOOM_SIZE_B} bytes, or none",
    "bad-cursor": f"a cursor has {CURSOR_SIZE_B} bytes, or none",
    "bad-topic": f"a topic has {TOPIC_SIZE_B} bytes",
    "bad-id": f"the id of a request has {ID_SIZE_B} bytes",
    "bad-sync": "a server asks for times in their order, and for 1 to 1000 envelopes",
    "bad-completion": "the end of an answer has 32, 64 or 100 bytes, or is an error",
    "bad-envelope": "the first item of a response is a list of envelopes",
}


def refused(reason: str) -> MailError:
    return MailError(reason, ADVICE[reason])


def read_list(data: bytes) -> list[Any]:
    """The items of a list that fills data."""
    front = decode_front(data, _DEPTH_MAX)
    if front is None or front[1] != len(data) or not isinstance(front[0], list):
        raise refused("bad-rlp")
    return front[0]


def string(item: object) -> bytes:
    if not isinstance(item, bytes):
        raise refused("bad-rlp")
    return item


def number(item: object) -> int:
    digits = string(item)
    if len(digits) > 4 or digits[:1] == b"\0":
        raise refused("bad-number")
    return int.from_bytes(digits, "big")


def flag(item: object) -> bool:
    if item not in (b"", b"\x01"):
        raise refused("bad-flag")
    return item == b"\x01"


def sized(item: object, size_b: int, reason: str) -> bytes:
    """A string of so many bytes, or of none."""
    data = string(item)
    if len(data) not in (0, size_b):
        raise refused(reason)
    return data


def bloom(item: object) -> bytes:
    return sized(item, BLOOM_SIZE_B, "bad-bloom")


def cursor(item: object) -> bytes:
    return sized(item, CURSOR_SIZE_B, "bad-cursor")


def topics(item: object) -> tuple[bytes, ...]:
    if not isinstance(item, list):
        raise refused("bad-rlp")
    if any(not isinstance(topic, bytes) or len(topic) != TOPIC_SIZE_B for topic in item):
        raise refused("bad-topic")
    return tuple(item)


def check_sent(*numbers: int, bloom: bytes, cursor: bytes) -> None:
    """Raises ConfigError for what we must not send."""
    if any(not 0 <= each <= NUMBER_MAX for each in numbers):
        raise ConfigError("times and limits have 32 bits: give seconds since 1970")
    if len(bloom) not in (0, BLOOM_SIZE_B):
        raise ConfigError(f"a bloom has {BLOOM_SIZE_B} bytes, not {len(bloom)}")
    if len(cursor) not in (0, CURSOR_SIZE_B):
        raise ConfigError(f"a cursor has {CURSOR_SIZE_B} bytes, not {len(cursor)}")
