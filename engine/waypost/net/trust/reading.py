"""Reads of many callers at once: while one is under way, the next ones gather.

A lone call is sent at once. Callers that come while their kind is being read wait for that read to
end, and are then read together: each server once, with the providers of all of them, and each is
judged by its own policy. None gets facts of a block from before it asked: whoever asks because
something changed must see the change.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from waypost.config import PROVIDER_COUNT_MAX, RegistryConfig
from waypost.errors import RpcError
from waypost.net.clock import monotonic
from waypost.net.trust.sources import Sources
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange
from waypost.trust.policy import TrustPolicy
from waypost.trust.reading.cache import Cache
from waypost.trust.reading.known import read_final, read_known
from waypost.trust.reading.shelved import Known
from waypost.trust.verdict import Source

_GRACE_S = 0.05  # for a read that keeps its own deadline to hand over what it has


@dataclass(eq=False)
class _Asked:
    """What one caller wants to know, and where it waits for the answer."""

    node_ids: Sequence[bytes]
    policy: TrustPolicy
    deadline: float
    answer: "asyncio.Future[Known | RpcError]"


@dataclass
class _Line:
    """Those who wait for a kind, and who reads it."""

    waiting: deque[_Asked] = field(default_factory=deque)
    worker: "asyncio.Task[None] | None" = None


class Reader:
    """Facts about servers, shared by those who ask at the same time and those who ask later."""

    source = Source.SNAPSHOT

    def __init__(self, sources: Sources, config: RegistryConfig) -> None:
        self._sources = sources
        self._config = config
        self._cache = Cache(config)
        self._lines: dict[bytes, _Line] = {}
        self.read_count = 0
        self.merged_count = 0  # callers that shared a read
        self.kept_count = 0  # words that did not have to be read

    @property
    def cached_count(self) -> int:
        return len(self._cache)

    async def read(
        self, kind: bytes, node_ids: Sequence[bytes], policy: TrustPolicy
    ) -> Known | RpcError:
        """The facts about these servers of a kind and, at least, the policy's providers."""
        loop = asyncio.get_running_loop()
        deadline = monotonic() + self._config.verify_timeout_s
        asked = _Asked(node_ids, policy, deadline, loop.create_future())
        line = self._lines.setdefault(kind, _Line())
        line.waiting.append(asked)
        if line.worker is None:
            line.worker = loop.create_task(self._work(kind, line))
        try:
            async with asyncio.timeout_at(deadline + _GRACE_S):
                return await asked.answer
        except TimeoutError:
            return RpcError("timeout", "the deadline passed")

    async def read_final(
        self, kind: bytes, node_ids: Sequence[bytes], policy: TrustPolicy
    ) -> Known | RpcError:
        """The same at the finalized block, by a read of its own."""

        def exchange(endpoint: Endpoint) -> Exchange[Known]:
            def providers() -> frozenset[int]:
                return policy.providers_of(endpoint.chain_id, endpoint.address)

            return read_final(endpoint, kind, node_ids, providers, self._config)

        try:
            return await self._sources.read(exchange, failures=_failures)
        except RpcError as error:
            return error

    async def close(self) -> None:
        """Ends what is under way: those who wait are told."""
        workers = [line.worker for line in self._lines.values() if line.worker]
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, kind: bytes, line: _Line) -> None:
        group: list[_Asked] = []
        try:
            while line.waiting:
                group = self._next_group(line.waiting)
                if group:
                    _answer(group, await self._read(kind, group))
        except Exception as error:
            for asked in [*group, *line.waiting]:
                if not asked.answer.done():
                    asked.answer.set_exception(error)
        finally:
            del self._lines[kind]
            _answer([*group, *line.waiting], RpcError("closed", "the registry was closed"))

    def _next_group(self, waiting: deque[_Asked]) -> list[_Asked]:
        """Those who are read together: as many as the bounds on one read allow."""
        if len(waiting) == 1:  # mostly; and the bounds are on what several want together
            asked = waiting.popleft()
            return [] if asked.answer.done() else [asked]
        chain_id, address = self._sources.chain_id, self._sources.address
        group: list[_Asked] = []
        node_ids: set[bytes] = set()
        provider_ids: set[int] = set()
        while waiting:
            asked = waiting[0]
            if not asked.answer.done():  # else it was cancelled, or is out of time
                node_ids.update(asked.node_ids)
                fits = len(node_ids) <= self._config.read_count_max
                if chain_id is not None:
                    provider_ids |= asked.policy.providers_of(chain_id, address)
                    fits &= len(provider_ids) <= PROVIDER_COUNT_MAX
                elif group:  # which providers the policies mean here is not known yet
                    fits &= asked.policy == group[0].policy
                if group and not fits:
                    break
                group.append(asked)
            waiting.popleft()
        return group

    async def _read(self, kind: bytes, group: list[_Asked]) -> Known | RpcError:
        node_ids = group[0].node_ids
        if len(group) > 1:
            node_ids = list(dict.fromkeys(one for asked in group for one in asked.node_ids))
        exchange = partial(self._exchange, kind, node_ids, group)
        self.read_count += 1
        self.merged_count += len(group) - 1
        deadline = max(asked.deadline for asked in group)
        try:
            known = await self._sources.read(exchange, deadline, _failures)
        except RpcError as error:
            return error
        self.kept_count += known.kept_count
        return known

    def _exchange(
        self, kind: bytes, node_ids: Sequence[bytes], group: Sequence[_Asked], endpoint: Endpoint
    ) -> Exchange[Known]:
        shelf, providers = self._cache.shelf(kind), partial(_providers, group, endpoint)
        return read_known(endpoint, shelf, kind, node_ids, providers, self._config, monotonic())


def _providers(group: Sequence[_Asked], endpoint: Endpoint) -> set[int]:
    """Whom one of these callers trusts."""
    where = (endpoint.chain_id, endpoint.address)
    return {id_ for asked in group for id_ in asked.policy.providers_of(*where)}


def _failures(known: Known) -> list[RpcError]:
    return list(known.failures.values())


def _answer(group: Sequence[_Asked], answer: Known | RpcError) -> None:
    for asked in group:
        if not asked.answer.done():
            asked.answer.set_result(answer)
