"""Pumps a sans-IO machine over UDP: datagrams in, datagrams out, one timer.

Every turn, be it of datagrams, of the timer or of a caller, ends in the same order: the machine
digests what it was fed, its caller takes what finished, all answers leave together, and the timer
is set anew.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from waypost._ext.datagrams import Inlet, Outbox
from waypost._ext.ring import AVAILABLE
from waypost.net.clock import monotonic
from waypost.net.discv5.channel import Channel, LoopChannel, RingChannel

TIMER_RESOLUTION_S = 0.001
"""A timer is never set closer than this, so that a deadline that stays due cannot spin."""


class Machine(Protocol):
    """What the driver needs of a machine; it shares the outbox with the driver."""

    @property
    def wire(self) -> Inlet:
        """Takes the datagrams."""

    def poll(self, now: float) -> None:
        """Digests what the wire took."""

    def tick(self, now: float) -> None:
        """Runs the timers that are due."""

    def deadline(self) -> float:
        """When to tick next, on the clock of `now`; infinity for never."""


class UdpDriver:
    """Drives one machine over sockets of different families, which it closes with itself.

    on_progress() runs in each turn, when the machine may have results or events to hand out.
    Whoever asks the machine for something calls wake() after it.
    """

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        machine: Machine,
        outbox: Outbox,
        on_progress: Callable[[], None],
        *,
        batched: bool = AVAILABLE,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._machine = machine
        self._outbox = outbox
        self._on_progress = on_progress
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = float("inf")
        self._waking: asyncio.Handle | None = None
        self._unroutable = 0
        self._closed = False
        self._channels: list[Channel] = [
            RingChannel(opened, machine.wire, outbox, self._settle)
            if batched
            else LoopChannel(opened, machine.wire, self.wake)
            for opened in sockets
        ]

    async def open(self) -> None:
        """Starts to read. The machine's first requests, if any, leave in the next turn."""
        for channel in self._channels:
            await channel.open()
        self.wake()

    def wake(self) -> None:
        """Asks for a turn soon. However often it is called before that, there is one."""
        if self._waking is None and not self._closed:
            self._waking = self._loop.call_soon(self._on_wake)

    def _on_wake(self) -> None:
        self._waking = None
        self._settle(monotonic())

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, float("inf")
        now = monotonic()
        try:
            if self._machine.deadline() <= now:
                self._machine.tick(now)
        finally:
            self._settle(now)

    def _settle(self, now: float) -> None:
        try:
            self._machine.poll(now)
            self._on_progress()
        finally:
            if self._outbox.count:
                self._flush()
            self._arm(now)

    def _flush(self) -> None:
        for channel in self._channels:
            channel.flush(self._outbox)
        if len(self._channels) == 1 and self._outbox.count:
            self._unroutable += self._outbox.discard(not self._channels[0].ipv6)

    def _arm(self, now: float) -> None:
        """Sets the timer where it would be late; one that fires early does no harm."""
        deadline = self._machine.deadline()
        if deadline >= self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        delay = max(TIMER_RESOLUTION_S, deadline - now)
        self._timer = self._loop.call_later(delay, self._on_timer)

    async def close(self) -> None:
        """Stops: no callback runs after it and the sockets are closed."""
        self._closed = True
        for handle in (self._timer, self._waking):
            if handle is not None:
                handle.cancel()
        for channel in self._channels:
            await channel.close()

    def stats(self) -> dict[str, int]:
        """Counters over all sockets: udp_in, udp_in_batches, udp_in_errors, and so for out."""
        total = Counter(udp_out_unroutable=self._unroutable)
        for channel in self._channels:
            total.update(channel.stats())
        return dict(total)
