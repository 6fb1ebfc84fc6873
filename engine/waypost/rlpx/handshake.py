"""Auth and ack, which agree on the secrets of a connection (rlpx.md, "Initial Handshake"; EIP-8).

Both are sent in the form of EIP-8; the older plain form is read, too, and a recipient answers it
in kind. Every refusal has a name: a peer's bytes never raise anything else than Refused, which
stays inside of this package.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from waypost._ext.digest import keccak256
from waypost._ext.frames import FrameCodec
from waypost._ext.rlp import decode_front, encode
from waypost._ext.secp256k1 import SecretKey, decompress, recover
from waypost.ecies import OVERHEAD_SIZE_B, seal, unseal
from waypost.errors import KeyFileError

PLAIN_AUTH_SIZE_B = OVERHEAD_SIZE_B + 65 + 32 + 64 + 32 + 1  # 307
PLAIN_ACK_SIZE_B = OVERHEAD_SIZE_B + 64 + 32 + 1  # 210
_VERSION = 4  # auth-vsn and ack-vsn
_PADDING_SIZE_MIN_B = 100  # EIP-8: what tells its form from the plain one by size, and varies
_PADDING_SIZE_MAX_B = 300
_DEPTH_MAX = 8  # lists in each other, of what a later version may add


class Refused(Exception):
    """The peer's handshake is not accepted; `reason` is one of a few fixed names."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entropy:
    """All that is random in one end's handshake. Nothing of it is ever used twice."""

    ephemeral: SecretKey
    nonce: bytes  # 32 bytes
    envelope_key: SecretKey  # R of ECIES
    iv: bytes  # 16 bytes
    padding: bytes  # 100 to 299 bytes

    @classmethod
    def draw(cls, random: Callable[[int], bytes]) -> Self:
        """From `random(size)`, which gives that many secret random bytes.

        Raises KeyFileError once in 2**127 times, where a number is no key.
        """
        span = _PADDING_SIZE_MAX_B - _PADDING_SIZE_MIN_B
        padding_size = _PADDING_SIZE_MIN_B + int.from_bytes(random(4), "big") % span
        ephemeral, envelope_key = SecretKey(random(32)), SecretKey(random(32))
        return cls(ephemeral, random(32), envelope_key, random(16), bytes(padding_size))

    def close(self) -> None:
        """Wipe the keys."""
        self.ephemeral.close()
        self.envelope_key.close()


@dataclass(frozen=True, slots=True)
class Auth:
    """What an initiator says: its static point and its ephemeral one (64 bytes), its nonce."""

    point: bytes
    ephemeral_point: bytes
    nonce: bytes
    plain: bool


@dataclass(frozen=True, slots=True)
class Ack:
    ephemeral_point: bytes
    nonce: bytes


def packet_size(head: bytes, plain_size_b: int, size_max_b: int) -> int:
    """The size of the packet that begins with these bytes, or the bytes to wait for before it is
    known. Raises Refused where it is out of bounds.

    A plain packet begins with the 0x04 of a point. So does one of EIP-8 with 1024 bytes or more:
    once as many as a plain one has are there, opening them tells which it is.
    """
    if len(head) < 2:
        return 2
    size = 2 + int.from_bytes(head[:2], "big")
    if head[0] == 0x04 and len(head) < plain_size_b:
        return plain_size_b
    if not 2 + OVERHEAD_SIZE_B < size <= size_max_b:
        raise Refused("handshake-size")
    return size


def make_auth(secret: SecretKey, remote_point: bytes, entropy: Entropy) -> bytes:
    """remote_point is 64 bytes. Raises KeyFileError where it is no point."""
    shared = secret.ecdh(b"\x04" + remote_point)[1:]
    signature = entropy.ephemeral.sign_recoverable(_xor(shared, entropy.nonce))
    return _seal(remote_point, [signature, secret.point, entropy.nonce, _VERSION], entropy)


def open_plain_auth(secret: SecretKey, packet: bytes) -> Auth | None:
    """The auth in the older form, or None where these 307 bytes are none."""
    text = unseal(packet, secret)
    if text is None:
        return None
    signature, hashed, point = text[:65], text[65:97], text[97:161]
    auth = _auth(secret, signature, point, text[161:193], plain=True)
    if keccak256(auth.ephemeral_point) != hashed:
        raise Refused("handshake-signature")
    return auth


