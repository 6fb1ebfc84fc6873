"""Runs distance.pyx, compiled against an installed Waypost: see test_packaging.py."""

from distance import masked, xor_distance

from waypost._ext import aead, record, secp256k1

a, b = (record.ENR.create(secp256k1.SecretKey(bytes([i] * 32)), ip="127.0.0.1") for i in (1, 2))
assert xor_distance(a, b) == bytes(x ^ y for x, y in zip(a.node_id, b.node_id, strict=True))
assert masked(a, bytes(16), b"discv5") == aead.aes_ctr(a.node_id[:16], bytes(16), b"discv5")
print(aead.__file__)
