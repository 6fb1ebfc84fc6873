from typing import Any

def words_of(values: Any) -> bytes:
    """The words in a list such as ["0x41", ...], as 32 bytes each, in its order.

    Each is "0x" and 1 to 64 digits. Raises RpcError: `bad-answer`, or the error that stands in the
    place of a word.
    """
