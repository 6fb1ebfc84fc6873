"""Whisper nodes on loopback, and what they send."""

import time
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random

from waypost._ext.envelope import Envelope
from waypost.config import WhisperConfig
from waypost.enode import Enode
from waypost.keys import PrivateKey
from waypost.net.whisper.node import WhisperNode

TOPIC = b"mail"
EASY = WhisperConfig(pow_min=0.0)
CONFIRMING = WhisperConfig(pow_min=0.0, confirmations=True)
LISTEN = "127.0.0.1:0"


def at(node: WhisperNode, key: PrivateKey) -> Enode:
    return Enode(key.secret_key.point, "127.0.0.1", node.port)


@asynccontextmanager
async def nodes(count, **settings):
    """Nodes that listen, and where they are."""
    async with AsyncExitStack() as opened:
        made = []
        for _ in range(count):
            key = opened.enter_context(PrivateKey.generate())
            node = WhisperNode(key, listen=LISTEN, **{"config": EASY, **settings})
            await opened.enter_async_context(node)
            made.append((node, at(node, key)))
        yield made


def mail(number: int = 0, *, topic: bytes = TOPIC, size_b: int = 100, age_s: int = 0) -> Envelope:
    """An envelope that was sent just now, of bytes that no compression makes fewer."""
    data = Random(number).randbytes(size_b)
    expiry_s = int(time.time()) - age_s + 50
    return Envelope.create(expiry_s=expiry_s, ttl_s=50, topic=topic, data=data)


def acknowledgements(node):
    """The hashes of the packets that a node's peers have acknowledged, as they come."""
    hashes = []
    node.on_acknowledged(lambda taken: hashes.append(taken.batch_hash))
    return hashes
