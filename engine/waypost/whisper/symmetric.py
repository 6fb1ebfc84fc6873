"""Messages under a shared key: AES-256-GCM, as `ciphertext || tag || nonce`, no other data."""

from hashlib import pbkdf2_hmac

from Crypto.Cipher import AES
from Crypto.Cipher._mode_gcm import GcmMode

from waypost.errors import ConfigError

KEY_SIZE_B = 32
NONCE_SIZE_B = 12
OVERHEAD_SIZE_B = 28
_TAG_SIZE_B = 16
_ITERATION_COUNT = 65_356  # so in go-ethereum: not 65,536


def key_from_password(password: str) -> bytes:
    """The key of a password: PBKDF2-HMAC-SHA256 without salt. It takes some 20 ms."""
    return pbkdf2_hmac("sha256", password.encode(), b"", _ITERATION_COUNT, KEY_SIZE_B)


def seal(plain: bytes, key: bytes, *, nonce: bytes) -> bytes:
    """What the key (32 bytes) opens. Never use a nonce (12 bytes) twice with it."""
    if len(nonce) != NONCE_SIZE_B:
        raise ConfigError(f"a nonce is {NONCE_SIZE_B} bytes, not {len(nonce)}")
    ciphertext, tag = _cipher(key, nonce).encrypt_and_digest(plain)
    return ciphertext + tag + nonce


def unseal(sealed: bytes, key: bytes) -> bytes | None:
    """What was sealed with the key, or None: it was with another one, or was changed."""
    if len(sealed) < OVERHEAD_SIZE_B:
        return None
    body, nonce = sealed[:-NONCE_SIZE_B], sealed[-NONCE_SIZE_B:]
    cipher = _cipher(key, nonce)
    try:
        return cipher.decrypt_and_verify(body[:-_TAG_SIZE_B], body[-_TAG_SIZE_B:])
    except ValueError:
        return None


def _cipher(key: bytes, nonce: bytes) -> GcmMode:
    if len(key) != KEY_SIZE_B:
        raise ConfigError(f"a shared key is {KEY_SIZE_B} bytes, not {len(key)}")
    return AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=_TAG_SIZE_B)
