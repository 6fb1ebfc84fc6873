"""Mail servers in tests, and who sends to them and asks of them, on loopback."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from secrets import token_bytes

from tests.whisper_nodes import EASY
from waypost import ecies
from waypost._ext.envelope import Envelope
from waypost._ext.secp256k1 import SecretKey
from waypost.config import MailServerConfig, WhisperConfig
from waypost.keys import PrivateKey
from waypost.mail import completion
from waypost.mail.completion import Completed, Failed
from waypost.mail.request import Form, MailRequest, encode
from waypost.net.archive import SqliteArchive
from waypost.net.mail.server import MailServer
from waypost.net.run import until
from waypost.net.whisper.node import WhisperNode
from waypost.whisper import symmetric
from waypost.whisper.message import compose
from waypost.whisper.packets import Code

PASSWORD = "status-offline-inbox"
SIGNER = SecretKey(bytes([0x11]) * 32)
REQUEST_BITS = 10  # of work: enough for the default of servers


def serving(path, key: PrivateKey | None = None, **settings) -> MailServer:
    """A server that takes envelopes without work."""
    given = {name: settings.pop(name) for name in [*settings] if name in ARGUMENTS}
    config = MailServerConfig(**{"whisper": EASY, **settings})
    return MailServer(key or PrivateKey.generate(), path, config=config, **given)


ARGUMENTS = {"listen", "external", "password", "peers", "sync_from", "sync_to", "node"}


class Troubled(SqliteArchive):
    """An archive whose appends wait for `gate`, and fail once `trouble` is set; so do queries
    with `blind`.
    """

    def __init__(self, path, config=None):
        super().__init__(path, config)
        self.gate, self.query_gate = threading.Event(), threading.Event()
        self.gate.set()
        self.query_gate.set()
        self.trouble = self.blind = None

    def append(self, envelopes):
        assert self.gate.wait(20)
        if self.trouble is not None:
            raise self.trouble
        return super().append(envelopes)

    def query(self, query):
        assert self.query_gate.wait(20)
        if self.blind is not None:
            raise self.blind
        return super().query(query)


def sealed(request: MailRequest, recipient: bytes | SecretKey) -> Envelope:
    """A request in its envelope: to a public key (33 bytes), or under a shared key (32)."""
    plain = compose(encode(request), padding=token_bytes(20), signer=SIGNER)
    if len(recipient) == symmetric.KEY_SIZE_B:
        data = symmetric.seal(plain, recipient, nonce=token_bytes(12))
    else:
        ephemeral = PrivateKey.generate().secret_key
        data = ecies.seal(plain, recipient, ephemeral=ephemeral, iv=bytes(16))
    bare = Envelope.create(expiry_s=int(time.time()) + 50, ttl_s=50, topic=bytes(4), data=data)
    _, nonce = bare.search(0, 1 << 16, REQUEST_BITS)
    return bare.sealed(nonce)


@dataclass
class Told:
    """What a server answered: the payloads of 127 and the end."""

    packets: list[bytes] = field(default_factory=list)
    end: Completed | Failed | None = None

    @property
    def envelopes(self) -> list[Envelope]:
        return [each for payload in self.packets for each in _envelopes(payload)]

    @property
    def hashes(self) -> list[bytes]:
        return [each.hash for each in self.envelopes]


def _envelopes(payload: bytes) -> list[Envelope]:
    """One, or a bundle: its first item is a list, and not an expiry."""
    head_size_b = 1 + max(0, payload[0] - 0xF7)
    if payload[head_size_b] >= 0xC0:
        return Envelope.parse_list(payload)
    return [Envelope.parse(payload)]


class Asker:
    """A node that trusts a server, and asks it."""

    def __init__(self, node: WhisperNode, server: bytes, public_key: bytes) -> None:
        self.node = node
        self.server = server
        self.public_key = public_key
        self.packets: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        node.on_packet(lambda packet: self.packets.put_nowait((packet.code, packet.payload)))

    async def ask(self, request: MailRequest, recipient: bytes | None = None) -> Told:
        """Ask in the request's form, and wait for the end."""
        if request.form is Form.PLAIN:
            payload, request_id = encode(request), request.id
        else:
            envelope = sealed(request, recipient or self.public_key)
            payload, request_id = envelope.raw, envelope.hash
        self.node.send(self.server, Code.P2P_REQUEST, payload)
        told = await self.answer()
        assert told.end is not None
        assert told.end.request_id == request_id
        return told

    async def answer(self) -> Told:
        told = Told()
        async with asyncio.timeout(20):
            while told.end is None:
                code, payload = await self.packets.get()
                if code == Code.P2P_MESSAGE:
                    told.packets.append(payload)
                else:
                    assert code == Code.P2P_REQUEST_COMPLETE
                    told.end = completion.decode(payload)
        return told

    async def history(self, request: MailRequest) -> list[bytes]:
        """The hashes of all pages."""
        hashes: list[bytes] = []
        while True:
            told = await self.ask(request)
            hashes += told.hashes
            if not told.end.cursor:
                return hashes
            request = replace(request, cursor=told.end.cursor)


@asynccontextmanager
async def asking(server: MailServer) -> AsyncIterator[Asker]:
    async with meeting(server) as node:
        (peer,) = node.peers
        node.trust(peer)
        yield Asker(node, peer, server.public_key)


@asynccontextmanager
async def meeting(server: MailServer, config: WhisperConfig = EASY) -> AsyncIterator[WhisperNode]:
    """A node that is connected with a server."""
    with PrivateKey.generate() as key:
        async with WhisperNode(key, config=config) as node:
            await node.dial(server.enode)
            yield node


async def archived(server: MailServer, count: int) -> None:
    """Wait until so many envelopes are in the archive."""
    assert await until(lambda: server.stats.stored_count >= count, 20.0), server.stats


def everything(form: Form = Form.RLP7, **changes) -> MailRequest:
    """A request for all of the last hour."""
    now_s = int(time.time())
    given = {"lower_s": now_s - 3600, "upper_s": now_s + 30, "form": form} | changes
    if form is Form.PLAIN:
        given |= {"id": token_bytes(32)}
    return MailRequest(**given)
