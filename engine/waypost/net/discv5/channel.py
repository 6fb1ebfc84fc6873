"""One UDP socket on the running loop, in one of two ways that look alike to the driver.

RingChannel reads and writes batches of 64 through the loop's reader (recvmmsg, sendmmsg);
LoopChannel is the loop's own datagram path, for systems without those calls.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

from waypost._ext.address import ip_bytes, pack, unpack
from waypost._ext.datagrams import Inlet, Outbox
from waypost._ext.ring import BATCH_COUNT, Ring
from waypost.net.clock import monotonic

BATCHES_PER_WAKE_MAX = 4
"""After 256 datagrams other tasks have their turn; the loop comes back for the rest."""


class Channel(Protocol):
    ipv6: bool

    async def open(self) -> None:
        """Starts to feed the machine."""

    def flush(self, outbox: Outbox) -> None:
        """Sends what is queued for this family; what cannot be sent yet stays queued."""

    async def close(self) -> None:
        """Stops and closes the socket."""

    def stats(self) -> dict[str, int]:
        """Counters: datagrams and batches both ways, errors both ways."""


class RingChannel:
    """The socket in batches. `settle(now)` runs after each wake, when the machine was fed."""

    def __init__(
        self, opened: socket.socket, wire: Inlet, outbox: Outbox, settle: Callable[[float], None]
    ) -> None:
        self.ipv6 = opened.family == socket.AF_INET6
        self._socket = opened
        self._ring = Ring(opened.fileno(), ipv6=self.ipv6)
        self._wire = wire
        self._outbox = outbox
        self._settle = settle
        self._loop = asyncio.get_running_loop()

    async def open(self) -> None:
        self._loop.add_reader(self._socket, self._on_readable)

    def _on_readable(self) -> None:
        now = monotonic()
        for _ in range(BATCHES_PER_WAKE_MAX):
            if self._ring.read(self._wire, now) < BATCH_COUNT:
                break
            self.flush(self._outbox)  # so that it need not hold the answers to all batches
        self._settle(now)

    def flush(self, outbox: Outbox) -> None:
        if not self._ring.blocked:
            self._ring.flush(outbox)
            if self._ring.blocked:
                self._loop.add_writer(self._socket, self._on_writable)

    def _on_writable(self) -> None:
        self._ring.flush(self._outbox)
        if not self._ring.blocked:
            self._loop.remove_writer(self._socket)

    async def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()

    def stats(self) -> dict[str, int]:
        ring = self._ring
        return {
            "udp_in": ring.received,
            "udp_in_batches": ring.receive_batches,
            "udp_in_errors": ring.receive_errors,
            "udp_out": ring.sent,
            "udp_out_batches": ring.send_batches,
            "udp_out_errors": ring.send_errors,
        }


class LoopChannel(asyncio.DatagramProtocol):
    """The socket as a datagram transport of the loop. `wake()` asks for one settling a turn."""

    def __init__(self, opened: socket.socket, wire: Inlet, wake: Callable[[], None]) -> None:
        self.ipv6 = opened.family == socket.AF_INET6
        self._socket = opened
        self._wire = wire
        self._wake = wake
        self._transport: asyncio.DatagramTransport | None = None
        self._blocked = False
        self._closed = asyncio.get_running_loop().create_future()
        self._received = self._receive_errors = self._sent = self._send_errors = 0

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._received += 1
        self._wire.receive(data, pack(addr[0], addr[1]), monotonic())
        self._wake()

    def error_received(self, exc: Exception) -> None:
        self._receive_errors += 1

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        self._wake()

    def flush(self, outbox: Outbox) -> None:
        transport = self._transport
        for data, address in outbox.drain():
            if transport is None or self._blocked or (len(ip_bytes(address)) == 16) != self.ipv6:
                outbox.push(data, address)
                continue
            try:
                transport.sendto(data, unpack(address))
                self._sent += 1
            except OSError:
                self._send_errors += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set_result(None)

    async def close(self) -> None:
        if self._transport is None:
            self._socket.close()
        else:
            self._transport.abort()
            await self._closed

    def stats(self) -> dict[str, int]:
        return {
            "udp_in": self._received,
            "udp_in_batches": self._received,
            "udp_in_errors": self._receive_errors,
            "udp_out": self._sent,
            "udp_out_batches": self._sent,
            "udp_out_errors": self._send_errors,
        }
