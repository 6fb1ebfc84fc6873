"""Proof mode: words are read with proofs from one node, against headers from another source."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.net.clock import monotonic
from waypost.net.trust.sources import Sources
from waypost.net.trust.state_roots import BlockTag, StateRootSource, source_for
from waypost.trust.administration.deployment import registry_code_hash
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange
from waypost.trust.policy import TrustPolicy
from waypost.trust.proofs.header import Header
from waypost.trust.proofs.proven import lacks_block, read_proven
from waypost.trust.reading.cache import Cache, Shelf
from waypost.trust.reading.shelved import Known
from waypost.trust.state_roots import StateRoots
from waypost.trust.verdict import Source


class Prover:
    """Facts about servers that are proven against the headers of `roots`. The nodes of `sources`
    need not be trusted: what they do not prove is a failure.
    """

    source = Source.PROOF

    def __init__(
        self,
        sources: Sources,
        roots: StateRootSource | StateRoots,
        code_hash: bytes | None,
        config: RegistryConfig,
    ) -> None:
        """Without a `code_hash` (32 bytes) the contract's code has to be that of our version.

        The chain has to be named: a node could name another, on which the user trusts others.
        Raises ConfigError.
        """
        if sources.chain_id is None:
            raise ConfigError("give the chain_id: in proof mode a node is not believed it")
        if code_hash is not None and len(code_hash) != 32:
            raise ConfigError("a code_hash is 32 bytes")
        self._sources = sources
        self._chain_id = sources.chain_id
        self._roots = source_for(roots, sources.rpc, self._chain_id, config)
        self._closes_roots = self._roots is not roots
        self._code_hash = code_hash or registry_code_hash()
        self._config = config
        self._caches = {"latest": Cache(config), "finalized": Cache(config)}
        self._in_use: set[tuple[BlockTag, bytes]] = set()  # shelves
        self.read_count = 0
        self.merged_count = 0  # none: whoever asks gets a read of its own
        self.kept_count = 0  # words that did not have to be proven again

    @property
    def cached_count(self) -> int:
        return sum(map(len, self._caches.values()))

    async def read(
        self, kind: bytes, node_ids: Sequence[bytes], policy: TrustPolicy
    ) -> Known | RpcError:
        """The facts about these servers of a kind and the policy's providers, at one block."""
        return await self._read(kind, node_ids, policy, "latest")

    async def read_final(
        self, kind: bytes, node_ids: Sequence[bytes], policy: TrustPolicy
    ) -> Known | RpcError:
        """The same at the finalized block."""
        return await self._read(kind, node_ids, policy, "finalized")

    async def close(self) -> None:
        """Lets go of the connections of its own. Closing twice is fine."""
        if self._closes_roots:
            await self._roots.close()

    async def _read(
        self, kind: bytes, node_ids: Sequence[bytes], policy: TrustPolicy, at: BlockTag
    ) -> Known | RpcError:
        providers = policy.providers_of(self._chain_id, self._sources.address)
        deadline = monotonic() + self._config.verify_timeout_s

        with self._shelf(kind, at) as shelf:

            def reading(header: Header) -> Callable[[Endpoint], Exchange[Known]]:
                what = (header, shelf, kind, node_ids, providers, self._code_hash, self._config)
                return lambda endpoint: read_proven(endpoint, *what, monotonic())

            self.read_count += 1
            try:
                async with asyncio.timeout_at(deadline):
                    known = await self._read_at(reading, at, deadline)
            except TimeoutError:
                return RpcError("timeout", "the deadline passed")
            except RpcError as error:
                return error
        self.kept_count += known.kept_count
        return known

    @contextmanager
    def _shelf(self, kind: bytes, at: BlockTag) -> Iterator[Shelf]:
        """The shelf of a kind; an empty one while another read has it."""
        place = at, kind
        if place in self._in_use:
            yield Shelf(self._config)
            return
        self._in_use.add(place)
        try:
            yield self._caches[at].shelf(kind)
        finally:
            self._in_use.remove(place)

    async def _read_at(
        self,
        reading: Callable[[Header], Callable[[Endpoint], Exchange[Known]]],
        at: BlockTag,
        deadline: float,
    ) -> Known:
        """What is proven at a block of this tag, or at one that a node can prove instead."""
        header = await self._header(at)
        for _ in range(self._config.pin_count_max):
            known = await self._sources.read(reading(header), deadline, _failures)
            if at == "finalized" or not lacks_block(known.failures.values()):
                break
            other = await self._other(header, deadline)
            if other is None:
                break
            header = other
        return known

    async def _other(self, header: Header, deadline: float) -> Header | None:
        """Another block that can be trusted, for a node that lacks this one or proofs of its
        state; None if there is none.

        An older one only if it is not much older: the node may call any block its head.
        """
        head = await self._sources.read(lambda endpoint: endpoint.pin(), deadline)
        lag_count = header.number - head.number
        if lag_count > self._config.head_lag_count_max:
            numbers = f"its head is {head.number}, the chain's {header.number}"
            raise RpcError("behind", f"the node that proves lags: {numbers}")
        if lag_count > 0:
            return await self._roots.header(head.number)
        newest = await self._header("latest")
        if newest.hash != header.hash:
            return newest
        return await self._roots.header(head.number) if lag_count < 0 else None

    async def _header(self, at: BlockTag) -> Header:
        """A header of the source's: the head is not one from before a transaction of ours."""
        if at == "finalized":
            return await self._roots.header(at)
        patience = monotonic() + self._config.catch_up_timeout_s
        while True:
            header = await self._roots.header(at)
            number_min = self._sources.number_min
            if header.number >= number_min:
                return header
            if monotonic() > patience:
                raise RpcError("behind", f"its head is {header.number}: {number_min} was seen")
            await asyncio.sleep(self._config.catch_up_interval_s)


def _failures(known: Known) -> list[RpcError]:
    return list(known.failures.values())
