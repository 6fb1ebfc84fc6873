"""ECIES over secp256k1, as RLPx and Whisper have it (devp2p, rlpx.md, "ECIES Encryption").

What is sealed is `0x04 || ephemeral point || iv || AES-128-CTR ciphertext || HMAC-SHA256 tag`; it
has OVERHEAD_SIZE_B bytes more than what went in. The ephemeral key and the iv are the caller's to
draw, once for each message.
"""

import hmac
from hashlib import sha256

from waypost._ext.aead import aes_ctr
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import ConfigError, KeyFileError

IV_SIZE_B = 16
OVERHEAD_SIZE_B = 113
_POINT_SIZE_B = 65
_TAG_SIZE_B = 32


def seal(
    plain: bytes, public_key: bytes, *, ephemeral: SecretKey, iv: bytes, header: bytes = b""
) -> bytes:
    """What only the key of public_key (33 or 65 bytes) opens; the header is authenticated too.

    Raises ConfigError, and KeyFileError where public_key is not a point.
    """
    if len(iv) != IV_SIZE_B:
        raise ConfigError(f"an iv is {IV_SIZE_B} bytes, not {len(iv)}")
    return box(plain, ephemeral.ecdh(public_key)[1:], ephemeral.point, iv, header)


def box(plain: bytes, shared_x: bytes, point: bytes, iv: bytes, header: bytes = b"") -> bytes:
    """What is sealed once the keys agree on the x of a point, 32 bytes."""
    encryption_key, tag_key = _keys(shared_x)
    ciphertext = aes_ctr(encryption_key, iv, plain)
    tag = hmac.digest(tag_key, iv + ciphertext + header, "sha256")
    return b"\x04" + point + iv + ciphertext + tag


def unseal(sealed: bytes, key: SecretKey, *, header: bytes = b"") -> bytes | None:
    """What was sealed to the key, or None: it is for another one, or was changed."""
    if len(sealed) < OVERHEAD_SIZE_B or sealed[0] != 0x04:
        return None
    body, tag = sealed[_POINT_SIZE_B:-_TAG_SIZE_B], sealed[-_TAG_SIZE_B:]
    try:
        shared_x = key.ecdh(sealed[:_POINT_SIZE_B])[1:]
    except KeyFileError:
        if key.closed:
            raise
        return None
    encryption_key, tag_key = _keys(shared_x)
    if not hmac.compare_digest(hmac.digest(tag_key, body + header, "sha256"), tag):
        return None
    return aes_ctr(encryption_key, body[:IV_SIZE_B], body[IV_SIZE_B:])


def _keys(shared_x: bytes) -> tuple[bytes, bytes]:
    """The keys of the cipher and of the tag (NIST SP 800-56A, one block of SHA-256)."""
    derived = sha256(b"\x00\x00\x00\x01" + shared_x).digest()
    return derived[:16], sha256(derived[16:]).digest()
