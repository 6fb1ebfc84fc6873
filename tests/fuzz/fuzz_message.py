"""Mutated messages through parse_message()."""

from tests.fuzz.build import mutate
from tests.oracle import discv5 as oracle

COUNT = 10_000_000
KINDS = ("refused", "ping", "pong", "findnode", "nodes", "talkreq", "talkresp")


def corpus():
    """Each kind, small and large, with items in short and long form."""
    records = (bytes.fromhex("c3010203"), bytes.fromhex("f838") + bytes(56))
    fields = [
        (oracle.PING, b"", 0),
        (oracle.PING, bytes(range(1, 9)), 2**64 - 1),
        (oracle.PONG, b"\x01", 2, bytes([127, 0, 0, 1]), 30303),
        (oracle.PONG, b"\x80\x01", 300, bytes(range(16)), 65535),
        (oracle.FINDNODE, b"\x01", ()),
        (oracle.FINDNODE, b"\x01\x02", (0, 1, 127, 128, 255, 256)),
        (oracle.FINDNODE, b"\x01\x02", (256,) * 300),
        (oracle.NODES, b"\x01", 0, ()),
        (oracle.NODES, b"\x01\x02\x03", 5, records),
        (oracle.NODES, b"\x01\x02\x03", 5, records * 18),
        (oracle.TALKREQ, b"", b"", b""),
        (oracle.TALKREQ, b"\x7f", b"whisper", bytes(300)),
        (oracle.TALKRESP, b"\x01", b"\x7f"),
        (oracle.TALKRESP, bytes(8), bytes(1170)),
    ]
    return [oracle.encode_message(*field) for field in fields]


def run(count, seed):
    """{outcome: how often}, over `count` mutants."""
    return dict(zip(KINDS, mutate().messages(corpus(), count, seed), strict=True))
