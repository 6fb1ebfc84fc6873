from collections.abc import Sequence

def encode(value: bytes | int | Sequence[object]) -> bytes:
    """The RLP of bytes, of an unsigned integer, or of a list or tuple of such values.

    Raises ConfigError for anything else and for more than 2**24 - 1 bytes.
    """

def encode_list(items: bytes) -> bytes:
    """The RLP of a list whose items are encoded already and stand one after the other."""

def decode_strings(data: bytes) -> list[bytes] | None:
    """The byte strings of a list that has nothing else, or None if data is no such list.

    Only the canonical form is read, and nothing may follow it.
    """
