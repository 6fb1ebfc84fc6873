"""`WhisperNode`: a Whisper v6 node on this machine's sockets."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Self

from waypost._ext.envelope import Envelope
from waypost._ext.record import ENR
from waypost.config import HostConfig, WhisperConfig
from waypost.enode import Enode
from waypost.errors import ConfigError, LinkError
from waypost.keys import PrivateKey
from waypost.net.clock import wall_clock
from waypost.net.rlpx.host import RlpxHost
from waypost.net.rlpx.link import Link
from waypost.net.whisper.keeping import stay_connected
from waypost.net.whisper.pump import Pump, Told
from waypost.rlpx.basics import Reason
from waypost.whisper.effects import Acknowledged, Answered, Arrival, Packet, Ready
from waypost.whisper.machine import SHH, Whisper
from waypost.whisper.packets import Status

Peer = Enode | ENR | str | tuple[bytes, str, int]
"""A node to dial: text is enode://key@host:port or a record (enr:...), a tuple its key (x || y),
host and TCP port.
"""


_log = logging.getLogger(__name__)

_OVERSIZE = 2  # the machine sees, and answers, packets up to so many times the largest it takes


class WhisperNode:
    """Speaks shh/6 with its peers; use it in `async with`, which raises NodeError for a busy port.

    listen: "192.0.2.7:30303"; port 0 is any free one, None is nowhere. peers: nodes to stay
    connected with. Peers are named by their node id, 32 bytes; `peers` has the links of those that
    have said their status.

    Callbacks run on the event loop and must be quick; one that raises costs the peer that it is
    called for its link. Whoever registers one for arrivals must `acknowledge` each arrival;
    without any, they are acknowledged at once.
    """

    def __init__(
        self,
        key: PrivateKey,
        *,
        listen: str | None = None,
        config: WhisperConfig | None = None,
        peers: Sequence[Peer] = (),
        host_config: HostConfig | None = None,
    ) -> None:
        self._machine = Whisper(config)
        self._host_config = _narrowed(host_config or HostConfig(), self._machine.config)
        high_b = self._host_config.output_high_b
        self._pump = Pump(self._machine, high_b, self._tell, self._tell_of_leaving)
        self._host = RlpxHost(key, [self._pump], listen=listen, config=self._host_config)
        self.peers: Mapping[bytes, Link] = MappingProxyType(self._pump.ready)
        self._kept = [Enode.of(peer) for peer in peers]
        self._keeping: list[asyncio.Task[None]] = []
        self._callbacks: dict[type[Told], list[Callable[[Any], None]]] = {
            kind: [] for kind in (Ready, Arrival, Packet, Acknowledged, Answered)
        }
        self._on_disconnected: list[Callable[[bytes], None]] = []
        self._refusals: Counter[str] = Counter()
        if len(self._kept) > self._host_config.link_count_max:
            raise ConfigError("more peers are named than link_count_max allows")

    # ---- its life

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Listens, if it is to, and dials those with whom it stays connected."""
        await self._host.open()
        self._keeping = [
            asyncio.create_task(stay_connected(peer, self.link, self._host_config))
            for peer in self._kept
        ]

    def stop_listening(self) -> None:
        """Let nobody in any more; the peers that there are stay."""
        self._host.stop_listening()

    async def close(self) -> None:
        """Says QUITTING to all; closing twice is fine."""
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        await self._host.close()
        self._pump.close()

    # ---- what it is

    @property
    def port(self) -> int | None:
        """The TCP port that it listens on."""
        return self._host.port

    @property
    def refusals(self) -> Counter[str]:
        """What was refused of peers, by name."""
        return self._machine.refusals + self._host.refusals + self._refusals

    def status_of(self, peer: bytes) -> Status:
        """What a peer has said of itself. Raises LinkError where it is not connected."""
        if peer not in self.peers:
            raise LinkError("closed", f"{peer.hex()[:16]} is not connected")
        return self._pump.members[peer].greeting.result()

    def stats(self) -> dict[str, int]:
        """Counters since it was made, and sizes now."""
        intake = self._machine.intake
        return {
            "links": len(self._host.links),
            "peers": len(self.peers),
            "held_peers": sum(each.releasing is not None for each in self._pump.members.values()),
            "output_size_b": sum(link.output_size_b for link in self._host.links.values()),
            "envelopes_accepted": intake.accepted_count,
            "envelopes_duplicate": intake.duplicate_count,
            "pool_envelopes": len(self._machine.pool.entries),
            "pool_displaced": self._machine.pool.displaced_count,
            "refused": self.refusals.total(),
        }

    # ---- what to hear of

    def on_ready(self, callback: Callable[[Ready], None]) -> None:
        """Call back with each peer that has said its status."""
        self._callbacks[Ready].append(callback)

    def on_arrival(self, callback: Callable[[Arrival], None]) -> None:
        """Call back with new envelopes; `acknowledge` them once they are safe."""
        self._callbacks[Arrival].append(callback)

    def on_packet(self, callback: Callable[[Packet], None]) -> None:
        """Call back with packets of mail, 123 to 127."""
        self._callbacks[Packet].append(callback)

    def on_acknowledged(self, callback: Callable[[Acknowledged], None]) -> None:
        """Call back when a peer has taken a packet of envelopes."""
        self._callbacks[Acknowledged].append(callback)

    def on_answered(self, callback: Callable[[Answered], None]) -> None:
        """Call back when a peer has said what it refuses of a packet of envelopes."""
        self._callbacks[Answered].append(callback)

    def on_disconnected(self, callback: Callable[[bytes], None]) -> None:
        """Call back with each peer that had said its status and is gone."""
        self._on_disconnected.append(callback)

    # ---- what to do

    async def dial(self, peer: Peer) -> bytes:
        """The node id of a peer, once both have said their status. Raises ConfigError, RecordError
        and LinkError.
        """
        return (await self.link(Enode.of(peer))).node_id

    async def link(self, peer: Enode) -> Link:
        """As dial; the link that stays. Raises LinkError."""
        link = await self._host.dial(peer.point, peer.host, peer.port)
        return await self._pump.greeted(link)

    def post(self, *envelopes: Envelope) -> None:
        """Send our own to all peers that want them. Raises EnvelopeError where none would."""
        self._machine.post(envelopes, wall_clock())
        self._pump.turn()

    def acknowledge(self, arrival: Arrival) -> None:
        """Tell the sender that its packet is taken, if it wants to know."""
        self._machine.acknowledge(arrival)
        self._pump.turn()

    def send(self, peer: bytes, code: int, *payloads: bytes) -> None:
        """Send packets to a peer; nothing where it is gone. Raises ConfigError for one that
        cannot be sent.
        """
        size_b = max(map(len, payloads), default=0)
        if not (0 <= code < SHH.id_count and size_b <= self._host_config.rlpx.message_size_max_b):
            raise ConfigError(f"no packet has code {code} and {size_b} bytes")
        self._pump.send(peer, code, payloads)

    async def writable(self, peer: bytes) -> bool:
        """As Link.writable; False where it is gone."""
        member = self._pump.members.get(peer)
        return member is not None and await member.link.writable()

    def trust(self, peer: bytes) -> None:
        """Take mail from a peer from now on, for as long as it is connected."""
        self._machine.trust(peer)

    def pause(self, peer: bytes) -> None:
        """Read nothing from a peer, until `resume`: it must wait."""
        if member := self._pump.members.get(peer):
            member.link.pause()

    def resume(self, peer: bytes) -> None:
        """Read on."""
        if member := self._pump.members.get(peer):
            member.link.resume()

    def disconnect(self, peer: bytes, reason: Reason = Reason.REQUESTED) -> None:
        """Say why, and hang up."""
        if member := self._pump.members.get(peer):
            member.link.disconnect(reason)

    def set_pow_min(self, pow_min: float) -> None:
        """Take envelopes with this work from now on, and tell all peers. Raises ConfigError."""
        self._machine.set_pow_min(pow_min, wall_clock())
        self._pump.turn()

    def set_bloom(self, bloom: bytes) -> None:
        """Take envelopes that this bloom lets through, and tell all peers. Raises ConfigError."""
        self._machine.set_bloom(bloom, wall_clock())
        self._pump.turn()

    # ---- who hears of what

    def _tell(self, told: Told) -> None:
        callbacks = self._callbacks[type(told)]
        if not callbacks and isinstance(told, Arrival):
            self._machine.acknowledge(told)
        for callback in callbacks:
            self._call(callback, told, told.peer)

    def _tell_of_leaving(self, peer: bytes) -> None:
        for callback in self._on_disconnected:
            self._call(callback, peer, peer)

    def _call(self, callback: Callable[[Any], None], what: object, peer: bytes) -> None:
        """What a callback gets wrong costs the peer its link, and no other."""
        try:
            callback(what)
        except Exception:
            self._refusals["callback-error"] += 1
            _log.exception("peer %s is disconnected: a callback failed", peer.hex()[:16])
            self.disconnect(peer, Reason.SUBPROTOCOL)


def _narrowed(host: HostConfig, whisper: WhisperConfig) -> HostConfig:
    """Links keep no more of a message than a packet may have, with some to spare."""
    size_max_b = min(host.rlpx.message_size_max_b, _OVERSIZE * whisper.packet_size_max_b)
    return replace(host, rlpx=replace(host.rlpx, message_size_max_b=size_max_b))
