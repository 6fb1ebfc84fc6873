"""Mail servers on loopback that follow a script, and a client beside them."""

from collections.abc import Callable
from typing import Self

from tests.mailboxes import Answer, Mailbox
from waypost._ext.envelope import Envelope
from waypost.enode import Enode
from waypost.keys import PrivateKey
from waypost.mail.client.history import Page
from waypost.mail.completion import Completed, Failed, encode
from waypost.mail.request import MailRequest, decode
from waypost.net.whisper.node import WhisperNode
from waypost.whisper.effects import Arrival, Packet
from waypost.whisper.message import Message
from waypost.whisper.packets import Code

Script = Callable[["ScriptedServer", bytes, bytes, MailRequest], None]


class ScriptedServer:
    """Answers from a mailbox; `script` is called with what was asked, and may do anything."""

    def __init__(
        self,
        mailbox: Mailbox,
        script: Script | None = None,
        *,
        key: PrivateKey | None = None,
        shared_key: bytes | None = None,
    ) -> None:
        self.mailbox = mailbox
        self.key = key or PrivateKey.generate()
        self.requests: list[MailRequest] = []
        self.signers: list[bytes | None] = []
        self.posted: list[Envelope] = []
        self.confirms = True
        self._script = script or ScriptedServer.answer
        self._open_with = shared_key or self.key.secret_key
        self._node = WhisperNode(self.key, listen="127.0.0.1:0")
        self._node.on_packet(self._received)
        self._node.on_arrival(self._arrived)

    async def __aenter__(self) -> Self:
        await self._node.__aenter__()
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self._node.close()

    @property
    def place(self) -> Enode:
        return Enode(self.key.secret_key.point, "127.0.0.1", self._node.port)

    @property
    def enode(self) -> str:
        return str(self.place)

    def _received(self, packet: Packet) -> None:
        if packet.code != Code.P2P_REQUEST:
            return
        envelope = Envelope.parse(packet.payload)
        message = Message.open(envelope.data, self._open_with)
        request = decode(message.payload)
        self.requests.append(request)
        self.signers.append(message.signer)
        self._script(self, packet.peer, envelope.hash, request)

    def _arrived(self, arrival: Arrival) -> None:
        self.posted += arrival.envelopes
        if self.confirms:
            self._node.acknowledge(arrival)

    def answer(self, peer: bytes, request_id: bytes, request: MailRequest) -> None:
        """Honestly."""
        self.give(peer, self.page(request))
        self.end(peer, request_id, self.page(request))

    def page(self, request: MailRequest) -> Answer:
        limit = request.limit or 1_000
        asked = Page(request.lower_s, request.upper_s, limit, request.cursor)
        return self.mailbox.answer(asked)

    def give(self, peer: bytes, answer: Answer) -> None:
        for packet in answer.packets:
            self._node.send(peer, Code.P2P_MESSAGE, packet)

    def end(self, peer: bytes, request_id: bytes, answer: Answer) -> None:
        self.say(peer, Completed(request_id, answer.last_hash, answer.cursor))

    def say(self, peer: bytes, completion: Completed | Failed) -> None:
        self._node.send(peer, Code.P2P_REQUEST_COMPLETE, encode(completion))

    def hang_up(self, peer: bytes) -> None:
        self._node.disconnect(peer)
