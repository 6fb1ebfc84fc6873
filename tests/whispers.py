"""Whisper nodes in tests, and what their peers send."""

import rlp

from waypost._ext.envelope import Envelope
from waypost.config import WhisperConfig
from waypost.rlpx.basics import Reason
from waypost.whisper.effects import Drop, Send
from waypost.whisper.machine import Whisper

NOW = 1_546_300_800.0
TOPIC = b"abcd"
A, B, C = (bytes([n]) * 32 for n in (0xA, 0xB, 0xC))
FULL_STATUS = rlp.encode([6, 0, b"", 0])
CONFIRMING = bytes.fromhex("cd06883f60624dd2f1a9fc808001")  # a captured one of status-go


def envelope(number=0, *, sent_s=int(NOW), ttl_s=50, topic=TOPIC, size_b=40):
    return Envelope.create(
        expiry_s=sent_s + ttl_s,
        ttl_s=ttl_s,
        topic=topic,
        data=number.to_bytes(4, "big") + bytes(size_b),
    )


def packet(*envelopes):
    return rlp.encode([rlp.decode(each.raw) for each in envelopes])


def whisper(**settings):
    return Whisper(WhisperConfig(**{"pow_min": 0.0, **settings}))


def meet(node, *peers, status=FULL_STATUS, now=NOW):
    for peer in peers:
        node.connected(peer, "203.0.113.1", now)
        node.receive(peer, 0, status, now)
    return node.drain()


def passed_on(node, now):
    """{peer: hashes} that a tick sends."""
    node.tick(now)
    sent = {}
    for effect in node.drain():
        if isinstance(effect, Send) and effect.code == 1:
            hashes = [each.hash for each in Envelope.parse_list(effect.payload)]
            sent.setdefault(effect.peer, []).extend(hashes)
    return sent


def refusal_of(effects):
    (drop,) = (each for each in effects if isinstance(each, Drop))
    assert drop.reason is Reason.SUBPROTOCOL == 0x10
    return drop.refusal
