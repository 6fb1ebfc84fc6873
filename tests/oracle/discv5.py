"""The discv5 v5.1 wire (discv5-wire.md, discv5-theory.md), written to be right, not fast.

Packets and messages are named tuples; what is refused is a string (packets) or None (messages).
"""

import hashlib
import hmac
from typing import NamedTuple

import rlp
from coincurve import PrivateKey, PublicKey
from Crypto.Cipher import AES
from rlp.codec import length_prefix

PROTOCOL = b"discv5\x00\x01"
PING, PONG, FINDNODE, NODES, TALKREQ, TALKRESP = range(1, 7)
MESSAGE, WHOAREYOU, HANDSHAKE = range(3)


class Packet(NamedTuple):
    flag: int
    masking_iv: bytes
    nonce: bytes
    authdata: bytes
    body: bytes

    def header(self, protocol=PROTOCOL):
        size = len(self.authdata).to_bytes(2, "big")
        static = protocol + bytes([self.flag]) + self.nonce + size
        return self.masking_iv + static + self.authdata


class Item(NamedTuple):
    is_list: bool
    body: bytes
    raw: bytes


def whoareyou_authdata(id_nonce, record_seq):
    return id_nonce + record_seq.to_bytes(8, "big")


def handshake_authdata(source_id, signature, ephemeral_key, record):
    sizes = bytes([len(signature), len(ephemeral_key)])
    return source_id + sizes + signature + ephemeral_key + record


def mask(destination_id, iv, data):
    return AES.new(destination_id[:16], AES.MODE_CTR, nonce=b"", initial_value=iv).encrypt(data)


def seal(key, nonce, plain, additional):
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce)
    cipher.update(additional)
    sealed, tag = cipher.encrypt_and_digest(plain)
    return sealed + tag


def unseal(key, nonce, sealed, additional):
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce)
    cipher.update(additional)
    try:
        return cipher.decrypt_and_verify(sealed[:-16], sealed[-16:])
    except ValueError:
        return None


def encode_packet(packet, destination_id, key=None, protocol=PROTOCOL):
    """The datagram; packet.body is the plaintext where a key is given."""
    header = packet.header(protocol)
    body = packet.body if key is None else seal(key, packet.nonce, packet.body, header)
    return packet.masking_iv + mask(destination_id, packet.masking_iv, header[16:]) + body


def decode_packet(datagram, local_id, protocol=PROTOCOL):
    """A Packet with its body still sealed, or why there is none."""
    if not 63 <= len(datagram) <= 1280:
        return "size"
    iv, rest = datagram[:16], datagram[16:]
    clear = mask(local_id, iv, rest)
    if clear[:8] != protocol:
        return "protocol"
    flag, nonce, size = clear[8], clear[9:21], int.from_bytes(clear[21:23], "big")
    if flag not in (MESSAGE, WHOAREYOU, HANDSHAKE):
        return "flag"
    authdata, body = clear[23 : 23 + size], rest[23 + size :]
    if len(authdata) < size or not authdata_fits(flag, authdata):
        return "authdata"
    if flag == WHOAREYOU and body:
        return "size"
    return Packet(flag, iv, nonce, authdata, body)


def authdata_fits(flag, authdata):
    if (
        flag == HANDSHAKE
    ):  # "v4": 64 bytes of signature, 33 of key, a record of at most 300 (EIP-778)
        return 131 <= len(authdata) <= 131 + 300 and authdata[32:34] == bytes([64, 33])
    return len(authdata) == {MESSAGE: 32, WHOAREYOU: 24}[flag]


def items_of(payload):
    """The items of an RLP list payload; raises ValueError unless every header is canonical."""
    items = []
    while payload:
        items.append(first_item(payload))
        payload = payload[len(items[-1].raw) :]
    return items


def first_item(data):
    first = data[0]
    if first < 0x80:
        return Item(False, data[:1], data[:1])
    is_list = first >= 0xC0
    offset = 0xC0 if is_list else 0x80
    digits = max(0, first - offset - 55)
    size = int.from_bytes(data[1 : 1 + digits], "big") if digits else first - offset
    raw = data[: 1 + digits + size]
    body = raw[1 + digits :]
    canonical = length_prefix(len(body), 0xC0) + body if is_list else rlp.encode(body)
    if raw != canonical:
        raise ValueError("truncated or not canonical")
    return Item(is_list, body, raw)


def as_bytes(item):
    if item.is_list:
        raise ValueError("a list where bytes belong")
    return item.body


def as_list(item):
    if not item.is_list:
        raise ValueError("bytes where a list belongs")
    return items_of(item.body)


def as_uint(item, bound):
    body = as_bytes(item)
    value = int.from_bytes(body, "big")
    if body[:1] == b"\x00" or value >= bound:
        raise ValueError("leading zeros, or too large")
    return value


def encode_message(kind, *fields):
    """NODES: the records are already RLP."""
    if kind == NODES:
        request_id, total, records = fields
        fields = (request_id, total, [rlp.decode(record) for record in records])
    return bytes([kind]) + rlp.encode(list(fields))


def decode_message(plain):
    """(kind, request id, fields...), or None."""
    try:
        kind, [whole] = plain[0], items_of(plain[1:])
        request_id, *fields = as_list(whole)
        if len(as_bytes(request_id)) > 8:
            return None
        return (kind, request_id.body, *FIELDS[kind](*fields))
    except (ValueError, IndexError, KeyError, TypeError):
        return None


def ping_fields(record_seq):
    return (as_uint(record_seq, 2**64),)


def pong_fields(record_seq, ip, port):
    if len(as_bytes(ip)) not in (4, 16):
        raise ValueError("neither IPv4 nor IPv6")
    return as_uint(record_seq, 2**64), ip.body, as_uint(port, 2**16)


def findnode_fields(distances):
    return (tuple(as_uint(distance, 257) for distance in as_list(distances)),)


def nodes_fields(total, records):
    if not all(record.is_list for record in as_list(records)):
        raise ValueError("a record is a list")
    return as_uint(total, 2**64), tuple(record.raw for record in as_list(records))


def talkreq_fields(protocol, payload):
    return as_bytes(protocol), as_bytes(payload)


def talkresp_fields(payload):
    return (as_bytes(payload),)


FIELDS = {
    PING: ping_fields,
    PONG: pong_fields,
    FINDNODE: findnode_fields,
    NODES: nodes_fields,
    TALKREQ: talkreq_fields,
    TALKRESP: talkresp_fields,
}


def identity_hash(challenge, ephemeral_key, recipient_id):
    text = b"discovery v5 identity proof"
    return hashlib.sha256(text + challenge + ephemeral_key + recipient_id).digest()


def identity_proof(secret, challenge, ephemeral_key, recipient_id):
    """r || s"""
    digest = identity_hash(challenge, ephemeral_key, recipient_id)
    return PrivateKey(secret).sign_recoverable(digest, hasher=None)[:64]


def ecdh(public_key, secret):
    """02 | 03 (the parity of y) || x"""
    return PublicKey(public_key).multiply(secret).format(compressed=True)


def session_keys(secret, public_key, challenge, initiator_id, recipient_id):
    """(initiator key, recipient key)"""
    info = b"discovery v5 key agreement" + initiator_id + recipient_id
    prk = hmac.digest(challenge, ecdh(public_key, secret), "sha256")
    key_data = hmac.digest(prk, info + b"\x01", "sha256")
    return key_data[:16], key_data[16:]
