"""RLPx (rlpx.md, EIP-8), written to be right, not fast. Secrets are 32 bytes, points x || y."""

import hashlib
import hmac

import rlp
from coincurve import PrivateKey, PublicKey
from Crypto.Cipher import AES
from Crypto.Hash import keccak


def keccak256(data):
    return keccak.new(digest_bits=256, data=data).digest()


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def ctr(key, iv):
    return AES.new(key, AES.MODE_CTR, nonce=b"", initial_value=iv)


def point_of(secret):
    return PrivateKey(secret).public_key.format(compressed=False)[1:]


def agree(secret, point):
    """The x of the shared point."""
    return PublicKey(b"\x04" + point).multiply(secret).format()[1:]


def kdf(shared, size=32):
    """NIST SP 800-56A section 5.8.1, the concatenation KDF with SHA-256."""
    blocks = (
        hashlib.sha256(counter.to_bytes(4, "big") + shared).digest()
        for counter in range(1, size // 32 + 2)
    )
    return b"".join(blocks)[:size]


def encrypt(point, message, authdata, secret, iv):
    key = kdf(agree(secret, point))
    body = iv + ctr(key[:16], iv).encrypt(message)
    tag = hmac.digest(hashlib.sha256(key[16:]).digest(), body + authdata, "sha256")
    return b"\x04" + point_of(secret) + body + tag


def decrypt(secret, data, authdata):
    """The message, or None where the MAC is wrong."""
    point, body, tag = data[1:65], data[65:-32], data[-32:]
    key = kdf(agree(secret, point))
    mac_key = hashlib.sha256(key[16:]).digest()
    if not hmac.compare_digest(tag, hmac.digest(mac_key, body + authdata, "sha256")):
        return None
    return ctr(key[:16], body[:16]).decrypt(body[16:])


def packet(point, fields, padding, secret, iv):
    """size || ecies(RLP fields || padding)"""
    plain = rlp.encode(fields) + padding
    size = (len(plain) + 65 + 16 + 32).to_bytes(2, "big")
    return size + encrypt(point, plain, size, secret, iv)


def open_packet(secret, data):
    """The fields of an EIP-8 handshake message."""
    return rlp.decode(decrypt(secret, data[2:], data[:2]), strict=False)


def auth_fields(secret, ephemeral, nonce, remote_point):
    signed = xor(agree(secret, remote_point), nonce)
    signature = PrivateKey(ephemeral).sign_recoverable(signed, hasher=None)
    return [signature, point_of(secret), nonce, 4]


def ack_fields(ephemeral, nonce):
    return [point_of(ephemeral), nonce, 4]


def ephemeral_of(secret, auth):
    """The ephemeral point of the initiator, from the fields of its auth."""
    signature, point, nonce = auth[:3]
    signed = xor(agree(secret, point), nonce)
    found = PublicKey.from_signature_and_message(signature, signed, hasher=None)
    return found.format(compressed=False)[1:]


def secrets_of(ephemeral, remote_ephemeral_point, initiator_nonce, recipient_nonce):
    """(aes-secret, mac-secret)"""
    key = agree(ephemeral, remote_ephemeral_point)
    shared = keccak256(key + keccak256(recipient_nonce + initiator_nonce))
    aes_secret = keccak256(key + shared)
    return aes_secret, keccak256(key + aes_secret)


class Mac:
    """A Keccak state over all that was absorbed, recomputed from the start each time."""

    def __init__(self, mac_secret, absorbed):
        self.whitening = AES.new(mac_secret, AES.MODE_ECB)
        self.absorbed = absorbed

    def digest(self):
        return keccak256(self.absorbed)[:16]

    def stir(self, seed):
        self.absorbed += xor(self.whitening.encrypt(self.digest()), seed)
        return self.digest()

    def of_header(self, ciphertext):
        return self.stir(ciphertext)

    def of_frame(self, ciphertext):
        self.absorbed += ciphertext
        return self.stir(self.digest())


class Codec:
    """egress and ingress: what the MACs begin with."""

    def __init__(self, aes_secret, mac_secret, egress, ingress):
        self.outgoing, self.incoming = ctr(aes_secret, bytes(16)), ctr(aes_secret, bytes(16))
        self.egress, self.ingress = Mac(mac_secret, egress), Mac(mac_secret, ingress)

    def seal(self, message_id, payload):
        data = rlp.encode(message_id) + payload
        header = len(data).to_bytes(3, "big") + bytes.fromhex("c28080") + bytes(10)
        head = self.outgoing.encrypt(header)
        head += self.egress.of_header(head)
        body = self.outgoing.encrypt(data + bytes(-len(data) % 16))
        return head + body + self.egress.of_frame(body)

    def open(self, frame):
        """(message id, payload) of one whole frame, or why it is refused."""
        if self.ingress.of_header(frame[:16]) != frame[16:32]:
            return "header-mac"
        size = int.from_bytes(self.incoming.decrypt(frame[:16])[:3], "big")
        body, mac = frame[32:-16], frame[-16:]
        if self.ingress.of_frame(body) != mac:
            return "frame-mac"
        data = self.incoming.decrypt(body)[:size]
        number, _, end = rlp.codec.consume_item(data, 0)
        return int.from_bytes(number, "big"), data[end:]
