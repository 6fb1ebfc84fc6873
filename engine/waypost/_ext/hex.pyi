from typing import Any

def hex_text(data: bytes) -> str:
    """Bytes as parameters have them, such as "0x1f8b"."""

def hex_bytes(answer: Any) -> bytes:
    """The bytes of an answer such as "0x1f8b". Raises RpcError (`bad-answer`, or the answer)."""

def words_of(values: Any) -> bytes:
    """The words in a list such as ["0x41", ...], as 32 bytes each, in its order.

    Each is "0x" and 1 to 64 digits. Raises RpcError: `bad-answer`, or the error that stands in the
    place of the list or of a word.
    """
