"""Node records as enr.md says it, slowly: by rlp, pycryptodome's Keccak and coincurve."""

import base64
import binascii

import coincurve
import rlp
from Crypto.Hash import keccak
from rlp.codec import consume_length_prefix

SIZE_MAX_B = 300
ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
IP_SIZES_B = {b"ip": 4, b"ip6": 16}
PORTS = (b"tcp", b"tcp6", b"udp", b"udp6")


class Refused(Exception):
    """The reason is the only argument."""


def keccak256(data):
    return keccak.new(digest_bits=256, data=data).digest()


def decode_text(text):
    body = text[len("enr:") :]
    if len(text) > 404:
        raise Refused("too-long")
    if not text.startswith("enr:") or not set(body) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    ):
        raise Refused("bad-text")
    try:
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except binascii.Error:
        raise Refused("bad-text") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != body:  # unused bits are zero
        raise Refused("bad-text")
    return raw


def decode_list(raw):
    """The items of the RLP list that raw is; the reasons in the order in which they are found."""
    if len(raw) > SIZE_MAX_B:
        raise Refused("too-long")
    try:
        _, kind, size, start = consume_length_prefix(raw, 0)
        if kind is not list or start + size > len(raw):
            raise Refused("bad-rlp")
        if start + size < len(raw):
            raise Refused("trailing-bytes")
        return rlp.decode(raw, strict=True)
    except (rlp.DecodingError, IndexError):
        raise Refused("bad-rlp") from None


def number(value, size_max_b):
    """The unsigned integer of a byte string, or None."""
    if not isinstance(value, bytes) or len(value) > size_max_b or value[:1] == b"\x00":
        return None
    return int.from_bytes(value, "big")


def check_pair(key, value):
    if key == b"secp256k1" and (not isinstance(value, bytes) or len(value) != 33):
        raise Refused("bad-key")
    if key in IP_SIZES_B:
        if not isinstance(value, bytes) or len(value) != IP_SIZES_B[key] or not any(value):
            raise Refused("bad-endpoint")
        if value.startswith(bytes(10) + b"\xff\xff"):
            raise Refused("bad-endpoint")
    if key in PORTS and not 1 <= (number(value, 8) or 0) <= 0xFFFF:
        raise Refused("bad-endpoint")


def is_signed(signature, content, public_key):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < ORDER and 0 < s <= ORDER // 2):
        return False
    der = coincurve.ecdsa.cdata_to_der(coincurve.ecdsa.deserialize_compact(signature))
    return public_key.verify(der, keccak256(rlp.encode(content)), hasher=None)


def parse(raw):
    """(seq, [(key, value), ...], node id) of a record, or Refused."""
    items = decode_list(raw)
    if len(items) < 2 or not isinstance(items[0], bytes) or number(items[1], 8) is None:
        raise Refused("bad-rlp")
    signature, seq = items[0], number(items[1], 8)
    pairs, last = [], None
    for at in range(2, len(items), 2):
        key = items[at]
        if not isinstance(key, bytes) or at + 1 == len(items):
            raise Refused("bad-rlp")
        if last is not None and key <= last:
            raise Refused("duplicate-key" if key == last else "unsorted-keys")
        check_pair(key, items[at + 1])
        pairs.append((key, items[at + 1]))
        last = key
    known = dict(pairs)
    if known.get(b"id") != b"v4":
        raise Refused("unknown-scheme")
    if b"secp256k1" not in known:
        raise Refused("bad-key")
    if len(signature) != 64:
        raise Refused("bad-signature")
    try:
        public_key = coincurve.PublicKey(known[b"secp256k1"])
    except ValueError:
        raise Refused("bad-key") from None
    if not is_signed(signature, items[1:], public_key):
        raise Refused("bad-signature")
    return seq, pairs, keccak256(public_key.format(compressed=False)[1:])


def sign(secret, seq, pairs):
    """A signed record of the pairs in the order given, whatever they are."""
    content = [seq]
    for key, value in pairs:
        content += [key, value]
    digest = keccak256(rlp.encode(content))
    signature = coincurve.PrivateKey(secret).sign_recoverable(digest, hasher=None)[:64]
    return rlp.encode([signature, *content])


def public_key(secret):
    return coincurve.PrivateKey(secret).public_key.format()
