"""What links bring goes into the machine, and what the machine asks for is done.

Every turn, be it of a packet, of the timer or of a caller, ends in the same order: all effects
are carried out, then the timer is set anew. What is asked for meanwhile comes after them.

To pass an envelope on to hundreds of peers takes its time: what does not fit into a slice of it
leaves in later turns of the loop, so that nobody else waits for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from waypost.errors import LinkError
from waypost.net.clock import monotonic, wall_clock
from waypost.net.rlpx.link import Link
from waypost.rlpx.basics import spoken
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
from waypost.whisper.packets import Code, Status

Told = Ready | Arrival | Packet | Acknowledged | Answered
"""What the owner hears of."""

_TIMER_RESOLUTION_S = 0.001  # a deadline that stays due cannot spin
_SLICE_S = 0.004  # of passing on, in one turn of the loop


@dataclass(slots=True, eq=False)
class Member:
    """A peer's link; `greeting` has its status, or why there is none."""

    link: Link
    greeting: asyncio.Future[Status]
    refusal: str = ""  # why the machine dropped it
    releasing: asyncio.Task[None] | None = None  # waits until it takes what it was sent


class Pump:
    """The subprotocol of a host that drives a machine. `tell` is called with what happens, and
    `on_left` with each peer that was told of as Ready and is gone; neither raises.
    """

    capability = SHH

    def __init__(
        self,
        machine: Whisper,
        output_high_b: int,
        tell: Callable[[Told], None],
        on_left: Callable[[bytes], None],
    ) -> None:
        self.machine = machine
        self.members: dict[bytes, Member] = {}
        self.ready: dict[bytes, Link] = {}  # of those that have said their status
        self._greetings: WeakKeyDictionary[Link, asyncio.Future[Status]] = WeakKeyDictionary()
        self._output_high_b = output_high_b
        self._tell = tell
        self._on_left = on_left
        self._turning = False
        self._relayed: deque[tuple[Member, Send]] = deque()
        self._relaying: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = float("inf")  # monotonic: the time of day may be put forward

    def close(self) -> None:
        """Nothing is called after it."""
        for handle in (self._timer, self._relaying):
            if handle is not None:
                handle.cancel()

    async def greeted(self, link: Link) -> Link:
        """The link, or the one that stays in its place, once both ends have said their status.
        Raises LinkError.
        """
        while True:
            try:
                await asyncio.shield(self._greetings[link])
                return link
            except LinkError:
                member = self.members.get(link.node_id)
                if member is None or member.link is link:
                    raise
                link = member.link

    # ---- what the host tells

    def connected(self, link: Link) -> None:
        greeting = asyncio.get_running_loop().create_future()
        greeting.add_done_callback(_seen)
        self.members[link.node_id] = Member(link, greeting)
        self._greetings[link] = greeting  # for who has dialled it, also when it is gone
        self.machine.connected(link.node_id, link.host, wall_clock())
        self.turn()

    def received(self, link: Link, code: int, payload: bytes) -> None:
        self.machine.receive(link.node_id, code, payload, wall_clock())
        self.turn()

    def disconnected(self, link: Link, why: Disconnected) -> None:
        member = self.members.pop(link.node_id)
        if member.releasing is not None:
            member.releasing.cancel()
        self.machine.disconnected(link.node_id)
        self.turn()
        if self.ready.pop(link.node_id, None) is None:
            member.greeting.set_exception(_no_status(member, why))
        else:
            self._on_left(link.node_id)

    # ---- a turn

    def turn(self) -> None:
        """Do what the machine asks for."""
        if self._turning:
            return
        self._turning = True
        try:
            while effects := self.machine.drain():
                for effect in effects:
                    self._do(effect)
        finally:
            self._turning = False
        self._arm()

    def _do(self, effect: Effect) -> None:
        member = self.members.get(effect.peer)
        if member is None:
            return
        if isinstance(effect, Send):
            if effect.code == Code.MESSAGES:
                self._relay_soon(member, effect)
            else:
                self._send(member, effect.code, effect.payload)
        elif isinstance(effect, Drop):
            member.refusal = effect.refusal
            member.link.disconnect(effect.reason)
        else:
            if isinstance(effect, Ready):
                self.ready[effect.peer] = member.link
                member.greeting.set_result(effect.status)
            self._tell(effect)

    def send(self, peer: bytes, code: int, payloads: Sequence[bytes]) -> None:
        """Packets of the owner's, which mean nothing to the machine; none where it is gone."""
        if member := self.members.get(peer):
            self._send(member, code, *payloads)

    def _send(self, member: Member, code: int, *payloads: bytes) -> None:
        link = member.link
        link.send(SHH.name, code, *payloads)
        if link.output_size_b > self._output_high_b and member.releasing is None:
            self.machine.hold(link.node_id)
            member.releasing = asyncio.create_task(self._release(member))

    async def _release(self, member: Member) -> None:
        """Pass on to a peer again once it has taken most of what it was sent."""
        if await member.link.writable():
            member.releasing = None
            self.machine.release(member.link.node_id)
            self.turn()

    # ---- passing on

    def _relay_soon(self, member: Member, packet: Send) -> None:
        """The machine makes nothing more for this peer until it has left."""
        self.machine.hold(packet.peer)
        self._relayed.append((member, packet))
        if self._relaying is None:
            self._relaying = asyncio.get_running_loop().call_soon(self._relay)

    def _relay(self) -> None:
        slice_end = monotonic() + _SLICE_S
        while self._relayed:
            member, packet = self._relayed.popleft()
            if self.members.get(packet.peer) is member:
                self._send(member, packet.code, packet.payload)
                if member.releasing is None:
                    self.machine.release(packet.peer)
            if monotonic() >= slice_end:
                break
        more = bool(self._relayed)
        self._relaying = asyncio.get_running_loop().call_soon(self._relay) if more else None
        self.turn()

    # ---- time

    def _arm(self) -> None:
        """Sets the timer where it would be late; one that fires early does no harm."""
        wait_s = max(_TIMER_RESOLUTION_S, self.machine.deadline() - wall_clock())
        due_at = monotonic() + wait_s
        if due_at >= self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = due_at
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, float("inf")
        self.machine.tick(wall_clock())
        self.turn()


def _no_status(member: Member, why: Disconnected) -> LinkError:
    where = f"{member.link.host} port {member.link.port}"
    if member.refusal or why.refusal:
        return LinkError("refused", f"{where} is refused: {member.refusal or why.refusal}")
    if why.by_peer:
        text = f"{where} hung up before its status: {spoken(why.reason)}"
        return LinkError("refused", text)
    return LinkError("closed", "the node was closed, or has left the peer, before its status came")


def _seen(greeting: asyncio.Future[Status]) -> None:
    """Nobody need wait for it."""
    if not greeting.cancelled():
        greeting.exception()
