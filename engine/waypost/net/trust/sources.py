"""The endpoints of one registry: asked in turn, so that one which fails is stood in for.

The first of them that is well is asked. One that fails is put behind the others for a while, which
doubles with each failure; then it has its place back. All serve one chain: the one that was asked
for, or else the first that answers.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.net.clock import monotonic
from waypost.net.rpc import Rpc, RpcEndpoint, Subscribing, drive, name_of, rpc_at
from waypost.net.trust.stats import EndpointStats
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Answer, Call, Exchange, T
from waypost.trust.reading.ladder.facts import RUNGS

_REVERTED = 3  # of eth_call: what the contract says, at whichever node


class Source:
    """One endpoint: the way to it, what was learned about it, and how it has been doing."""

    def __init__(
        self, at: RpcEndpoint, address: bytes, chain_id: int | None, config: RegistryConfig
    ) -> None:
        self.rpc = rpc_at(at, config)
        self.endpoint = Endpoint(address, chain_id, name_of(self.rpc))
        self.request_count = 0
        self.failure_count = 0  # in a row
        self.error: RpcError | None = None  # the last
        self.retry_at = 0.0  # until then the others are asked first
        self._closes_rpc = self.rpc is not at

    def counted(self, exchange: Exchange[T]) -> Exchange[T]:
        """The exchange, whose requests are counted."""
        try:
            sent = next(exchange)
            while True:
                self.request_count += len(sent)
                sent = exchange.send((yield sent))
        except StopIteration as stop:
            result: T = stop.value
            return result

    def stats(self) -> EndpointStats:
        """How it has been doing."""
        present = self.endpoint.learned.present
        return EndpointStats(
            self.request_count,
            next((rung for rung in RUNGS if rung in present), None),
            self.endpoint.head,
            self.retry_at <= monotonic(),
            str(self.error) if self.error else None,
        )

    async def close(self) -> None:
        if self._closes_rpc:
            await self.rpc.close()


@dataclass
class _OwnBlock:
    """The block of our last transaction, and when it was seen."""

    number: int = 0
    seen_at: float = 0.0


class Sources:
    """At least one endpoint, each with the registry at the same address."""

    def __init__(
        self,
        at: RpcEndpoint | Sequence[RpcEndpoint],
        address: bytes,
        chain_id: int | None,
        config: RegistryConfig,
    ) -> None:
        several = [at] if isinstance(at, str) or not isinstance(at, Sequence) else at
        if not several:
            raise ConfigError("a registry needs the URL of at least one node")
        self._config = config
        self._all = [Source(one, address, chain_id, config) for one in several]
        self._chain_id = chain_id
        self._own = _OwnBlock()
        self.address = address
        self.fail_over_count = 0

    def at(self, address: bytes, chain_id: int | None = None) -> "Sources":
        """The ways to another contract of the chain: who made these closes them."""
        ways = [source.rpc for source in self._all]
        others = Sources(ways, address, chain_id or self.chain_id, self._config)
        others._own = self._own
        return others

    def stats(self) -> tuple[EndpointStats, ...]:
        """How each endpoint has been doing."""
        return tuple(source.stats() for source in self._all)

    @property
    def first(self) -> Source:
        """The one that the user named first."""
        return self._all[0]

    @property
    def preferred(self) -> Source:
        """The one that is asked first now."""
        return self.in_order()[0]

    @property
    def may_notify(self) -> bool:
        """Whether one of them tells what happens without being asked."""
        return any(isinstance(source.rpc, Subscribing) for source in self._all)

    @property
    def rpc(self) -> Rpc:
        """The way to a node for what is no read: transactions."""
        return self.first.rpc if len(self._all) == 1 else FirstHealthy(self)

    @property
    def chain_id(self) -> int | None:
        """The chain's id, once it is known."""
        endpoints = (source.endpoint for source in self._all)
        known = (endpoint.chain_id for endpoint in endpoints if endpoint.is_probed)
        return next(known, self._chain_id)

    @property
    def number_min(self) -> int:
        """The number of the last block with a transaction of ours, while that matters."""
        is_due = monotonic() < self._own.seen_at + self._config.own_block_lifetime_s
        return self._own.number if is_due else 0

    def in_order(self) -> list[Source]:
        """The endpoints in the order in which they are to be asked."""
        now = monotonic()
        return sorted(self._all, key=lambda source: max(0.0, source.retry_at - now))

    async def read(
        self,
        read: Callable[[Endpoint], Exchange[T]],
        deadline: float | None = None,
        failures: Callable[[T], Sequence[RpcError]] = lambda _result: (),
    ) -> T:
        """What a read finds at the first endpoint at which nothing fails. Raises RpcError.

        `failures` are those that a result tells of. If each endpoint has some, the result with the
        fewest is returned. Each gets its share of the time until the deadline, by default
        `verify_timeout_s` from now. The last one is waited for where it is asked too often.
        """
        if deadline is None:
            deadline = monotonic() + self._config.verify_timeout_s
        order = self.in_order()
        results: list[T] = []
        for place, source in enumerate(order):
            now = monotonic()
            share_s = (deadline - now) / (len(order) - place)
            if place and share_s <= 0:
                break
            self.fail_over_count += place > 0
            try:
                result = await self._ask(source, read, now + share_s, source is order[-1])
            except RpcError as caught:
                error = caught
                if _is_answer(error):
                    raise
            else:
                failed = failures(result)
                if not failed:
                    self.well(source)
                    return result
                results.append(result)
                error = failed[0]
            self.failed(source, error)
        if not results:
            raise error
        return min(results, key=lambda result: len(failures(result)))

    def well(self, source: Source) -> None:
        """Notes that an endpoint did what was asked."""
        source.failure_count, source.retry_at = 0, 0.0

    def failed(self, source: Source, error: RpcError) -> None:
        """Notes that an endpoint did not, and puts it behind the others for a while."""
        error.__traceback__ = error.__context__ = None
        doubled_s = self._config.backoff_min_s * 2 ** min(source.failure_count, 30)
        wait_s = max(min(doubled_s, self._config.backoff_max_s), error.retry_after_s or 0.0)
        source.failure_count += 1
        source.error, source.retry_at = error, monotonic() + wait_s

    def wrote(self, block_number: int) -> None:
        """Notes that a transaction of ours is in this block: reads come from there or later."""
        self._own.number, self._own.seen_at = block_number, monotonic()

    async def close(self) -> None:
        """Lets go of connections; a later use makes new ones. Closing twice is fine."""
        for source in self._all:
            await source.close()

    async def _ask(
        self,
        source: Source,
        read: Callable[[Endpoint], Exchange[T]],
        deadline: float,
        is_last: bool,
    ) -> T:
        """What a read finds at one endpoint. One that is behind has a while to catch up."""
        endpoint, started = source.endpoint, monotonic()
        endpoint.number_min = self.number_min
        endpoint.timestamp_min = self._newest_s(source) - int(self._config.head_lag_max_s)
        retry_count_max = self._config.rate_limit_retry_count_max if is_last else 0
        patience = min(deadline, started + self._config.catch_up_timeout_s)
        while True:
            try:
                exchange = source.counted(read(endpoint))
                rest_s = deadline - monotonic()
                result = await drive(source.rpc, exchange, rest_s, retry_count_max)
            except RpcError as error:
                rest_s = patience - monotonic() - self._config.catch_up_interval_s
                if error.reason != "behind" or rest_s < 0:
                    raise
                await asyncio.sleep(self._config.catch_up_interval_s)
            else:
                self._require_one_chain(endpoint)
                return result

    def _newest_s(self, source: Source) -> int:
        """The time of the newest head of the others that are well; 0 if there is none."""
        now = monotonic()
        others = (other for other in self._all if other is not source and other.retry_at <= now)
        return max(
            (other.endpoint.head.timestamp for other in others if other.endpoint.head), default=0
        )

    def _require_one_chain(self, endpoint: Endpoint) -> None:
        if len(self._all) == 1 or not endpoint.is_probed:
            return  # a lone endpoint may serve whichever chain it likes
        if self._chain_id is None:
            self._chain_id = endpoint.chain_id
            for source in self._all:
                source.endpoint.expect(self._chain_id)
        if endpoint.chain_id != self._chain_id:
            endpoint.forget()
            raise RpcError(
                "wrong-chain", f"{endpoint.name} serves another chain than {self._chain_id}"
            )


class FirstHealthy:
    """The endpoints as one Rpc: each call goes to the first that is well.

    A transaction is sent once: whether one that failed has arrived is not known.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    @property
    def name(self) -> str:
        """Of the node that is asked first now."""
        return self._sources.preferred.endpoint.name

    async def request(self, call: Call) -> Any:
        for source in self._sources.in_order():
            try:
                source.request_count += 1
                return await source.rpc.request(call)
            except RpcError as caught:
                if caught.reason == "rpc-error":
                    raise
                self._sources.failed(source, caught)
                if call.method == "eth_sendRawTransaction":
                    raise
                error = caught
        raise error

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        source = self._sources.in_order()[0]
        source.request_count += 1
        return await source.rpc.batch(calls)

    async def close(self) -> None:
        await self._sources.close()


def _is_answer(error: RpcError) -> bool:
    """Whether this is what the contract says, and no other node would say anything else."""
    return error.reason == "rpc-error" and (bool(error.data) or error.code == _REVERTED)
