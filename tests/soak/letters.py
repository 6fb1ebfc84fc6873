"""Attacks with packets of Whisper: no status, false ones, envelopes that nobody may send."""

import struct

from tests.soak.attack import Attack, attack
from tests.soak.plan import POW_MIN, worked
from tests.soak.stranger import Stranger, now_s
from tests.whispers import FULL_STATUS, packet
from waypost._ext.envelope import Envelope
from waypost._ext.rlp import encode
from waypost.rlpx.basics import Reason
from waypost.whisper.packets import Code

END = Reason.SUBPROTOCOL
TTL_S = 20
FLOOD_COUNT = 1_200  # a node may send 50 packets a second, 500 at once and as many in vain


def _said(refusal: str, code: int, payload, *, joined: bool = True) -> Attack:
    """A packet for which the peer is left."""

    async def act(peer: Stranger) -> None:
        await (peer.join() if joined else peer.shake())
        await peer.says(code, payload(peer) if callable(payload) else payload)

    return Attack((refusal,), END, act)


def _ignored(refusal: str, code: int, payload) -> Attack:
    """A packet that is counted and no more: the next one is what the peer is left for."""

    async def act(peer: Stranger) -> None:
        await peer.join()
        await peer.says(code, payload(peer) if callable(payload) else payload)
        await peer.says(Code.STATUS, FULL_STATUS)

    return Attack((refusal, "second-status"), END, act)


def _envelope(peer: Stranger, *, age_s: int = 0, ttl_s: int = TTL_S, work: bool = True) -> bytes:
    bare = Envelope.create(
        expiry_s=now_s() - age_s + ttl_s,
        ttl_s=ttl_s,
        topic=b"evil",
        data=peer.random.randbytes(90),
    )
    if not work:
        while bare.pow >= POW_MIN:
            bare = bare.sealed(bare.nonce + 1)
        return packet(bare)
    return packet(worked(bare) if ttl_s else bare)


def _beyond_expiry(peer: Stranger) -> bytes:
    return packet(
        Envelope.create(expiry_s=1_000, ttl_s=2**31, topic=b"evil", data=peer.random.randbytes(90))
    )


def _bits(number: float) -> bytes:
    return encode(struct.pack(">d", number).lstrip(b"\0"))


@attack("rate", reason=END)
async def flood(peer: Stranger) -> None:
    """More packets than a node may send."""
    await peer.join()
    for _ in range(FLOOD_COUNT):
        peer.machine.send("shh", Code.POW_REQUIREMENT, b"\x80")
    await peer.send()


ATTACKS = (
    _said("no-status", Code.MESSAGES, b"\xc0", joined=False),
    _said("second-status", Code.STATUS, FULL_STATUS),
    _said("bad-status", Code.STATUS, b"\x80", joined=False),
    _said("version", Code.STATUS, encode([7]), joined=False),
    _said("bad-bloom", Code.STATUS, encode([6, 0, bytes(63)]), joined=False),
    _said("bad-pow", Code.POW_REQUIREMENT, _bits(float("nan"))),
    _said("bad-bloom", Code.BLOOM_FILTER, encode(bytes(65))),
    _said("bad-acknowledgement", Code.BATCH_ACKNOWLEDGED, b"\xc0"),
    _said("bad-response", Code.MESSAGES_RESPONSE, encode([1, [bytes(31), []]])),
    _said("bad-limits", Code.RATE_LIMITS, b"\x05"),
    _said("bad-rlp", Code.MESSAGES, b"\xc3\x01\x02\x03"),
    _said("packet-size", Code.MESSAGES, bytes((1 << 20) + 1)),
    _said("very-old", Code.MESSAGES, lambda peer: _envelope(peer, age_s=90)),
    _said("from-the-future", Code.MESSAGES, lambda peer: _envelope(peer, age_s=-60)),
    _said("low-work", Code.MESSAGES, lambda peer: _envelope(peer, work=False)),
    _ignored("no-lifetime", Code.MESSAGES, lambda peer: _envelope(peer, ttl_s=0)),
    _ignored("ttl-beyond-expiry", Code.MESSAGES, _beyond_expiry),
    _ignored("expired", Code.MESSAGES, lambda peer: _envelope(peer, age_s=TTL_S + 5)),
    _ignored("unknown-code", 77, b"\xc0"),
    _ignored("untrusted", Code.P2P_MESSAGE, b"\xc0"),
    _ignored("untrusted", Code.P2P_REQUEST_COMPLETE, b"\x80"),
    _ignored("untrusted", Code.SYNC_RESPONSE, b"\xc0"),
    _ignored("long-response", Code.MESSAGES_RESPONSE, bytes((1 << 16) + 1)),
)  # fmt: skip