def open_auth(secret: SecretKey, packet: bytes) -> Auth:
    match _open(secret, packet):
        case [bytes(signature), bytes(point), bytes(nonce), *_]:
            return _auth(secret, signature, point, nonce, plain=False)
    raise Refused("handshake-body")


def make_ack(remote_point: bytes, entropy: Entropy, *, plain: bool) -> bytes:
    """In the form of the auth that it answers."""
    if plain:
        text = entropy.ephemeral.point + entropy.nonce + b"\x00"
        return _sealed(remote_point, text, entropy)
    return _seal(remote_point, [entropy.ephemeral.point, entropy.nonce, _VERSION], entropy)


def open_plain_ack(secret: SecretKey, packet: bytes) -> Ack | None:
    """The ack in the older form, or None where these 210 bytes are none."""
    text = unseal(packet, secret)
    return None if text is None else _ack(text[:64], text[64:96])


def open_ack(secret: SecretKey, packet: bytes) -> Ack:
    match _open(secret, packet):
        case [bytes(point), bytes(nonce), *_]:
            return _ack(point, nonce)
    raise Refused("handshake-body")


def initiator_codec(
    entropy: Entropy, ack: Ack, auth_packet: bytes, ack_packet: bytes, frame_size_max_b: int
) -> FrameCodec:
    aes_secret, mac_secret = secrets(
        entropy.ephemeral, ack.ephemeral_point, entropy.nonce, ack.nonce
    )
    egress = _xor(mac_secret, ack.nonce) + auth_packet
    ingress = _xor(mac_secret, entropy.nonce) + ack_packet
    return FrameCodec(aes_secret, mac_secret, egress, ingress, frame_size_max_b)


def recipient_codec(
    entropy: Entropy, auth: Auth, auth_packet: bytes, ack_packet: bytes, frame_size_max_b: int
) -> FrameCodec:
    aes_secret, mac_secret = secrets(
        entropy.ephemeral, auth.ephemeral_point, auth.nonce, entropy.nonce
    )
    egress = _xor(mac_secret, auth.nonce) + ack_packet
    ingress = _xor(mac_secret, entropy.nonce) + auth_packet
    return FrameCodec(aes_secret, mac_secret, egress, ingress, frame_size_max_b)


def secrets(
    ephemeral: SecretKey, remote_point: bytes, initiator_nonce: bytes, recipient_nonce: bytes
) -> tuple[bytes, bytes]:
    """(aes-secret, mac-secret). remote_point has been checked."""
    key = ephemeral.ecdh(b"\x04" + remote_point)[1:]
    shared = keccak256(key + keccak256(recipient_nonce + initiator_nonce))
    aes_secret = keccak256(key + shared)
    return aes_secret, keccak256(key + aes_secret)


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _seal(remote_point: bytes, body: list[bytes | int], entropy: Entropy) -> bytes:
    """size || ecies(RLP || padding), the size authenticated."""
    text = encode(body) + entropy.padding
    size = (len(text) + OVERHEAD_SIZE_B).to_bytes(2, "big")
    return size + _sealed(remote_point, text, entropy, size)


def _sealed(remote_point: bytes, text: bytes, entropy: Entropy, header: bytes = b"") -> bytes:
    key, iv = entropy.envelope_key, entropy.iv
    return seal(text, b"\x04" + remote_point, ephemeral=key, iv=iv, header=header)


def _open(secret: SecretKey, packet: bytes) -> Any:
    text = unseal(packet[2:], secret, header=packet[:2])
    if text is None:
        raise Refused("handshake-mac")
    front = decode_front(text, _DEPTH_MAX)  # padding follows
    return front[0] if front else None


def _auth(secret: SecretKey, signature: bytes, point: bytes, nonce: bytes, *, plain: bool) -> Auth:
    if (len(signature), len(point), len(nonce)) != (65, 64, 32):
        raise Refused("handshake-body")
    try:
        shared = secret.ecdh(b"\x04" + point)[1:]
    except KeyFileError:
        raise Refused("handshake-point") from None
    ephemeral_key = recover(signature, _xor(shared, nonce))
    if ephemeral_key is None:
        raise Refused("handshake-signature")
    return Auth(point, decompress(ephemeral_key), nonce, plain)


def _ack(point: bytes, nonce: bytes) -> Ack:
    if (len(point), len(nonce)) != (64, 32):
        raise Refused("handshake-body")
    try:
        decompress(b"\x04" + point)
    except KeyFileError:
        raise Refused("handshake-point") from None
    return Ack(point, nonce)
