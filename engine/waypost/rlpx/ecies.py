"""The asymmetric encryption of the handshake (rlpx.md, "ECIES Encryption").

A message is R || iv || c || d: an ephemeral point of 65 bytes, a counter block of 16, as much
ciphertext as there was text, and a MAC of 32.
"""

import hmac
from hashlib import sha256

from waypost._ext.aead import aes_ctr
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import KeyFileError

OVERHEAD_SIZE_B = 65 + 16 + 32
_POINT_SIZE_B = 65
_IV_SIZE_B = 16
_MAC_SIZE_B = 32
_KEY_SIZE_B = 16


def encrypt(
    remote_key: bytes, message: bytes, authenticated: bytes, ephemeral: SecretKey, iv: bytes
) -> bytes:
    """R || iv || c || d for the owner of remote_key (33 or 65 bytes).

    `authenticated` is covered by the MAC but no part of the result; `ephemeral` and `iv` (16
    bytes) are used once. Raises KeyFileError where remote_key is no point.
    """
    cipher_key, mac_key = _keys(ephemeral, remote_key)
    body = iv + aes_ctr(cipher_key, iv, message)
    return b"\x04" + ephemeral.point + body + hmac.digest(mac_key, body + authenticated, "sha256")


def decrypt(secret: SecretKey, data: bytes, authenticated: bytes) -> bytes | None:
    """The message, or None: too short, no point of the curve, or a wrong MAC."""
    if len(data) < OVERHEAD_SIZE_B or data[0] != 0x04:
        return None
    point, body, mac = data[:_POINT_SIZE_B], data[_POINT_SIZE_B:-_MAC_SIZE_B], data[-_MAC_SIZE_B:]
    try:
        cipher_key, mac_key = _keys(secret, point)
    except KeyFileError:
        if secret.closed:
            raise
        return None
    if not hmac.compare_digest(mac, hmac.digest(mac_key, body + authenticated, "sha256")):
        return None
    return aes_ctr(cipher_key, body[:_IV_SIZE_B], body[_IV_SIZE_B:])


def _keys(secret: SecretKey, public_key: bytes) -> tuple[bytes, bytes]:
    """(of AES-128, of HMAC-SHA256): the concatenation KDF (NIST SP 800-56A section 5.8.1) asks for
    32 bytes, so for one block of SHA-256.
    """
    derived = sha256(b"\x00\x00\x00\x01" + secret.ecdh(public_key)[1:]).digest()
    return derived[:_KEY_SIZE_B], sha256(derived[_KEY_SIZE_B:]).digest()
