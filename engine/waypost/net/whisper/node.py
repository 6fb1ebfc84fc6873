"""`WhisperNode`: a Whisper v6 node on this machine's sockets."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import Self

from waypost._ext.envelope import Envelope
from waypost._ext.record import ENR
from waypost.config import HostConfig, WhisperConfig
from waypost.enode import Enode
from waypost.errors import LinkError
from waypost.keys import PrivateKey
from waypost.net.clock import wall_clock
from waypost.net.rlpx.host import RlpxHost
from waypost.net.rlpx.link import Link
from waypost.net.whisper.keeping import stay_connected
from waypost.rlpx.basics import Reason
from waypost.rlpx.connection import Disconnected
from waypost.whisper.effects import (
    Acknowledged,
    Answered,
    Arrival,
    Drop,
    Effect,
    Packet,
    Ready,
    Send,
)
from waypost.whisper.machine import SHH, Whisper

Peer = Enode | ENR | str | tuple[bytes, str, int]
"""Whom to dial: text is enode://key@host:port or a record (enr:...); a tuple is the key (x || y),
the host and the port.
"""


class WhisperNode:
    """Speaks shh/6 with its peers; use it in `async with`, which raises NodeError for a busy port.

    listen: "192.0.2.7:30303"; port 0 is any free one, None is nowhere. peers: nodes to stay
    connected with. Peers are named by their node id, 32 bytes.

    Callbacks run on the event loop and must be quick; one that raises costs the peer its link.
    Whoever registers one for arrivals must `acknowledge` each; without any they are at once.
    """

    capability = SHH

    def __init__(
        self,
        key: PrivateKey,
        *,
        listen: str | None = None,
        peers: Sequence[Peer] = (),
        config: WhisperConfig | None = None,
        host_config: HostConfig | None = None,
    ) -> None:
        self._machine = Whisper(config)
        self._host = RlpxHost(key, [self], listen=listen, config=host_config)
        self._kept = [enode_of(peer) for peer in peers]
        self._links: dict[bytes, Link] = {}  # also before their status
        self._peers: dict[bytes, Link] = {}
        self.peers: Mapping[bytes, Link] = MappingProxyType(self._peers)
        self._greetings: dict[bytes, asyncio.Future[None]] = {}
        self._drops: dict[bytes, str] = {}  # why, until the link has ended
        self._held: set[bytes] = set()  # peers that do not take what they were sent
        self._turning = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_arrival: list[Callable[[Arrival], None]] = []
        self._on_packet: list[Callable[[Packet], None]] = []
        self._on_acknowledged: list[Callable[[Acknowledged], None]] = []
        self._on_answered: list[Callable[[Answered], None]] = []
        self._on_disconnected: list[Callable[[bytes], None]] = []

    # ---- its life

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Listens, if it is to, and dials those with whom it stays connected."""
        await self._host.open()
        for peer in self._kept:
            self._spawn(stay_connected(peer, self._dial))

    async def close(self) -> None:
        """Says QUITTING to all; closing twice is fine."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._host.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # ---- what it is

    @property
    def port(self) -> int | None:
        """The TCP port that it listens on."""
        return self._host.port

    @property
    def refusals(self) -> Counter[str]:
        """What was refused of peers, by name."""
        return self._machine.refusals + self._host.refusals

    def stats(self) -> dict[str, int]:
        """Counters since it was made, and sizes now."""
        machine = self._machine
        return {
            "links": len(self._links),
            "peers": len(self._peers),
            "envelopes_accepted": machine.intake.accepted_count,
            "envelopes_duplicate": machine.intake.duplicate_count,
            "pool_envelopes": len(machine.pool.entries),
            "refused": self.refusals.total(),
        }

    # ---- what to hear of

    def on_arrival(self, callback: Callable[[Arrival], None]) -> None:
        """Call back with new envelopes; then `acknowledge` them."""
        self._on_arrival.append(callback)

    def on_packet(self, callback: Callable[[Packet], None]) -> None:
        """Call back with packets of mail, 123 to 127."""
        self._on_packet.append(callback)

    def on_acknowledged(self, callback: Callable[[Acknowledged], None]) -> None:
        """Call back when a peer has taken a packet of envelopes."""
        self._on_acknowledged.append(callback)

    def on_answered(self, callback: Callable[[Answered], None]) -> None:
        """Call back when a peer has said what it refuses of a packet of envelopes."""
        self._on_answered.append(callback)

    def on_disconnected(self, callback: Callable[[bytes], None]) -> None:
        """Call back with each peer whose link has ended."""
        self._on_disconnected.append(callback)

    # ---- what to do

    async def dial(self, peer: Peer) -> bytes:
        """The node id of a peer, once both have said their status. Raises ConfigError, RecordError
        and LinkError.
        """
        return (await self._dial(enode_of(peer))).node_id

    def post(self, *envelopes: Envelope) -> None:
        """Send our own to all peers that want them. Raises EnvelopeError where none would."""
        self._machine.post(envelopes, wall_clock())
        self._turn()

    def acknowledge(self, arrival: Arrival) -> None:
        """Tell the sender that its packet is taken, if it wants to know."""
        self._machine.acknowledge(arrival)
        self._turn()

    def send(self, peer: bytes, code: int, payload: bytes) -> None:
        """Send a packet to a peer; nothing where it is gone."""
        self._machine.send(peer, code, payload)
        self._turn()

    async def writable(self, peer: bytes) -> bool:
        """As Link.writable; False where it is gone."""
        link = self._links.get(peer)
        return link is not None and await link.writable()

    def trust(self, peer: bytes) -> None:
        """Take mail from a peer from now on, for as long as it is connected."""
        self._machine.trust(peer)

    def pause(self, peer: bytes) -> None:
        """Read nothing from a peer, until `resume`: it must wait."""
        if peer in self._links:
            self._links[peer].pause()

    def resume(self, peer: bytes) -> None:
        """Read on."""
        if peer in self._links:
            self._links[peer].resume()

    def disconnect(self, peer: bytes, reason: Reason = Reason.REQUESTED) -> None:
        """Say why, and hang up."""
        if peer in self._links:
            self._links[peer].disconnect(reason)

    # ---- links

    async def _dial(self, peer: Enode) -> Link:
        greeting = self._greeting(peer.node_id)
        try:
            link = await self._host.dial(peer.point, peer.host, peer.port)
        except BaseException:
            if peer.node_id not in self._links:
                self._greetings.pop(peer.node_id, None)
            raise
        await asyncio.shield(greeting)
        return link

    def _greeting(self, peer: bytes) -> asyncio.Future[None]:
        """Done when the peer has said its status, and failed when its link ends before."""
        greeting = self._greetings.get(peer)
        if greeting is None:
            self._greetings[peer] = greeting = asyncio.get_running_loop().create_future()
            greeting.add_done_callback(_seen)
        return greeting

    def connected(self, link: Link) -> None:
        """See Subprotocol."""
        peer = link.node_id
        self._links[peer] = link
        self._greeting(peer)
        self._machine.connected(peer, link.host, wall_clock())
        self._turn()

    def received(self, link: Link, code: int, payload: bytes) -> None:
        """See Subprotocol."""
        self._machine.receive(link.node_id, code, payload, wall_clock())
        self._turn()

    def disconnected(self, link: Link, why: Disconnected) -> None:
        """See Subprotocol."""
        peer = link.node_id
        self._links.pop(peer, None)
        self._held.discard(peer)
        was_peer = self._peers.pop(peer, None) is not None
        refusal = self._drops.pop(peer, "") or why.refusal
        greeting = self._greetings.pop(peer)
        if not greeting.done():
            text = f"it is refused: {refusal}" if refusal else "it hung up before its status"
            greeting.set_exception(LinkError("refused", f"{link.host} port {link.port}: {text}"))
        self._machine.disconnected(peer)
        self._turn()
        if was_peer:
            for callback in self._on_disconnected:
                callback(peer)

    # ---- a turn

    def _turn(self) -> None:
        """Do what the machine asks for; what callbacks do meanwhile comes after it, in order."""
        if self._turning:
            return
        self._turning = True
        try:
            while effects := self._machine.drain():
                for effect in effects:
                    self._do(effect)
        finally:
            self._turning = False
        self._arm()

    def _do(self, effect: Effect) -> None:
        match effect:
            case Send(peer, code, payload):
                self._send(peer, code, payload)
            case Drop(peer, reason, refusal):
                if peer in self._links:
                    self._drops[peer] = refusal
                    self._links[peer].disconnect(reason)
            case Ready(peer):
                if peer in self._links:
                    self._peers[peer] = self._links[peer]
                    self._greetings[peer].set_result(None)
            case Arrival():
                for arrived in self._on_arrival:
                    arrived(effect)
                if not self._on_arrival:
                    self._machine.acknowledge(effect)
            case Packet():
                for came in self._on_packet:
                    came(effect)
            case Acknowledged():
                for taken in self._on_acknowledged:
                    taken(effect)
            case Answered():
                for answered in self._on_answered:
                    answered(effect)

    def _send(self, peer: bytes, code: int, payload: bytes) -> None:
        link = self._links.get(peer)
        if link is None:
            return
        link.send(SHH.name, code, payload)
        if link.output_size_b > self._host.config.output_high_b and peer not in self._held:
            self._held.add(peer)
            self._machine.hold(peer)
            self._spawn(self._release(link))

    async def _release(self, link: Link) -> None:
        """Pass on to a peer again once it has taken most of what it was sent."""
        is_open = await link.writable()
        self._held.discard(link.node_id)
        if is_open:
            self._machine.release(link.node_id)
            self._turn()

    # ---- time

    def _arm(self) -> None:
        """Sets the timer where it would be late; one that fires early does no harm."""
        deadline = self._machine.deadline()
        if self._timer is not None and self._timer_at <= deadline:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if deadline != float("inf"):
            delay_s = max(0.0, deadline - wall_clock())
            self._timer_at = deadline
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._machine.tick(wall_clock())
        self._turn()

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def enode_of(peer: Peer) -> Enode:
    """Where a peer is. Raises ConfigError, RecordError."""
    match peer:
        case Enode():
            return peer
        case ENR():
            return Enode.of_record(peer)
        case str():
            return Enode.parse(peer)
    return Enode(*peer)


def _seen(greeting: asyncio.Future[None]) -> None:
    """Nobody need wait for it."""
    if not greeting.cancelled():
        greeting.exception()
