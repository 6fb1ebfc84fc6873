"""From a kind to a server: candidates from the random walk, verified in batches, one of the
trusted picked at random.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from typing import Self

from waypost._ext.record import ENR
from waypost.config import FinderConfig
from waypost.errors import NodeError, NothingTrusted, WaypostError
from waypost.net.clock import monotonic
from waypost.net.discv5.node import Node
from waypost.net.entropy import choice
from waypost.net.trust.verifying import Ringing, Verifier
from waypost.trust.candidates import Candidates, Judgement, TrustedServer
from waypost.trust.kind import kind_word
from waypost.trust.policy import TrustPolicy, policy_of
from waypost.trust.verdict import Outcome, Verdict

OnVerdict = Callable[[ENR, Verdict], None]
OnRevoked = Callable[[TrustedServer, Verdict], None]


class ServerFinder:
    """Finds servers of a kind that the user's policy trusts.

    `trust` is a TrustPolicy or the ids of trusted providers (default: provider 1). `own` are
    records of the user's own servers: allowed whatever the registry says, and marked as such.
    `registry` is a Registry, a Mirror of one, or another Verifier. With each new block the trusted
    ones are verified again, so a revoked server is let go of within one block. The finder works
    from its first use until it is closed (`async with`, or `close()`), or its node or registry is;
    whoever still waits for it then gets a WaypostError.
    """

    def __init__(
        self,
        node: Node,
        registry: Verifier,
        kind: str,
        trust: TrustPolicy | Iterable[int] | None = None,
        *,
        own: Iterable[ENR | str] = (),
        config: FinderConfig | None = None,
    ) -> None:
        kind_word(kind)  # a kind that cannot be one fails here, not in the first read
        known = policy_of(trust)
        held = [record or node_id for node_id, record in known.own_servers.items()]
        given = [ENR.parse(record) if isinstance(record, str) else record for record in own]
        self.kind = kind
        self.policy = known.with_own_servers([*held, *given])
        self._node = node
        self._registry = registry
        self._config = config or FinderConfig()
        self._candidates = Candidates(self._config.candidate_count_max)
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(self._config.batch_count_max)
        self._worker: asyncio.Task[None] | None = None
        self._end: BaseException | None = None
        self._changed = asyncio.Event()
        self._change_count = 0
        self._first_trusted_at: float | None = None
        self._on_verdict: list[OnVerdict] = []
        self._on_revoked: list[OnRevoked] = []

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop looking, for good; closing twice is fine. The node and the registry stay open."""
        self._finish(WaypostError("the finder is closed: make a new one"))
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker])

    def on_verdict(self, callback: OnVerdict) -> None:
        """Call back with each new verdict and the record that it is on.

        A callback that raises ends the finder: whoever waits for it gets the error.
        """
        self._on_verdict.append(callback)

    def on_revoked(self, callback: OnRevoked) -> None:
        """Call back with each server that was trusted and, says the registry, is no longer.

        The server comes with the verdict by which it was trusted, and beside it is the new one. A
        registry that does not answer revokes nobody.
        """
        self._on_revoked.append(callback)

    def off_revoked(self, callback: OnRevoked) -> None:
        """Call it back no more."""
        self._on_revoked.remove(callback)

    @property
    def servers(self) -> list[TrustedServer]:
        """The servers trusted by their last verdict."""
        return self._candidates.trusted()

    def account(self) -> str:
        """What has been seen so far, in one line."""
        return self._candidates.account()

    async def pick(self, timeout: float | None = None) -> TrustedServer:  # noqa: ASYNC109
        """A server chosen uniformly at random from those that are trusted now.

        The pool is verified once more, in one read, so that what was revoked a moment ago is not
        picked. Raises NothingTrusted, saying what was seen, when there is none in `timeout`
        seconds (config.pick_timeout_s).
        """
        self._start()
        wait_s = self._config.pick_timeout_s if timeout is None else timeout
        try:
            async with asyncio.timeout(wait_s):
                return await self._pick(monotonic() + wait_s)
        except TimeoutError:
            if own := [server for server in self.servers if server.own]:
                return choice(own)  # the registry does not answer; they need none
            late = "the registry did not confirm in time; " if self.servers else ""
            raise NothingTrusted(
                f"no trusted {self.kind} in {wait_s:g} s: {late}{self.account()}"
            ) from None

    async def __aiter__(self) -> AsyncIterator[TrustedServer]:
        """Each trusted server once, as it is found; it does not end by itself."""
        self._start()
        given: set[bytes] = set()
        while True:
            seen = self._change_count
            for server in self.servers:
                if server.node_id not in given:
                    given.add(server.node_id)
                    yield server
            await self._change_after(seen)

    # ---- choosing

    async def _pick(self, deadline: float) -> TrustedServer:
        while True:
            seen = self._change_count
            if not self.servers:
                await self._change_after(seen)
                continue
            await self._settle(deadline)
            ids = {server.node_id for server in self.servers}
            await self._verify(ids)
            if trusted := [server for server in self.servers if server.node_id in ids]:
                return choice(trusted)

    async def _settle(self, deadline: float) -> None:
        """Give the others a moment after the first, or whoever answers fastest is always the one.

        It takes at most half of the time that is left.
        """
        if self._first_trusted_at is not None:
            now = monotonic()
            rest_s = self._first_trusted_at + self._config.settle_s - now
            await asyncio.sleep(min(rest_s, (deadline - now) / 2))

    async def _change_after(self, seen: int) -> None:
        """Until a verdict has changed since `seen`. Raises what ended the finder."""
        while self._change_count == seen and self._end is None:
            self._changed.clear()
            await self._changed.wait()
        if self._end is not None:
            raise self._end

    # ---- looking and verifying

    def _start(self) -> None:
        if self._end is not None:
            raise self._end
        if self._worker is None:
            self._worker = asyncio.create_task(self._work(), name=f"finder of {self.kind}")

    def _finish(self, end: BaseException) -> None:
        self._end = self._end or end
        self._changed.set()

    async def _work(self) -> None:
        """Everything at once, until the node is closed or something fails."""
        running = (
            self._discover(),
            self._verify_batches(),
            self._follow_head(),
            self._recheck(),
        )
        jobs = [asyncio.create_task(job) for job in running]
        try:
            done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
            closed = NodeError("the finder's node was closed: make a new one of both")
            self._finish(done.pop().exception() or closed)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    async def _discover(self) -> None:
        for record in self.policy.own_servers.values():
            if record is not None:
                await self._found(record)
        async for record in self._node.random_walk(filter=self.kind):
            await self._found(record)

    async def _found(self, record: ENR) -> None:
        if not self._candidates.offer(record):
            return
        if record.node_id in self.policy.own_servers:
            await self._verify([record.node_id])  # at once: no registry is asked
        else:
            await self._queue.put(record.node_id)

    async def _verify_batches(self) -> None:
        """Flush when the first of a batch has waited long enough, or the batch is full."""
        while True:
            batch = [await self._queue.get()]
            try:
                async with asyncio.timeout(self._config.batch_interval_s):
                    while len(batch) < self._config.batch_count_max:
                        batch.append(await self._queue.get())
            except TimeoutError:
                pass
            await self._verify(batch)

    async def _follow_head(self) -> None:
        """With each block the trusted ones once more: time ends trust too, and leaves no log."""
        bell = self._registry.bell() if isinstance(self._registry, Ringing) else None
        try:
            while True:
                if bell is None:
                    await asyncio.sleep(self._config.head_interval_s)
                else:
                    await bell.wait(self._config.head_interval_s)
                if ids := [server.node_id for server in self.servers if not server.own]:
                    await self._verify(ids)
        finally:
            if bell is not None:
                await bell.aclose()

    async def _recheck(self) -> None:
        """UNKNOWN soon, the others in time: a verdict is a fact about one block."""
        while True:
            await asyncio.sleep(self._config.retry_interval_s)
            now = monotonic()
            unknown = self._candidates.stale([Outcome.UNKNOWN], now)
            known = self._candidates.stale(
                [Outcome.TRUSTED, Outcome.UNTRUSTED], now - self._config.recheck_interval_s
            )
            if unknown or known:
                await self._verify(unknown + known)

    async def _verify(self, node_ids: Collection[bytes]) -> None:
        asked_at = monotonic()
        for verdict in await self._registry.verify(self.kind, node_ids, self.policy):
            judgement = self._candidates.judge(verdict, asked_at)
            if judgement is not None and judgement.changed:
                self._tell(judgement, verdict)

    def _tell(self, judgement: Judgement, verdict: Verdict) -> None:
        if verdict.trusted and self._first_trusted_at is None:
            self._first_trusted_at = monotonic()
        self._change_count += 1
        self._changed.set()
        for on_verdict in self._on_verdict:
            on_verdict(judgement.record, verdict)
        if judgement.revoked is not None:
            for on_revoked in list(self._on_revoked):
                on_revoked(judgement.revoked, verdict)
