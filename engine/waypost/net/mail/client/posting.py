"""Envelopes on their way into the network, by one node that passes them on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from waypost._ext.digest import keccak256
from waypost._ext.envelope import Envelope
from waypost._ext.rlp import encode_list
from waypost.config import MailClientConfig
from waypost.enode import Enode
from waypost.errors import EnvelopeError, LinkError, MailError
from waypost.net.clock import monotonic, wall_clock_s
from waypost.net.mail.client.line import dial
from waypost.net.mail.client.servers import Servers
from waypost.net.sealing import Progress, seal
from waypost.net.whisper.node import WhisperNode
from waypost.whisper.acceptance import refusal
from waypost.whisper.effects import Acknowledged, Answered
from waypost.whisper.packets import Code


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, and by which node (32 bytes). confirmed: it said that it has taken it."""

    envelope: Envelope
    peer: bytes
    confirmed: bool


class Posting:
    """Sends single envelopes, each in a packet of its own, so that an answer tells of it alone.

    go-ethereum's nodes never confirm: one that did not is not waited for again.
    """

    def __init__(self, node: WhisperNode, servers: Servers, config: MailClientConfig) -> None:
        self._node = node
        self._servers = servers
        self._config = config
        self._silent: set[bytes] = set()  # peers that do not confirm
        self._waiting: dict[tuple[bytes, bytes], list[asyncio.Future[bool]]] = {}
        node.on_acknowledged(self._acknowledged)
        node.on_answered(self._answered)
        node.on_disconnected(self._disconnected)

    async def send(
        self,
        envelope: Envelope,
        *,
        pow: float,
        max_time_s: float,
        progress: Callable[[Progress], None] | None,
    ) -> Sent:
        """Raises EnvelopeError, NotEnoughWork, and MailError where no server took it."""
        deadline = monotonic() + self._config.patience_s
        why = ""
        while True:
            try:
                server = await self._servers.choose(deadline)
            except MailError as error:
                raise MailError(error.reason, why) if why else error from None
            try:
                await dial(self._node, server, self._config.dial_timeout_s)
                envelope = await seal(envelope, pow=pow, max_time_s=max_time_s, progress=progress)
                return await self._post(server, envelope)
            except LinkError as error:
                why = f"{server.node_id.hex()[:16]}: {error}"
                self._servers.scores.failed(server.node_id, monotonic())

    async def _post(self, server: Enode, envelope: Envelope) -> Sent:
        if why := refusal(envelope, wall_clock_s(), self._config.whisper):
            raise EnvelopeError(why, "no peer would take this envelope")
        peer, payload = server.node_id, encode_list(envelope.raw)
        if peer in self._silent:
            self._node.send(peer, Code.MESSAGES, payload)
            await self._node.writable(peer)
            return Sent(envelope, peer, confirmed=False)
        asked = peer, keccak256(payload)
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(asked, [])  # several, if it is sent several times
        waiting.append(answer)
        try:
            self._node.send(peer, Code.MESSAGES, payload)
            async with asyncio.timeout(self._config.confirm_timeout_s):
                return Sent(envelope, peer, await answer)
        except TimeoutError:
            self._silent.add(peer)
            return Sent(envelope, peer, confirmed=False)
        finally:
            waiting.remove(answer)
            if not waiting:
                del self._waiting[asked]

    # ---- what the node answers: first what it refuses, then that it has taken the rest

    def _answered(self, answer: Answered) -> None:
        if answer.refused:
            why = f"it refused the envelope: {answer.refused[0].text}"
            self._settle(answer.peer, answer.batch_hash, MailError("refused", why))

    def _acknowledged(self, answer: Acknowledged) -> None:
        self._settle(answer.peer, answer.batch_hash, None)

    def _disconnected(self, peer: bytes) -> None:
        self._silent.discard(peer)
        for waiting_peer, batch_hash in list(self._waiting):
            if waiting_peer == peer:
                closed = LinkError("closed", "it hung up on the envelope")
                self._settle(peer, batch_hash, closed)

    def _settle(self, peer: bytes, batch_hash: bytes, error: Exception | None) -> None:
        for answer in self._waiting.get((peer, batch_hash), ()):
            if answer.done():
                continue
            if error is None:
                answer.set_result(True)
            else:
                answer.set_exception(error)
