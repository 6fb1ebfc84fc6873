"""`MailClient`: the mail of the time when one was away, from servers that are trusted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Self
from weakref import WeakSet

from waypost._ext.envelope import Envelope
from waypost.config import MailClientConfig
from waypost.config.rule import require
from waypost.enode import Enode
from waypost.errors import ConfigError, MailError
from waypost.keys import PrivateKey
from waypost.mail.client.comparison import Comparison
from waypost.mail.client.history import History
from waypost.mail.client.inspection import Fault
from waypost.mail.client.keyring import Keyring, Keys
from waypost.mail.client.mark import HistoryMark
from waypost.mail.client.window import Window, topic_of
from waypost.net.clock import monotonic, wall_clock_s
from waypost.net.finder import ServerFinder
from waypost.net.mail.client.asking import RequestWriter
from waypost.net.mail.client.comparing import Comparing
from waypost.net.mail.client.history import MailHistory, MailMessages
from waypost.net.mail.client.line import Lines
from waypost.net.mail.client.posting import Posting, Sent
from waypost.net.mail.client.servers import Named, Servers, enode_of
from waypost.net.mail.client.session import Session
from waypost.net.sealing import Progress
from waypost.net.whisper.node import WhisperNode
from waypost.spans import span_s
from waypost.trust.candidates import TrustedServer
from waypost.trust.verdict import Verdict

_NOTHING = bytes(64)  # a bloom: no envelope is relayed to us, mail comes by request alone
_LAST = "24h"

Topics = Iterable[bytes | str]
"""Of 4 bytes each, or 8 hex digits."""


class MailClient:
    """Asks mail servers for histories, and sends; use it in `async with`.

    server: a TrustedServer, a record, text of either form (enr:..., enode://...), several of
        those, or a ServerFinder, of whose trusted servers one is picked at random and dropped at
        once when its trust is revoked on chain.
    key: who asks; by default a new key for each client, so that servers cannot tell that two
        requests of different days come from one user. They see the address, the times and the
        topics that are asked for all the same.
    password: the one that a server shares with its clients, if it has no key to encrypt to
        (go-ethereum's, which takes config.form "legacy" alone).

    Raises ConfigError, and RecordError for text that is no record.
    """

    def __init__(
        self,
        server: Named | Sequence[Named] | ServerFinder,
        *,
        key: PrivateKey | None = None,
        password: str | None = None,
        config: MailClientConfig | None = None,
    ) -> None:
        self.config = config or MailClientConfig()
        self._finder = server if isinstance(server, ServerFinder) else None
        self._open = False
        own_key = key or PrivateKey.generate()
        self._key = own_key if key is None else None  # to be wiped in the end
        if isinstance(server, ServerFinder):
            self._servers = Servers(server, self.config)
        else:
            self._servers = Servers(_places(server), self.config)
        self._writer = RequestWriter(own_key, password, self.config)
        terms = replace(self.config.whisper, light=True, bloom=_NOTHING, confirmations=True)
        self._node = WhisperNode(own_key, config=terms)
        self._posting = Posting(self._node, self._servers, self.config)
        self._lines = Lines(self._node, self.config)
        self._sessions: WeakSet[Session] = WeakSet()

    async def __aenter__(self) -> Self:
        await self._node.__aenter__()
        if self._finder is not None:
            self._finder.on_revoked(self._revoked)
        self._open = True
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Disconnects from all servers; closing twice is fine."""
        if not self._open:
            return
        self._open = False
        if self._finder is not None:
            self._finder.off_revoked(self._revoked)
        await self._node.close()
        if self._key is not None:
            self._key.close()

    # ---- what it is for

    def history(
        self,
        *,
        last: str | None = None,
        since: int | HistoryMark | None = None,
        until: int | None = None,
        topics: Topics = (),
        bloom: bytes | None = None,
        limit: int | None = None,
    ) -> MailHistory:
        """The envelopes of a time, each once: `async for envelope in mail.history(last="7d")`.

        The time is the `last` 24 hours, or begins with `since`: seconds since 1970, or the mark of
        the history before, which is continued without gap or repetition. It ends with `until`, or
        a moment after now, for the clocks of senders differ. topics: these alone; without any,
        what the bloom (64 bytes) lets through, or all. limit: at most so many.

        Raises ConfigError; when iterated over, MailError.
        """
        require(limit is None or limit > 0, f"a limit of {limit} envelopes: ask for at least one")
        window, mark_s = self._window(last, since, until, topics, bloom)
        mark = since if isinstance(since, HistoryMark) else None
        return MailHistory(
            window,
            self._servers,
            self._session,
            self.config,
            limit=limit,
            mark=mark,
            mark_s=mark_s,
        )

    def messages(
        self,
        keys: Keys,
        *,
        last: str | None = None,
        since: int | HistoryMark | None = None,
        until: int | None = None,
        topics: Topics = (),
        bloom: bytes | None = None,
        limit: int | None = None,
    ) -> MailMessages:
        """What the user's keys open of a history: pairs of the envelope and its Message.

        keys: PrivateKeys, shared keys of 32 bytes and passwords, or for each topic its own, and
        then these topics are asked for unless others are. limit is of envelopes.
        """
        keyring = Keyring(keys)
        history = self.history(
            last=last,
            since=since,
            until=until,
            topics=tuple(topics) or keyring.topics,
            bloom=bloom,
            limit=limit,
        )
        return MailMessages(history, keyring)

    async def send(
        self,
        envelope: Envelope,
        *,
        pow: float | None = None,
        max_time_s: float = 60.0,
        progress: Callable[[Progress], None] | None = None,
    ) -> Sent:
        """Posts an envelope into the network by one of the servers, or by any Whisper node that
        the client was given, and waits until that confirms it, if it does.

        Where it has too little work for `pow`, or for the network, it is sealed before: for
        max_time_s, telling `progress`. Raises NotEnoughWork, EnvelopeError for what no peer would
        take, and MailError where the node refused it or none could be reached.
        """
        wanted = max(pow or 0.0, self.config.whisper.pow_min)
        return await self._posting.send(
            envelope, pow=wanted, max_time_s=max_time_s, progress=progress
        )

    async def compare(
        self,
        servers: Sequence[Named] | None = None,
        *,
        last: str | None = None,
        since: int | None = None,
        until: int | None = None,
        topics: Topics = (),
        bloom: bytes | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Comparison:
        """Asks several servers for the same window, and says what each one lacks.

        servers: by default all that this client may ask. progress: told 0 to 1.
        """
        window, _ = self._window(last, since, until, topics, bloom)
        if servers is None:
            asked = await self._servers.all(monotonic() + self.config.patience_s)
        else:
            asked = _places(servers)
        return await Comparing(window, asked, self._session, self.config, progress).run()

    # ---- inside

    def _window(
        self,
        last: str | None,
        since: int | HistoryMark | None,
        until: int | None,
        topics: Topics,
        bloom: bytes | None,
    ) -> tuple[Window, int]:
        """And since when a mark has to remember."""
        if last is not None and since is not None:
            raise ConfigError("a history has a last span of time or a since: give one of them")
        now_s = wall_clock_s()
        until_s = now_s + self.config.clock_skew_s if until is None else until
        if isinstance(since, HistoryMark):
            since_s = since.since_s
        elif since is None:
            since_s = max(0, min(now_s, until_s) - span_s(last or _LAST))
        else:
            since_s = since
        window = Window.of(since_s, until_s, map(topic_of, topics), bloom)
        return window, min(now_s, until_s) - self.config.overlap_s

    def _session(self, server: Enode, history: History) -> Session:
        if not self._open:
            raise MailError("closed", "use the client inside `async with MailClient(...)`")
        session = Session(self._lines.to(server), history, self._writer, self.config)
        self._sessions.add(session)
        return session

    def _revoked(self, server: TrustedServer, verdict: Verdict) -> None:
        for session in list(self._sessions):
            if session.server.node_id == server.node_id:
                session.detail = str(verdict)
                session.fail(Fault.REVOKED)
        self._node.disconnect(server.node_id)


def _places(servers: Named | Sequence[Named]) -> list[Enode]:
    if isinstance(servers, str) or not isinstance(servers, Sequence):
        return [enode_of(servers)]
    return [enode_of(server) for server in servers]
