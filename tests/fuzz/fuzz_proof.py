"""Mutated trie nodes through read_node() and step(), and as the root of a Trie."""

import rlp

from tests.fuzz.build import mutate

COUNT = 10_000_000
OUTCOMES = ("refused", "absent", "found", "hashed", "embedded")


def corpus():
    """Each kind of node, with children by hash, embedded ones and none."""
    hashes = [bytes([number]) * 32 for number in range(16)]
    leaf = [b"\x3a", b"v"]
    return [
        rlp.encode(node)
        for node in (
            b"",
            [b"\x20" + bytes(31), b"\xa0" + bytes(32)],
            [b"\x20", b"value"],
            [b"\x31\x23", bytes(200)],
            [b"\x00\x12", hashes[1]],
            [b"\x1a", [leaf, *[b""] * 16]],
            [*hashes, b""],
            [b"", hashes[0], *[b""] * 14, b"value"],
            [*[leaf] * 3, *[b""] * 13, b""],
        )
    ]


def run(count, seed):
    """{outcome: how often}, over `count` mutants."""
    return dict(zip(OUTCOMES, mutate().nodes(corpus(), count, seed), strict=True))
