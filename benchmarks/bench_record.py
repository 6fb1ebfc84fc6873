"""A node record, from bytes to a verified value."""

from benchmarks.cases import Case
from waypost._ext import record, secp256k1

RECORD = record.ENR.create(secp256k1.SecretKey(bytes([1] * 32)), ip="127.0.0.1", udp=30303)
CACHE = record.RecordCache(16)


def verify(raw: bytes) -> bytes:
    return record.ENR.parse(raw).node_id


def verify_again(raw: bytes) -> bytes:
    return CACHE.verified(raw).node_id


CASES = [
    Case(
        name="verify a record",
        call=verify,
        args=(RECORD.raw,),
        twin="benchmarks.twins:verify",
        yardstick="curve",
        count=20,
    ),
    Case(
        name="verify a record, again",
        call=verify_again,
        args=(RECORD.raw,),
        twin="benchmarks.twins:verify",
        yardstick="parse",
    ),
]
