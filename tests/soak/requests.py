"""Attacks on the desk: requests that are none, or ask for what is not given."""

import socket
import time
from dataclasses import replace
from secrets import token_bytes

from tests.mailers import REQUEST_BITS, SIGNER, everything, sealed
from tests.soak.attack import Attack, Surprise, attack
from tests.soak.stranger import Stranger
from waypost import ecies
from waypost._ext.envelope import Envelope
from waypost._ext.rlp import encode as encode_rlp
from waypost.keys import PrivateKey
from waypost.mail import sync_desk
from waypost.mail.completion import Failed
from waypost.mail.desk import TEXTS
from waypost.mail.request import Form, encode
from waypost.rlpx.basics import Reason
from waypost.rlpx.connection import Message
from waypost.whisper.message import compose
from waypost.whisper.packets import Code


def _refused(refusal: str, payload) -> Attack:
    """A request that is answered with an error; the peer stays, and leaves by itself."""

    async def act(peer: Stranger) -> None:
        await peer.join()
        for packet in payload(peer):
            await peer.says(Code.P2P_REQUEST, packet)
            told = await peer.told()
        text = TEXTS.get(refusal, f"request is invalid: {refusal}")
        if not isinstance(told, Failed) or not told.text.startswith(text):
            raise Surprise(f"{refusal}: {told}")
        peer.socket.shutdown(socket.SHUT_WR)

    return Attack((refusal,), None, act)


def _asked(refusal: str, **changes) -> Attack:
    """A request that is well made, in any form."""

    def payload(peer: Stranger):
        form = peer.random.choice([Form.RLP7, Form.RLP6, Form.PLAIN])
        request = replace(everything(form), **changes)
        if request.topics:
            request = replace(request, form=Form.RLP7)
        plain = request.form is Form.PLAIN
        yield encode(request) if plain else sealed(request, peer.target.public_key).raw

    return _refused(refusal, payload)


def _sealed(refusal: str, *, plain: bytes | None = None, **changes) -> Attack:
    """A request that is badly made, in an envelope that may be so, too."""

    def payload(peer: Stranger):
        yield _envelope(peer, plain, **changes).raw

    return _refused(refusal, payload)


def _envelope(
    peer: Stranger, plain: bytes | None, *, age_s=0, bits=REQUEST_BITS, signer=SIGNER, message=b""
) -> Envelope:
    text = encode(everything()) if plain is None else plain
    message = message or compose(text, padding=token_bytes(20), signer=signer)
    ephemeral = PrivateKey.generate().secret_key
    data = ecies.seal(message, peer.target.public_key, ephemeral=ephemeral, iv=bytes(16))
    expiry_s = int(time.time()) - age_s + 50
    bare = Envelope.create(expiry_s=expiry_s, ttl_s=50, topic=bytes(4), data=data)
    if not bits:
        while bare.bits > 1:
            bare = bare.sealed(bare.nonce + 1)
        return bare
    _, nonce = bare.search(0, 1 << 16, bits)
    return bare.sealed(nonce)


def _replayed(peer: Stranger):
    yield from [_envelope(peer, None).raw] * 2


def _to_somebody_else(peer: Stranger):
    yield sealed(everything(), PrivateKey.generate().public_key).raw


def _malformed_plain(peer: Stranger):
    """Of the form PLAIN, with a cursor of 40 bytes."""
    yield encode_rlp([token_bytes(32), 1, 2, 3, bytes(40), b""])


@attack("neither-envelope-nor-list", reason=Reason.SUBPROTOCOL)
async def no_request(peer: Stranger) -> None:
    await peer.join()
    await peer.says(Code.P2P_REQUEST, b"\x83abc")


@attack("stranger", reason=None)
async def copies(peer: Stranger) -> None:
    """Asks for the whole archive, as servers do."""
    await peer.join()
    await peer.says(Code.SYNC_REQUEST, encode_rlp([0, 2**32 - 1, b"", 1000, b""]))
    said: list[Message] = []
    while not said and await peer.read():
        events = peer.machine.drain_events()
        said = [
            each
            for each in events
            if isinstance(each, Message) and each.code == Code.SYNC_RESPONSE
        ]
    if not said or sync_desk.TEXTS["stranger"].encode() not in said[0].payload:
        raise Surprise(f"stranger: {said}")
    peer.socket.shutdown(socket.SHUT_WR)


ATTACKS = (
    no_request,
    copies,
    _asked("reversed-range", lower_s=2**31, upper_s=1),
    _asked("empty-range", lower_s=2**32 - 2, upper_s=2**32 - 1),
    _asked("huge-range", lower_s=0),
    _asked("high-limit", limit=1_001),
    _asked("high-limit", limit=2**32 - 1),
    _asked("empty-bloom", bloom=b""),
    _asked("bad-cursor", cursor=bytes(36)),
    _asked("bad-cursor", cursor=b"\xff" * 36),
    _asked("too-many-topics", topics=(b"evil",) * 1_001),
    _sealed("undersized", plain=bytes(7)),
    _sealed("undersized-bloom", plain=bytes(9)),
    _sealed("bad-size", plain=bytes(100)),
    _sealed("bad-rlp", plain=b"\xc0"),
    _sealed("bad-rlp", plain=encode_rlp([1, 2, 3])),
    _sealed("bad-number", plain=encode_rlp([2**40, 2**41, b"", [], 0, b"", 1])),
    _sealed("bad-flag", plain=encode_rlp([1, 2, b"", [], 0, b"", 7])),
    _sealed("bad-topic", plain=encode_rlp([1, 2, b"", [b"abc"], 0, b"", 1])),
    _sealed("low-work", bits=0),
    _sealed("stale", age_s=600),
    _sealed("stale", age_s=-600),
    _sealed("unsigned", signer=None),
    _refused("replayed", _replayed),
    _refused("sealed", _to_somebody_else),
    _sealed("sealed", message=b"\x04"),
    _sealed("sealed", message=b"\x01\xff" + bytes(40)),
    _refused("bad-cursor", _malformed_plain),
)
