"""Merkle-Patricia proofs by the yellow paper (appendix D), slowly: with rlp and recursion."""

import rlp
from Crypto.Hash import keccak
from rlp.exceptions import DecodingError

NODE_SIZE_MAX_B = 1024


class Refused(Exception):
    """The proof shows nothing."""


def keccak256(data):
    return keccak.new(digest_bits=256, data=data).digest()


EMPTY_ROOT = keccak256(rlp.encode(b""))


def nibbles(data):
    return [int(digit, 16) for digit in data.hex()]


def get(root, key, proof):
    """The value under a key, or None. A node is text or bytes, and each has to be used."""
    nodes = [unhex(node) if isinstance(node, str) else node for node in proof]
    if not nodes and root == EMPTY_ROOT:
        return None
    value, rest = follow(root, nibbles(key), nodes)
    if rest:
        raise Refused("nodes are left over")
    return value


def unhex(text):
    if not text.startswith("0x"):
        raise Refused("no 0x")
    try:
        return bytes.fromhex(text[2:])
    except ValueError as error:
        raise Refused("not hexadecimal") from error


def follow(reference, path, nodes):
    """The value below a reference, and the nodes that are not used."""
    if isinstance(reference, list):
        return through(reference, path, nodes)
    if reference == b"":
        return None, nodes
    if not nodes or keccak256(nodes[0]) != reference or len(nodes[0]) > NODE_SIZE_MAX_B:
        raise Refused("a node is missing")
    try:
        node = rlp.decode(nodes[0])
    except DecodingError as error:
        raise Refused("not canonical") from error
    return through(node, path, nodes[1:])


def through(node, path, nodes):
    if node == b"":
        return None, nodes
    if not isinstance(node, list) or len(node) not in (2, 17):
        raise Refused("no node")
    if len(node) == 17:
        return through_branch(node, path, nodes)
    is_leaf, part = unpack(node[0])
    if is_leaf:
        if not isinstance(node[1], bytes) or not node[1]:
            raise Refused("no value")
        return (node[1] if path == part else None), nodes
    if not part or not is_child(node[1]):
        raise Refused("no extension")
    if path[: len(part)] != part:
        return None, nodes
    return follow(node[1], path[len(part) :], nodes)


def through_branch(node, path, nodes):
    if not all(child == b"" or is_child(child) for child in node[:16]):
        raise Refused("no child")
    if not isinstance(node[16], bytes):
        raise Refused("no value")
    if not path:
        return node[16] or None, nodes
    return follow(node[path[0]], path[1:], nodes)


def unpack(packed):
    """Hex-prefix encoding, appendix C: whether it is a leaf, and the nibbles."""
    if not isinstance(packed, bytes) or not packed:
        raise Refused("no path")
    flag, *rest = nibbles(packed)
    part = rest if flag % 2 else rest[1:]
    if flag > 3 or (flag % 2 == 0 and rest[0] != 0) or len(part) > 64:
        raise Refused("a bad path")
    return flag >= 2, part


def is_child(item):
    return len(item) == 32 if isinstance(item, bytes) else len(rlp.encode(item)) < 32


def word(root, slot, proof):
    """The word of a contract's storage slot, as a number."""
    value = get(root, keccak256(slot), proof)
    if value is None:
        return 0
    try:
        digits = rlp.decode(value)
    except DecodingError as error:
        raise Refused("no number") from error
    if not isinstance(digits, bytes) or not digits or digits[0] == 0 or len(digits) > 32:
        raise Refused("no number")
    return int.from_bytes(digits, "big")


def words(root, slots, proofs):
    pairs = zip(slots, proofs, strict=True)
    return b"".join(word(root, slot, proof).to_bytes(32, "big") for slot, proof in pairs)
