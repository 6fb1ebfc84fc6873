"""The changes of a registry as an async iterator."""

import asyncio
from collections import deque
from typing import Self

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.clock import monotonic
from waypost.net.trust.bell import Bell
from waypost.net.trust.sources import Sources
from waypost.trust.watch.changes import Change, KindChange, Rewound, ServerChange
from waypost.trust.watch.cursor import Cursor
from waypost.trust.watch.follower import Follower

_FINAL = {"bad-answer", "wrong-chain", "no-code", "gone", "deep-reorg", "closed"}
_NO_METHOD = -32601  # JSON-RPC 2.0


class Watch:
    """Yields each change once, in the order of the chain, and a Rewound where that was changed.

    Changes are what a node tells, also in proof mode: they say when to look again, and no more.
    Whether a server may be trusted is what `verify` says.

    With several endpoints it goes on at another one where one fails. It ends with an RpcError: the
    node answers nonsense, has failed for too long (config.watch_outage_s_max), or the chain was
    reorganised further back than is remembered (`deep-reorg`), or than the cursor names blocks
    (`gone`). The next step goes on where it was. `cursor` is where another watch can.
    """

    def __init__(
        self,
        sources: Sources,
        config: RegistryConfig,
        bell: Bell,
        kind: bytes | None,
        since: Cursor | None,
    ) -> None:
        self._sources = sources
        self._config = config
        self._bell = bell
        self._kind = kind
        self._follower = Follower(config, since)
        self._ready: deque[Change | Rewound] = deque()
        self._cursor = since
        self._failing_since: float | None = None

    @property
    def cursor(self) -> Cursor | None:
        """Behind what was yielded last; its text is what `since` takes. None: not begun yet."""
        return self._cursor

    async def open(self) -> None:
        """Begins now, not at the first step of the iteration. Raises RpcError."""
        while not self._follower.started:
            await self._look()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change | Rewound:
        while not self._ready:
            await self._look()
        change = self._ready.popleft()
        if not self._ready:
            self._cursor = self._follower.cursor
        else:
            index = None if isinstance(change, Rewound) else change.log_index
            place = change.block_number, change.block_hash
            self._cursor = self._follower.cursor_at(*place, index)
        return change

    async def aclose(self) -> None:
        """Lets go of its subscriptions. Closing twice is fine."""
        await self._bell.aclose()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.aclose()

    async def _look(self) -> None:
        """Reads on, or waits until there may be more. Raises RpcError."""
        try:
            found = await self._sources.read(self._follower.advance)
        except RpcError as error:
            await self._bear(error)
            return
        self._failing_since = None
        self._ready.extend(change for change in found or () if self._is_wanted(change))
        if not self._ready:
            self._cursor = self._follower.cursor
        if found is None:
            await self._bell.wait()

    async def _bear(self, error: RpcError) -> None:
        """Waits for a node that fails. Raises the error if it is for too long, or for ever."""
        now = monotonic()
        if self._failing_since is None:
            self._failing_since = now
        outage_s = now - self._failing_since
        hopeless = error.reason in _FINAL or error.code == _NO_METHOD
        if hopeless or outage_s > self._config.watch_outage_s_max:
            self._failing_since = None
            raise error
        await asyncio.sleep(max(self._config.watch_interval_s, error.retry_after_s or 0.0))

    def _is_wanted(self, change: Change | Rewound) -> bool:
        if self._kind is None or not isinstance(change, ServerChange | KindChange):
            return True
        return change.kind == self._kind
