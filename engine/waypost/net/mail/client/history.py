"""What a client's user iterates over: the envelopes of a window, or the messages in them."""

from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from waypost._ext.envelope import Envelope
from waypost.config import MailClientConfig
from waypost.enode import Enode
from waypost.errors import MailError
from waypost.mail.client.history import History
from waypost.mail.client.inspection import Fault, Refusal
from waypost.mail.client.keyring import Keyring
from waypost.mail.client.mark import HistoryMark
from waypost.mail.client.refusals import is_final
from waypost.mail.client.window import Window
from waypost.net.clock import monotonic
from waypost.net.mail.client.servers import Servers
from waypost.net.mail.client.session import Session
from waypost.whisper.message import Message

_FAILURES_KEPT_MAX = 64

OpenSession = Callable[[Enode, History], Session]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a server was left."""

    server: bytes  # node id
    fault: Fault
    detail: str = ""

    def __str__(self) -> str:
        return (
            f"{self.server.hex()[:16]}: {self.fault}{f' ({self.detail})' if self.detail else ''}"
        )


class MailHistory:
    """The envelopes of a window, each once: iterate over it, once, with `async for`.

    Another server takes over where one fails, is slow, lies or is revoked. Where none gives
    anything new for config.patience_s, or none serves such requests, MailError says what each did.
    All along it tells of `progress` (0 to 1), `refused` (what was not taken, by reason),
    `failures` and `servers`; once it has ended, `mark` is where the next one begins.
    """

    def __init__(
        self,
        window: Window,
        servers: Servers,
        open_session: OpenSession,
        config: MailClientConfig,
        *,
        limit: int | None = None,
        mark: HistoryMark | None = None,
        mark_s: int | None = None,
    ) -> None:
        self.window = window
        self.count = 0
        self.failures: deque[Failure] = deque(maxlen=_FAILURES_KEPT_MAX)
        self.servers: Counter[bytes] = Counter()  # new envelopes by the server that gave them
        self.mark: HistoryMark | None = None
        self._pieces = window.pieces(config.range_s_max)
        self._piece_count = 0
        self._refused: Counter[Refusal] = Counter()
        self._machine: History | None = None
        self._servers = servers
        self._open_session = open_session
        self._config = config
        self._limit = limit
        self._known, self._mark_s = mark, mark_s
        self._server: Enode | None = None
        self._given_up: set[bytes] = set()  # servers that this history asks no more

    @property
    def progress(self) -> float:
        """How much of the window's time is settled, 0 to 1."""
        part = self._machine.progress if self._machine else 0.0
        return (self._piece_count + part) / len(self._pieces)

    @property
    def server(self) -> bytes | None:
        """The node id of the server that is asked now, or was last."""
        return self._server.node_id if self._server else None

    @property
    def refused(self) -> Counter[Refusal]:
        """What was not taken of what servers delivered, by reason."""
        return self._refused + self._machine.refused if self._machine else self._refused.copy()

    async def __aiter__(self) -> AsyncIterator[Envelope]:
        if self._machine is not None or self._piece_count:
            raise MailError("used", "a history is read once: ask for another one")
        for piece in self._pieces:
            self._machine = machine = History(
                piece, self._config, mark=self._known, mark_s=self._mark_s
            )
            async with aclosing(self._batches(machine)) as batches:
                async for batch in batches:
                    for envelope in batch:
                        self.count += 1
                        yield envelope
                        if self.count == self._limit:
                            return
            self._refused += machine.refused
            self._machine, self._piece_count = None, self._piece_count + 1
        self.mark = machine.mark()

    async def _batches(self, machine: History) -> AsyncGenerator[list[Envelope]]:
        """A piece of the window, from one server after another."""
        patience_s = self._config.patience_s
        deadline = monotonic() + patience_s
        while not machine.done:
            server = self._server
            if server is None or not self._servers.trusts(server):
                server = await self._choose(deadline)
            session = self._open_session(server, machine)
            before = machine.fresh_count
            async with aclosing(session.batches()) as batches:
                async for batch in batches:
                    self.servers[server.node_id] += len(batch)
                    yield batch
            self._judge(session, machine)
            if machine.fresh_count > before:
                deadline = monotonic() + patience_s
            if machine.fault:
                machine.open()

    async def _choose(self, deadline: float) -> Enode:
        try:
            self._server = server = await self._servers.choose(deadline, self._given_up)
        except MailError as error:
            if not self.failures:
                raise
            told = "; ".join(dict.fromkeys(map(str, self.failures)))
            raise MailError(error.reason, f"none gave the rest: {told}") from None
        return server

    def _judge(self, session: Session, machine: History) -> None:
        """The next piece is asked of the same server, if it did well."""
        scores, node_id, now = self._servers.scores, session.server.node_id, monotonic()
        scores.gave_unasked(node_id, machine.unasked_count, now)
        if machine.fault is None:
            scores.did_well(node_id)
            return
        self._server = None
        self.failures.append(Failure(node_id, machine.fault, session.detail))
        scores.failed(node_id, now, lie=machine.fault.lie)
        if machine.fault is Fault.REVOKED or is_final(session.detail):
            self._given_up.add(node_id)


class MailMessages:
    """What a user's keys open of a history, as pairs of the envelope and its message.

    `skipped_count` envelopes were for others, or held no message; `history` tells the rest.
    """

    def __init__(self, history: MailHistory, keyring: Keyring) -> None:
        self.history = history
        self.skipped_count = 0
        self._keyring = keyring

    async def __aiter__(self) -> AsyncIterator[tuple[Envelope, Message]]:
        async for envelope in self.history:
            message = self._keyring.open(envelope)
            if message is None:
                self.skipped_count += 1
            else:
                yield envelope, message
