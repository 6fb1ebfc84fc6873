"""AES by OpenSSL: AES-128-GCM over 1 KiB."""

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CIPHER = AESGCM(bytes(16))
NONCE = bytes(12)
DATA = bytes(1024)


def run() -> bytes:
    return CIPHER.encrypt(NONCE, DATA, None)
