"""A real proof changed in 10^5 ways: none is accepted, unless it is the same proof again."""

import random

from tests.oracle.trie import keccak256
from tests.proofs import vectors
from waypost._ext.trie import Trie
from waypost.errors import RpcError
from waypost.trust.proofs.header import header_in

COUNT = 100_000
SEED = 1186

GOLDEN = vectors()
STATE_ROOT = header_in(GOLDEN["block"]).state_root
STORAGE_ROOT = bytes.fromhex(GOLDEN["proof"]["storageHash"][2:])
ACCOUNT_KEY = keccak256(bytes.fromhex(GOLDEN["registry"][2:]))


def questions():
    """(root, key, proof) for the account and for each slot, with proofs as lists of bytes."""
    yield STATE_ROOT, ACCOUNT_KEY, unhexed(GOLDEN["proof"]["accountProof"])
    for entry in GOLDEN["proof"]["storageProof"]:
        key = keccak256(int(entry["key"], 16).to_bytes(32, "big"))
        yield STORAGE_ROOT, key, unhexed(entry["proof"])


def unhexed(nodes):
    return [bytes.fromhex(node[2:]) for node in nodes]


def changed_node(node, draw):
    at = draw.randrange(len(node))
    match draw.randrange(6):
        case 0 | 1:
            return node[:at] + bytes([node[at] ^ 1 << draw.randrange(8)]) + node[at + 1 :]
        case 2:
            return node[:at] + draw.randbytes(1) + node[at + 1 :]
        case 3:
            return node[:at]
        case 4:
            return node[:at] + draw.choice([b"\0", b"\x80", b"\xa0", b"\xc0"]) + node[at:]
        case _:
            other = draw.randrange(len(node) - 31) if len(node) > 32 else 0
            return node[:at] + node[other : other + 32] + node[at + 32 :]  # a hash elsewhere


def changed(proof, others, draw):
    """A proof that differs in one or two ways, or seems to."""
    proof = list(proof)
    for _ in range(draw.choice([1, 1, 1, 2])):
        at = draw.randrange(len(proof)) if proof else 0
        match draw.randrange(8):
            case 0:
                del proof[at : at + 1]
            case 1:
                proof.insert(at, draw.choice(draw.choice(others)))
            case 2:
                proof = list(draw.choice(others))
            case 3:
                proof = proof[:at] + list(draw.choice(others))[at:]
            case _ if proof:
                proof[at] = changed_node(proof[at], draw)
    return proof


def accepted(trie, key, proof):
    try:
        return True, trie.get(key, proof)
    except RpcError:
        return False, None


def test_no_mutation_is_accepted():
    draw = random.Random(SEED)
    asked = list(questions())
    others = [proof for _, _, proof in asked]
    warm = {root: Trie(root, 1000) for root in (STATE_ROOT, STORAGE_ROOT)}
    said = [warm[root].get(key, proof) for root, key, proof in asked]
    assert None in said  # some are proofs of absence
    refused = same = 0
    for number in range(COUNT):
        place = draw.randrange(len(asked))
        root, key, proof = asked[place]
        mutant = changed(proof, others, draw)
        form = mutant if number % 2 else [f"0x{node.hex()}" for node in mutant]
        found = accepted(Trie(root, 1000), key, form)
        assert found == accepted(warm[root], key, form)
        if mutant == proof:
            assert found == (True, said[place])
            same += 1
        else:
            assert found == (False, None), (place, [node.hex() for node in mutant])
            refused += 1
    assert refused > 0.95 * COUNT
    assert same > 0


def test_a_proof_shows_nothing_about_another_key():
    """A proof of absence, or of a leaf, may show absence of other keys; a value never moves."""
    draw = random.Random(SEED)
    asked = list(questions())
    said = {(root, key): Trie(root, 1000).get(key, proof) for root, key, proof in asked}
    for root, key, proof in asked:
        for _ in range(100):
            at = draw.randrange(32)
            near = key[:at] + draw.randbytes(1) + key[at + 1 :]
            was_accepted, value = accepted(Trie(root, 1000), near, proof)
            if was_accepted:
                assert value == (said[root, key] if near == key else None)
