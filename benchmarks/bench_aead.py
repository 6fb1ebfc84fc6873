"""Sealing and opening what a packet carries, key schedule included."""

from benchmarks.cases import Case
from waypost._ext import aead

KEY, NONCE, HEADER = bytes(range(16)), bytes(range(12)), bytes(71)
PING, NODES = bytes(24), bytes(1100)


def seal(name: str, plain: bytes) -> Case:
    return Case(
        name=f"AES-128-GCM seal, {name}",
        call=aead.aes_gcm_seal,
        args=(KEY, NONCE, plain, HEADER),
        twin="tests.oracle.discv5:seal",
        yardstick="cipher",
    )


def unseal(name: str, plain: bytes) -> Case:
    return Case(
        name=f"AES-128-GCM open, {name}",
        call=aead.aes_gcm_open,
        args=(KEY, NONCE, aead.aes_gcm_seal(KEY, NONCE, plain, HEADER), HEADER),
        twin="tests.oracle.discv5:unseal",
        yardstick="cipher",
    )


CASES = [
    seal("24 bytes", PING),
    seal("1100 bytes", NODES),
    unseal("24 bytes", PING),
    unseal("1100 bytes", NODES),
]
