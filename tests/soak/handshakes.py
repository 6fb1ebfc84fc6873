"""Attacks on RLPx: what is no handshake, no Hello, no frame."""

import socket

from tests.soak.attack import Attack, attack
from tests.soak.stranger import Stranger
from waypost import ecies
from waypost._ext.rlp import encode
from waypost.keys import PrivateKey
from waypost.rlpx import handshake
from waypost.rlpx.basics import Reason
from waypost.rlpx.compression import compress

HELLO, SHH = 0, 16
NO_POINT = b"\xff" * 64
BREACH = Reason.PROTOCOL_BREACH


def _packet(peer: Stranger, body: object) -> bytes:
    """An auth in the form of EIP-8, of whatever body."""
    text = encode(body) + bytes(120)
    size = (len(text) + ecies.OVERHEAD_SIZE_B).to_bytes(2, "big")
    ephemeral = PrivateKey.generate().secret_key
    return size + ecies.seal(
        text, peer.target.public_key, ephemeral=ephemeral, iv=bytes(16), header=size
    )


def _said(refusal: str, data) -> Attack:
    """Instead of a handshake; there is no key to answer with."""

    async def act(peer: Stranger) -> None:
        await peer.meet()
        await peer.send(data(peer))

    return Attack((refusal,), None, act)


def _point_for(peer: Stranger, point: bytes) -> bytes:
    return _packet(peer, [bytes(65), point, bytes(32), 4])


def _garbage(size_b: int):
    return lambda peer: size_b.to_bytes(2, "big") + peer.random.randbytes(size_b)


@attack("handshake-truncated", reason=None)
async def truncated(peer: Stranger) -> None:
    await peer.meet()
    auth = peer.machine.drain_output()
    await peer.send(auth[: peer.random.randrange(1, len(auth))])
    peer.socket.shutdown(socket.SHUT_WR)


@attack("header-mac", reason=None)
async def replayed(peer: Stranger) -> None:
    """A handshake and a Hello that were good once."""
    first = await Stranger(peer.target, peer.address, peer.random).meet()
    auth = first.machine.drain_output()
    await first.send(auth)
    while first.machine.peer is None and await first.read():
        pass
    hello = first.machine.drain_output()
    await first.send(hello)
    first.socket.shutdown(socket.SHUT_WR)
    while await first.read():  # until it is nobody's link any more
        pass
    await peer.meet()
    await peer.send(auth + hello)


def _greeting(refusal: str, reason: Reason, hello: dict[str, object] | bytes) -> Attack:
    """A Hello that cannot be."""

    async def act(peer: Stranger) -> None:
        await peer.meet()
        own = peer.key.secret_key.point
        said = {"version": 5, "capabilities": [[b"shh", 6]], "point": own}
        if isinstance(hello, bytes):
            peer.machine._hello = hello
        else:
            said |= hello
            items = [said["version"], b"stranger", said["capabilities"], 0, said["point"]]
            peer.machine._hello = encode(items)
        await peer.greet()

    return Attack((refusal,), reason, act)


def _frame(refusal: str, message_id: int, data: bytes) -> Attack:
    """After the Hellos."""

    async def act(peer: Stranger) -> None:
        await peer.shake()
        await peer.says_raw(message_id, data)

    return Attack((refusal,), BREACH, act)


def _flipped(refusal: str, at: int) -> Attack:
    """A bit of a frame is wrong."""

    async def act(peer: Stranger) -> None:
        await peer.shake()
        frame = bytearray(peer.machine._codec.seal(SHH, compress(b"\xc0")))
        frame[at] ^= 1 << peer.random.randrange(8)
        await peer.send(bytes(frame))

    return Attack((refusal,), BREACH, act)


ATTACKS = (
    truncated,
    replayed,
    _said("handshake-size", _garbage(0xFFFF)),
    _said("handshake-size", lambda peer: bytes(400)),
    _said("handshake-mac", _garbage(400)),
    _said("handshake-point", lambda peer: _point_for(peer, NO_POINT)),
    _said("handshake-point", lambda peer: _point_for(peer, bytes(64))),
    _said("handshake-signature", lambda peer: _point_for(peer, peer.key.secret_key.point)),
    _said("handshake-body", lambda peer: _packet(peer, [b"what"])),
    _said("handshake-mac", lambda peer: handshake.make_auth(
        peer.key.secret_key, PrivateKey.generate().secret_key.point,
        handshake.Entropy.draw(peer.random.randbytes),
    )),
    _greeting("identity", Reason.UNEXPECTED_IDENTITY, {"point": b"\x01" * 64}),
    _greeting("null-identity", Reason.NULL_IDENTITY, {"point": bytes(64)}),
    _greeting("version", Reason.INCOMPATIBLE_VERSION, {"version": 3}),
    _greeting("nothing-shared", Reason.USELESS_PEER, {"capabilities": [[b"eth", 63]]}),
    _greeting("hello", BREACH, {"point": b""}),
    _greeting("hello", BREACH, b"\xff"),
    _greeting("frame-size", BREACH, bytes(1 << 16)),
    _frame("second-hello", HELLO, compress(encode([5, b"", [], 0, bytes(64)]))),
    _frame("message-id", SHH + 128, compress(b"\xc0")),
    _frame("compression", SHH, b"\x80\x80\x80\x08" + bytes(9)),  # claims 16 MiB
    _frame("compression", SHH, b"\xff\xff\xff\xff\x0f\x00"),  # claims 4 GiB
    _frame("compression", SHH, b"\x08"),
    _flipped("header-mac", 3),
    _flipped("header-mac", 20),
    _flipped("frame-mac", 33),
    _flipped("frame-mac", -1),
)  # fmt: skip
