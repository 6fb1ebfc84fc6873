"""Bytes as people give them: as such, or in hex digits with or without 0x."""


def given_bytes(value: bytes | str) -> bytes:
    """The bytes; none where a text is not hexadecimal: whoever wants some says how many."""
    if isinstance(value, bytes):
        return value
    try:
        return bytes.fromhex(value.removeprefix("0x"))
    except ValueError:
        return b""
