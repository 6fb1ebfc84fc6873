"""Several servers asked for the same window, each by itself."""

import asyncio
from collections.abc import Callable, Sequence

from waypost.config import MailClientConfig
from waypost.enode import Enode
from waypost.errors import ConfigError, MailError
from waypost.mail.client.comparison import Comparison, Ledger
from waypost.mail.client.window import Window
from waypost.net.mail.client.history import MailHistory, OpenSession
from waypost.net.mail.client.servers import Servers


class Comparing:
    """One comparison under way. No server stands in for another one here."""

    def __init__(
        self,
        window: Window,
        servers: Sequence[Enode],
        open_session: OpenSession,
        config: MailClientConfig,
        progress: Callable[[float], None] | None,
    ) -> None:
        asked = {server.node_id: server for server in servers}
        if len(asked) < 2:
            raise ConfigError("a comparison needs two servers at least")
        self._window = window
        self._ledger = Ledger(list(asked), config.compare_count_max)
        self._histories = [
            MailHistory(window, Servers([server], config), open_session, config)
            for server in asked.values()
        ]
        self._progress = progress
        self._told_permille = -1

    async def run(self) -> Comparison:
        """What each server lacks."""
        async with asyncio.TaskGroup() as group:
            for place, history in enumerate(self._histories):
                group.create_task(self._read(place, history))
        return self._ledger.compare(self._window)

    async def _read(self, place: int, history: MailHistory) -> None:
        try:
            async for envelope in history:
                self._ledger.has(place, envelope.hash)
                self._tell()
        except MailError as error:
            self._ledger.failed(place, str(error))
        self._tell()

    def _tell(self) -> None:
        if self._progress is None:
            return
        whole = sum(one.progress for one in self._histories) / len(self._histories)
        if int(whole * 1000) != self._told_permille:
            self._told_permille = int(whole * 1000)
            self._progress(whole)
