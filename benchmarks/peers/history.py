"""The history that mail servers are asked for: envelopes of 512 bytes that no one can compress.

benchmarks/peers/geth/geth-mailserver makes the same.
"""

from hashlib import shake_128

from waypost._ext.envelope import Envelope

TTL_S = 50
COUNT_A_SECOND = 100
DATA_SIZE_B = 488
NONCE = 1 << 40
SIZE_B = 512


def envelope(index: int, first_sent_s: int) -> Envelope:
    return Envelope.create(
        expiry_s=first_sent_s + index // COUNT_A_SECOND + TTL_S,
        ttl_s=TTL_S,
        topic=bytes([0, 0, 0, index % 256]),
        data=shake_128(index.to_bytes(4, "big")).digest(DATA_SIZE_B),
        nonce=NONCE,
    )
