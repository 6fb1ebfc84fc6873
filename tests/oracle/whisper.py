"""Whisper v6 as go-ethereum has it, slowly: by rlp, pycryptodome's Keccak and cryptography."""

import hashlib
import hmac

import coincurve
import rlp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.oracle.enr import Refused, keccak256, number


def parse(raw):
    """(expiry, ttl, topic, data, nonce) of an envelope, or Refused."""
    if len(raw) > 10 << 20:
        raise Refused("too-long")
    try:
        items = rlp.decode(raw, strict=True)
    except rlp.DecodingError:
        raise Refused("bad-rlp") from None
    if not isinstance(items, list):
        raise Refused("bad-rlp")
    return fields_of(items)


def fields_of(items):
    """The five items in their types. What is wrong first is the reason."""
    sizes_b = [4, 4, None, None, 8]
    fields = []
    for at, size_b in enumerate(sizes_b):
        if at >= len(items) or not isinstance(items[at], bytes):
            raise Refused("bad-rlp")
        if at == 2 and len(items[at]) != 4:
            raise Refused("bad-topic")
        field = items[at] if size_b is None else number(items[at], size_b)
        if field is None:
            raise Refused("bad-number")
        fields.append(field)
    if len(items) > len(sizes_b):
        raise Refused("bad-rlp")
    return tuple(fields)


def encode(expiry, ttl, topic, data, nonce):
    return rlp.encode([expiry, ttl, topic, data, nonce])


def short(expiry, ttl, topic, data):
    return rlp.encode([expiry, ttl, topic, data])


def leading_bits(digest):
    return 256 - int.from_bytes(digest, "big").bit_length()


def trailing_bits(digest):
    value = int.from_bytes(digest, "big")
    return (value & -value).bit_length() - 1


def prefix(work, envelope):
    """What stands before the nonce when the work is hashed."""
    content = short(*envelope[:4])
    return content if work == "leading" else keccak256(content) + bytes(24)


def bits(work, before, nonce):
    digest = keccak256(before + nonce.to_bytes(8, "big"))
    return leading_bits(digest) if work == "leading" else trailing_bits(digest)


def divisor(work, envelope):
    return len(short(*envelope[:4])) if work == "leading" else 20 + len(envelope[3])


def pow_of(work, envelope):
    zeros = bits(work, prefix(work, envelope), envelope[4])
    return 2.0**zeros / divisor(work, envelope) / envelope[1]


def search(work, envelope, first, count, wanted):
    """(bits, nonce): the loop that everybody writes."""
    before = prefix(work, envelope)
    best = (-1, 0)
    for nonce in range(first, first + count):
        found = bits(work, before, nonce)
        if found > best[0]:
            best = (found, nonce)
        if found >= wanted:
            break
    return best


def bloom(topic):
    """64 bytes. It assigns where it should add, as go-ethereum does."""
    out = bytearray(64)
    for place in range(3):
        index = topic[place]
        if topic[3] & (1 << place):
            index += 256
        out[index // 8] = 1 << (index % 8)
    return bytes(out)


def matches(has, sample):
    return all(h | s == h for h, s in zip(has, sample, strict=True))


def accept(raw, filter_bloom):
    """The hash, the work and whether the filter lets it through: what every envelope costs."""
    envelope = parse(raw)
    return keccak256(raw), pow_of("leading", envelope), matches(filter_bloom, bloom(envelope[2]))


def seal_symmetric(plain, key, nonce):
    return AESGCM(key).encrypt(nonce, plain, None) + nonce


def ecies_keys(secret, point):
    x = coincurve.PublicKey(point).multiply(secret).format(compressed=False)[1:33]
    derived = hashlib.sha256(bytes([0, 0, 0, 1]) + x).digest()
    return derived[:16], hashlib.sha256(derived[16:]).digest()


def aes_ctr(key, iv, data):
    return Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor().update(data)


def seal_ecies(plain, point, ephemeral, iv, header=b""):
    cipher_key, tag_key = ecies_keys(ephemeral, point)
    body = iv + aes_ctr(cipher_key, iv, plain)
    own = coincurve.PrivateKey(ephemeral).public_key.format(compressed=False)
    return own + body + hmac.digest(tag_key, body + header, "sha256")


def open_ecies(sealed, secret, header=b""):
    cipher_key, tag_key = ecies_keys(secret, sealed[:65])
    body, tag = sealed[65:-32], sealed[-32:]
    if hmac.digest(tag_key, body + header, "sha256") != tag:
        return None
    return aes_ctr(cipher_key, body[:16], body[16:])


def compose(payload, padding, secret=None):
    """The bytes of a message, as the wire has them."""
    size = len(payload).to_bytes(3, "little").rstrip(b"\0") or b"\0"
    plain = bytes([len(size) | (4 if secret else 0)]) + size + payload + padding
    if secret is None:
        return plain
    return plain + coincurve.PrivateKey(secret).sign_recoverable(keccak256(plain), hasher=None)


def read(plain):
    """(payload, padding, signer) of a message, or Refused."""
    if not plain:
        raise Refused("empty")
    content, signature = (plain[:-65], plain[-65:]) if plain[0] & 4 else (plain, None)
    if signature is not None and len(content) <= 1:
        raise Refused("too-short")
    width = plain[0] & 3
    size = int.from_bytes(plain[1 : 1 + width], "little")
    if 1 + width + size > len(content):
        raise Refused("bad-size")
    return content[1 + width :][:size], content[1 + width + size :], signer(content, signature)


def signer(content, signature):
    if signature is None:
        return None
    try:
        key = coincurve.PublicKey.from_signature_and_message(
            signature, keccak256(content), hasher=None
        )
    except Exception:
        raise Refused("bad-signature") from None
    return key.format()
