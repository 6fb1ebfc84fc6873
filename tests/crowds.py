"""A finder's surroundings for tests: a walk that yields what it is told, a registry on a line that
can be cut.
"""

import asyncio
import time

import pytest

from tests.chains import ANVIL_KEY, GENESIS_S
from tests.nodes import key
from waypost._ext.record import ENR
from waypost._ext.secp256k1 import SecretKey
from waypost.config import FinderConfig
from waypost.errors import RpcError
from waypost.net.finder import ServerFinder
from waypost.net.rpc import ChainRpc
from waypost.net.trust.registry import Registry
from waypost.trust.verdict import Outcome, Verdict

KIND = "whisper.mailserver"
READS = {"eth_call", "eth_getStorageValues"}
FAST = {"batch_interval_s": 0.02, "settle_s": 0.01, "retry_interval_s": 0.05}


def server(index, seq=1, port=30303):
    return ENR.create(key(index), {KIND: b"\x01"}, seq=seq, ip="127.0.0.1", udp=port)


class Crowd:
    """A node that knows what it is told: its walk yields the announced records."""

    def __init__(self):
        self.walks, self.records = [], []

    def announce(self, *records):
        self.records += records
        for walk in self.walks:
            for record in records:
                walk.put_nowait(record)

    def close(self):
        self.announce(None)

    async def random_walk(self, filter):
        assert filter == KIND
        walk = asyncio.Queue()
        self.walks.append(walk)
        for record in self.records:
            walk.put_nowait(record)
        while (record := await walk.get()) is not None:
            yield record


class Line(ChainRpc):
    """The way to an embedded chain; it counts reads, and can be cut or held up."""

    def __init__(self, chain):
        super().__init__(chain, lambda: GENESIS_S)
        self.reads, self.error, self.silent = 0, None, False

    async def request(self, call):
        await self._carry([call])
        return await super().request(call)

    async def batch(self, calls):
        await self._carry(calls)
        return await super().batch(calls)

    async def _carry(self, calls):
        self.reads += sum(call.method in READS for call in calls)
        if self.silent:
            await asyncio.sleep(60)
        if self.error:
            raise RpcError(self.error, "the line is cut")


class World:
    def __init__(self, line, registry):
        self.crowd, self.line, self.registry = Crowd(), line, registry

    async def enlist(self, *indices, provider_id=1):
        bindings = []
        for index in indices:
            consent = await self.registry.consent(KIND, key(index).node_id, provider_id)
            bindings.append(consent.signed_by(key(index)))
        await self.registry.add_servers(provider_id, bindings)

    def finder(self, *trust, own=(), **settings):
        return ServerFinder(
            self.crowd,
            self.registry,
            KIND,
            trust or None,
            own=own,
            config=FinderConfig(**{**FAST, **settings}),
        )


class YesMan:
    """A registry that trusts all, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    async def verify(self, kind, node_ids, _policy):
        assert kind == KIND
        self.asked.append((time.monotonic(), list(node_ids)))
        return [Verdict(Outcome.TRUSTED, node_id, provider_id=1) for node_id in node_ids]


@pytest.fixture
async def world(embedded):
    line = Line(embedded)
    async with await Registry.deploy(line, SecretKey(ANVIL_KEY)) as registry:
        yield World(line, registry)
