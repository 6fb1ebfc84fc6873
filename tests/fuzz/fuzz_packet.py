"""Mutated packets through unmask(), changed in the clear and masked again."""

from tests.fuzz.build import mutate
from tests.oracle import discv5 as oracle
from tests.oracle.vectors import load

COUNT = 10_000_000
LOCAL_ID = bytes.fromhex("bbbb9d047f0488c0b5a93c1c3f2d8bafc7c8ff337024a55434a0d0555de64db9")
VECTORS = ("ping", "whoareyou", "ping-handshake", "ping-handshake-enr")
REFUSALS = ("size", "protocol", "flag", "authdata")
KINDS = ("message", "whoareyou", "handshake")


def corpus():
    """The official packets, and the smallest and largest ones, in the clear."""
    packets = [oracle.decode_packet(load(f"discv5/{name}.txt")[1], LOCAL_ID) for name in VECTORS]
    head = bytes(32) + bytes([64, 33]) + bytes(97)
    for flag, authdata, size in (
        (oracle.MESSAGE, bytes(32), 71),
        (oracle.MESSAGE, bytes(32), 1280),
        (oracle.HANDSHAKE, head, 170),
        (oracle.HANDSHAKE, head, 1280),
        (oracle.HANDSHAKE, head + bytes(300), 470),
        (oracle.HANDSHAKE, head + bytes(300), 1280),
    ):
        body = bytes(size - 39 - len(authdata))
        packets.append(oracle.Packet(flag, bytes(range(16)), bytes(range(12)), authdata, body))
    return [packet.header() + packet.body for packet in packets]


def run(count, seed):
    """{outcome: how often}, over `count` mutants."""
    outcomes = mutate().packets(corpus(), LOCAL_ID, oracle.PROTOCOL, count, seed)
    return dict(zip((*REFUSALS, *KINDS), outcomes, strict=True))
