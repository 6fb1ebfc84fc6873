"""Whom a mail client asks: the servers that its user named, or those that a finder trusts."""

import asyncio
from collections.abc import Container, Iterable, Sequence

from waypost._ext.record import ENR
from waypost.config import MailClientConfig
from waypost.enode import Enode
from waypost.errors import ConfigError, MailError
from waypost.mail.client.scores import Scores
from waypost.net.clock import monotonic
from waypost.net.entropy import choice
from waypost.net.finder import ServerFinder
from waypost.trust.candidates import TrustedServer

_LOOK_AGAIN_S = 0.5  # whether the finder has another one

Named = TrustedServer | ENR | str
"""A server as a user names it: text is a record (enr:...) or enode://key@host:port."""


def enode_of(server: Named) -> Enode:
    """Where a server is. Raises ConfigError, and RecordError, for what names none."""
    if isinstance(server, str):
        return Enode.parse(server)
    return Enode.of_record(server.record if isinstance(server, TrustedServer) else server)


class Servers:
    """Chooses at random among the servers that have done best.

    With a finder, among those that the registry vouches for at that moment.
    """

    def __init__(self, given: Iterable[Enode] | ServerFinder, config: MailClientConfig) -> None:
        self._finder = given if isinstance(given, ServerFinder) else None
        self._named = [] if isinstance(given, ServerFinder) else list(given)
        if not (self._finder or self._named):
            raise ConfigError("a mail client needs a server: name one, or give a ServerFinder")
        self.scores = Scores(config)

    async def choose(self, deadline: float, without: Container[bytes] = ()) -> Enode:
        """One that may be asked now, and is none of those `without`; waits for it.

        Raises MailError after the deadline, and NothingTrusted where a finder has none.
        """
        while True:
            servers = await self._known(deadline)
            known = {each.node_id: each for each in servers if each.node_id not in without}
            if not known:
                if self._finder is None or monotonic() >= deadline:
                    raise MailError("no-server", "each is left for good")
                await asyncio.sleep(_LOOK_AGAIN_S)
                continue
            best = self.scores.best(known, monotonic())
            if best:
                return known[choice(best)]
            free_at = min(self.scores.free_at(node_id) for node_id in known)
            if free_at > deadline:
                raise MailError("no-server", "each has failed a moment ago")
            await asyncio.sleep(free_at - monotonic())

    def trusts(self, server: Enode) -> bool:
        """Whether it still may be asked, as far as is known without asking."""
        if self._finder is None:
            return True
        return any(trusted.node_id == server.node_id for trusted in self._finder.servers)

    async def all(self, deadline: float) -> Sequence[Enode]:
        """Every server that may be asked."""
        return await self._known(deadline)

    async def _known(self, deadline: float) -> Sequence[Enode]:
        if self._finder is None:
            return self._named
        picked = await self._finder.pick(max(0.0, deadline - monotonic()))
        trusted = [picked, *self._finder.servers]
        known = [enode_of(server) for server in trusted if _serves(server)]
        if not known:
            raise MailError("no-server", "no trusted one has a TCP endpoint in its record")
        return known


def _serves(server: TrustedServer) -> bool:
    """Whether its record names a TCP endpoint."""
    record = server.record
    return bool((record.ip and record.tcp) or (record.ip6 and record.tcp6))
