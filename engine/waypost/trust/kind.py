"""A kind of server, such as `whisper.mailserver`: its form on chain and its TopDisc service id."""

from waypost._ext.digest import keccak256
from waypost.errors import ConfigError

KIND_SIZE_MAX_B = 31  # the 32nd byte stays zero, so the text always ends


def kind_word(kind: str) -> bytes:
    """The on-chain form of a kind: its ASCII text, padded with zeros on the right to 32 bytes.

    Raises ConfigError unless the text is 1 to 31 printable ASCII characters without spaces.
    """
    if not 1 <= len(kind) <= KIND_SIZE_MAX_B or not all("!" <= char <= "~" for char in kind):
        raise ConfigError(
            f"a kind is 1 to {KIND_SIZE_MAX_B} printable ASCII characters without spaces, "
            f"such as whisper.mailserver: {kind!r} is not"
        )
    return kind.encode("ascii").ljust(32, b"\0")


def kind_text(word: bytes) -> str:
    """The text of a kind's on-chain form. Raises ConfigError if the 32 bytes are not one."""
    text = word.rstrip(b"\0").decode("ascii", "replace")
    if len(word) != 32 or kind_word(text) != word:
        raise ConfigError(f"{word.hex()} is not a kind: want ASCII padded with zeros to 32 bytes")
    return text


def service_id(kind: str) -> bytes:
    """The TopDisc service id of a kind: keccak256 of its text, without padding."""
    return keccak256(kind_word(kind).rstrip(b"\0"))
