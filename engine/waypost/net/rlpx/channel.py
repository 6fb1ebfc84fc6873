"""One TCP socket and the machine at our end of it.

Every turn, be it of bytes, of the timer or of a caller, ends in the same order: the owner takes
the events, the output leaves, the timer is set anew. What the system does not take stays in the
machine, whose bound it meets there.
"""

import asyncio
from math import inf
from typing import Protocol, cast

from waypost.config import HostConfig
from waypost.net.clock import monotonic
from waypost.rlpx.basics import Reason
from waypost.rlpx.connection import Connection, Disconnected, Event, Message


class Owner(Protocol):
    """Whose channels they are."""

    def begin(self, channel: "Channel", now: float) -> Connection | None:
        """The machine of a channel whose socket is open, or None where it may not stay."""

    def handle(self, channel: "Channel", event: Event) -> None:
        """Something happened; a Disconnected is the last, and comes in any case."""

    def forget(self, channel: "Channel") -> None:
        """Its socket is closed, or it never had a machine."""


class Channel(asyncio.Protocol):
    """`ended` has how it ended, `gone` is done when the socket is closed, too."""

    machine: Connection
    _transport: asyncio.Transport

    def __init__(self, owner: Owner, config: HostConfig, remote_point: bytes | None) -> None:
        self.remote_point = remote_point
        self.inbound = remote_point is None
        self.host, self.port = "", 0
        self._owner = owner
        self._config = config
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[Disconnected] = self._loop.create_future()
        self.gone: asyncio.Future[None] = self._loop.create_future()
        self._begun = False
        self._leaving = False  # we have said why
        self._reading = True
        self._blocked_at = inf  # when the system had more than enough to send
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf
        self._waking: asyncio.Handle | None = None
        self._writers: list[asyncio.Future[None]] = []

    # ---- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        now = monotonic()
        machine = None
        if peer is not None:  # else it is gone already
            self.host, self.port = peer[:2]
            machine = self._owner.begin(self, now)
        if machine is None:
            self._transport.abort()
            return
        self.machine = machine
        self._begun = True
        # What it is given stays small, so that it says when little is left.
        self._transport.set_write_buffer_limits(*[self._config.output_low_b] * 2)
        self._turn(now)

    def data_received(self, data: bytes) -> None:
        if self._begun:
            now = monotonic()
            self.machine.receive(data, now)
            self._turn(now)

    def pause_writing(self) -> None:
        self._blocked_at = monotonic()
        self._arm(self._blocked_at)

    def resume_writing(self) -> None:
        self._blocked_at = inf
        self.wake()

    def connection_lost(self, error: Exception | None) -> None:
        if self.gone.done():
            return
        if self._begun:
            self.machine.lost()
            self._turn(monotonic())
        else:
            self.ended.set_result(Disconnected(None, by_peer=True, refusal="handshake-truncated"))
        for handle in (self._timer, self._waking):
            if handle is not None:
                handle.cancel()
        self._owner.forget(self)
        self.gone.set_result(None)

    # ---- what the owner and the link call

    @property
    def output_size_b(self) -> int:
        """Sealed, and not yet taken by the system."""
        return self.machine.output_size_b + self._transport.get_write_buffer_size()

    def wake(self) -> None:
        """Asks for a turn soon. However often it is called before that, there is one."""
        if self._waking is None and not self.gone.done():
            self._waking = self._loop.call_soon(self._on_wake)

    def disconnect(self, reason: Reason) -> None:
        """Say why, and close. The owner hears of no more messages, and of the end in a turn."""
        self._leaving = True
        self.machine.disconnect(reason)
        self.wake()

    def finish(self, reason: Reason) -> None:
        """The same, and the owner hears of the end before this returns."""
        self.disconnect(reason)
        self._turn(monotonic())

    async def writable(self) -> None:
        """Until little is left for the system to take, where there is much; or the end."""
        if self.output_size_b > self._config.output_high_b and not self.ended.done():
            writer = self._loop.create_future()
            self._writers.append(writer)
            await writer

    def read(self, reading: bool) -> None:
        """Go on, or stop: the system's buffer fills, and the peer must wait."""
        if self._reading != reading and not self.ended.done():
            self._reading = reading
            self._apply_reading()
            if not reading:
                self._arm(monotonic())

    # ---- a turn

    def _on_wake(self) -> None:
        self._waking = None
        self._turn(monotonic())

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, inf
        now = monotonic()
        if now >= self._blocked_at + self._config.write_timeout_s:
            self.machine.abandon("not-reading")
        elif now >= self.machine.deadline():
            self.machine.tick(now, reading=self._reading)
        self._turn(now)

    def _turn(self, now: float) -> None:
        if self.ended.done():
            return
        while events := self.machine.drain_events():
            for event in events:
                if self._leaving and isinstance(event, Message):
                    continue
                self._owner.handle(self, event)
                if isinstance(event, Disconnected):
                    return self._end(event)
        self._flush()
        self._arm(now)

    def _flush(self) -> None:
        machine, transport, config = self.machine, self._transport, self._config
        while machine.output_size_b and self._blocked_at == inf:
            transport.write(machine.drain_output(config.output_high_b))
        if self._writers and self.output_size_b <= config.output_low_b:
            self._release_writers()

    def _arm(self, now: float) -> None:
        """Sets the timer where it would be late; one that fires early does no harm."""
        deadline = min(self.machine.deadline(), self._blocked_at + self._config.write_timeout_s)
        if deadline >= self._timer_at or self.ended.done():
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        self._timer = self._loop.call_later(max(0.0, deadline - now), self._on_timer)

    def _end(self, event: Disconnected) -> None:
        """Hang up at once where the peer has spoken last, else give it a moment to do so."""
        self.ended.set_result(event)
        self._release_writers()
        if self._timer is not None:
            self._timer.cancel()
        last_words = self.machine.drain_output()
        if event.reason == Reason.TCP_ERROR and not event.by_peer:
            self._transport.abort()
            return
        self._transport.write(last_words)
        if event.by_peer or not last_words:
            self._transport.close()
        elif not self._reading:
            self._reading = True
            self._apply_reading()
        self._timer = self._loop.call_later(self._config.linger_s, self._transport.abort)

    def _apply_reading(self) -> None:
        if self._transport.is_closing():
            return
        if self._reading:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _release_writers(self) -> None:
        writers, self._writers = self._writers, []
        for writer in writers:
            if not writer.done():
                writer.set_result(None)
