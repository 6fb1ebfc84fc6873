"""Keccak-f[1600] by OpenSSL: SHA3-256 of 64 bytes."""

from hashlib import sha3_256

DATA = bytes(range(64))


def run() -> bytes:
    return sha3_256(DATA).digest()
