from collections.abc import Sequence
from typing import Any

def encode(value: bytes | int | Sequence[object]) -> bytes:
    """The RLP of bytes, of an unsigned integer, or of a list or tuple of such values.

    Raises ConfigError for anything else and for more than 2**24 - 1 bytes.
    """

def encode_list(items: bytes) -> bytes:
    """The RLP of a list whose items are encoded already and stand one after the other."""

def raw_items(data: bytes) -> list[bytes] | None:
    """The items of a list, each still in RLP, or None if data is no list, or more than one.

    What is inside of an item that is a list itself is not looked at.
    """

def decode_strings(data: bytes) -> list[bytes] | None:
    """The byte strings of a list that has nothing else, or None if data is no such list.

    Only the canonical form is read, and nothing may follow it.
    """

def decode_front(data: bytes, depth_max: int) -> tuple[Any, int] | None:
    """(the value that data begins with, its size in bytes), or None if there is none.

    A value is bytes, or a list of values; at most depth_max lists stand inside of each other, and
    only the canonical form is read.
    """
