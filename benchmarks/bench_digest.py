"""Hashes of what a packet or a record carries."""

from benchmarks.cases import Case
from waypost._ext import digest

CASES = [
    Case(
        name="keccak256, 64 bytes",
        call=digest.keccak256,
        args=(bytes(range(64)),),
        twin="tests.oracle.enr:keccak256",
        yardstick="hash",
    ),
    Case(
        name="keccak256, 300 bytes",
        call=digest.keccak256,
        args=(bytes(300),),
        twin="tests.oracle.enr:keccak256",
        yardstick="hash",
    ),
]
