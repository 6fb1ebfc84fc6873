"""What an envelope's data holds once it is decrypted.

`flags || payload size || payload || padding || signature`: two bits of the flags say how many
bytes the size has, little-endian, and one whether there is a signature, which is over all before.
"""

from dataclasses import dataclass
from typing import Self

from waypost import ecies
from waypost._ext.digest import keccak256
from waypost._ext.secp256k1 import SecretKey, recover
from waypost.errors import ConfigError, MessageError
from waypost.whisper import symmetric

PAYLOAD_SIZE_MAX_B = (1 << 24) - 1
PADDED_SIZE_B = 256  # messages are padded to a multiple of it, so that sizes tell little

_SIZE_WIDTH = 0x03  # in the flags
_SIGNED = 0x04
_SIGNATURE_SIZE_B = 65  # r || s || v, and v is 0 or 1

ADVICE = {
    "wrong-key": "it was encrypted to another key, or changed on its way",
    "empty": "a message has at least its flags",
    "bad-size": "the payload is longer than the message",
    "too-short": "a signed message has more than flags and a signature",
    "bad-signature": "the signature is no key's",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A decrypted message. signer is the public key (33 bytes) that signed it, if one did."""

    payload: bytes
    padding: bytes = b""
    signer: bytes | None = None

    @classmethod
    def parse(cls, plain: bytes) -> Self:
        """The message in these bytes. Raises MessageError, with a reason of ADVICE."""
        if not plain:
            raise _refused("empty")
        end, signer = len(plain), None
        if plain[0] & _SIGNED:
            end -= _SIGNATURE_SIZE_B
            if end <= 1:
                raise _refused("too-short")
            signer = recover(plain[end:], keccak256(plain[:end]))
        start = 1 + (plain[0] & _SIZE_WIDTH)
        stop = start + int.from_bytes(plain[1:start], "little")
        if stop > end:
            raise _refused("bad-size")
        if plain[0] & _SIGNED and signer is None:
            raise _refused("bad-signature")
        return cls(plain[start:stop], plain[stop:end], signer)

    @classmethod
    def open(cls, data: bytes, key: SecretKey | bytes) -> Self:
        """The message in an envelope's data, by a shared key (32 bytes) or one of our own.

        Raises MessageError.
        """
        if isinstance(key, SecretKey):
            plain = ecies.unseal(data, key)
        else:
            plain = symmetric.unseal(data, key)
        if plain is None:
            raise _refused("wrong-key")
        return cls.parse(plain)


def padding_size_b(payload: bytes, *, signed: bool) -> int:
    """How many random bytes pad a message to a multiple of PADDED_SIZE_B; never none."""
    size_b = 1 + _size_width(payload) + len(payload) + (_SIGNATURE_SIZE_B if signed else 0)
    return PADDED_SIZE_B - size_b % PADDED_SIZE_B


def compose(payload: bytes, *, padding: bytes, signer: SecretKey | None = None) -> bytes:
    """The bytes of a message, to be encrypted. Raises ConfigError for too long a payload."""
    width = _size_width(payload)
    flags = width | (_SIGNED if signer else 0)
    plain = bytes([flags]) + len(payload).to_bytes(width, "little") + payload + padding
    return plain + signer.sign_recoverable(keccak256(plain)) if signer else plain


def _size_width(payload: bytes) -> int:
    if len(payload) > PAYLOAD_SIZE_MAX_B:
        raise ConfigError(f"a payload is at most {PAYLOAD_SIZE_MAX_B} bytes: split it")
    return max(1, (len(payload).bit_length() + 7) // 8)


def _refused(reason: str) -> MessageError:
    return MessageError(reason, ADVICE[reason])
