"""One server, asked page by page for what a history still misses."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from waypost._ext.envelope import Envelope
from waypost.config import MailClientConfig
from waypost.errors import LinkError, MailError, NotEnoughWork
from waypost.mail.archive import NO_HASH
from waypost.mail.client.history import History
from waypost.mail.client.inspection import Fault
from waypost.mail.client.refusals import explained
from waypost.mail.completion import Completed, decode
from waypost.net.clock import monotonic
from waypost.net.mail.client.asking import RequestWriter
from waypost.net.mail.client.line import Line
from waypost.whisper.effects import Packet
from waypost.whisper.packets import Code


class Session:
    """A history and a server. What the server sends is checked at once and waits, in a queue of
    bounded size, for the user; the next page is asked for while the user takes the last.

    `detail` is what the server said where it refused. A server that has not ended its page is
    disconnected, for it may go on to send.
    """

    def __init__(
        self, line: Line, history: History, writer: RequestWriter, config: MailClientConfig
    ) -> None:
        self.server = line.server
        self.detail = ""
        self._line = line
        self._history = history
        self._writer = writer
        self._config = config
        self._queue: deque[tuple[list[Envelope], int]] = deque()
        self._queue_size_b = 0
        self._paused = False
        self._asked = False  # a page is under way, and the line is ours
        self._request_id = b""
        self._page_packet_count = 0
        self._page_waited_s = 0.0
        self._ended = False
        self._wake = asyncio.Event()

    async def batches(self) -> AsyncGenerator[list[Envelope]]:
        """What is new, as it comes, until the history is done or must leave this server."""
        history = self._history
        try:
            while True:
                ended = history.done or history.fault
                if not (ended or self._asked or self._paused):
                    await self._ask()
                elif self._queue:
                    yield self._take()
                elif ended:
                    return
                else:
                    await self._wait()
        finally:
            self._ended = True
            if self._paused:
                self._line.resume()
            if self._asked:
                self._line.release()
            if self._asked or (history.fault and history.fault.lie):
                self._line.disconnect()

    def fail(self, fault: Fault) -> None:
        """The server is not to be listened to any more; nothing once the history has left it."""
        if not self._ended:
            self._history.fail(fault)
            self._wake.set()

    # ---- asking

    async def _ask(self) -> None:
        history = self._history
        try:
            await self._line.seize(self)
        except LinkError as error:
            self.detail = str(error)
            return history.fail(Fault.UNREACHABLE)
        self._asked, self._request_id = True, b""
        if history.fault:  # it was revoked while it was dialled
            return
        try:
            key = self.server.public_key
            request = await self._writer.write(history.page(), history.window, key)
        except NotEnoughWork as error:
            self.detail = str(error)
            return history.fail(Fault.REFUSED)
        if history.fault:
            return
        self._request_id = request.hash
        self._page_packet_count = 0
        self._page_waited_s = 0.0
        self._line.request(request.raw)

    async def _wait(self) -> None:
        """Until something comes. Only the time in which we wait is the server's."""
        config, started = self._config, monotonic()
        silence_s = config.silence_timeout_s
        if self._page_packet_count and not config.paged:
            silence_s = config.legacy_silence_s
        self._wake.clear()
        try:
            async with asyncio.timeout(
                min(silence_s, config.page_timeout_s - self._page_waited_s)
            ):
                await self._wake.wait()
        except TimeoutError:
            if config.paged:
                self.detail = f"{self._page_packet_count} packets of a page, then none in time"
                self._history.fail(Fault.SLOW)
            else:
                self._complete(Completed(bytes(32), NO_HASH))
        self._page_waited_s += monotonic() - started

    # ---- what comes

    def received(self, packet: Packet) -> None:
        """A packet of the server."""
        if packet.code == Code.P2P_MESSAGE:
            self._deliver(packet.payload)
        elif packet.code == Code.P2P_REQUEST_COMPLETE:
            self._end(packet.payload)
        self._wake.set()

    def closed(self) -> None:
        """The link has ended."""
        self.fail(Fault.CLOSED)

    def _deliver(self, payload: bytes) -> None:
        self._page_packet_count += 1
        if fresh := self._history.receive(payload):
            self._queue.append((fresh, len(payload)))
            self._queue_size_b += len(payload)
            if self._queue_size_b > self._config.queue_size_max_b and not self._paused:
                self._paused = True
                self._line.pause()

    def _take(self) -> list[Envelope]:
        fresh, size_b = self._queue.popleft()
        self._queue_size_b -= size_b
        if self._paused and self._queue_size_b <= self._config.queue_size_max_b // 2:
            self._paused = False
            self._line.resume()
        return fresh

    def _end(self, payload: bytes) -> None:
        try:
            answer = decode(payload)
        except MailError:
            return self._history.fail(Fault.MALFORMED)
        if answer.request_id != self._request_id:
            return
        if isinstance(answer, Completed):
            self._complete(answer)
        else:
            self.detail = explained(answer.text)
            self._history.fail(Fault.REFUSED)

    def _complete(self, answer: Completed) -> None:
        self._asked = False
        self._line.release()
        self._history.completed(answer.last_hash, answer.cursor)
