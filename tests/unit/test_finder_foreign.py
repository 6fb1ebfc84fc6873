"""A finder over a registry that is not ours, from contract to pick."""

import asyncio

from tests.crowds import FAST, KIND, Crowd, server
from tests.nodes import key
from tests.small_contracts import LISTING, creation, deploy
from waypost import ForeignRegistry, Outcome, ServerFinder, Verifier
from waypost.config import FinderConfig
from waypost.net.rpc import RpcEndpoint
from waypost.net.run import until


async def test_a_finder_picks_what_a_foreign_registry_lists(chain_endpoint: RpcEndpoint) -> None:
    listed = {key(1).node_id: 1, key(2).node_id: 1}
    address = await deploy(chain_endpoint, creation(LISTING, listed))
    crowd, told = Crowd(), {}
    crowd.announce(server(1), server(2), server(3))
    async with ForeignRegistry(chain_endpoint, address) as registry:
        verifier: Verifier = registry
        finder = ServerFinder(crowd, verifier, KIND, config=FinderConfig(**FAST))
        finder.on_verdict(lambda record, verdict: told.update({record.node_id: verdict.outcome}))
        async with finder, asyncio.timeout(30.0):
            assert (await finder.pick()).node_id in listed
            assert await until(lambda: len(told) == 3, 20.0)
            assert {found.node_id for found in finder.servers} == set(listed)
    assert told.pop(key(3).node_id) is Outcome.UNTRUSTED
    assert set(told.values()) == {Outcome.TRUSTED}
