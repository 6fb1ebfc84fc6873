"""waypost registry watch."""

import json

import pytest

from tests.chains import ANVIL_KEY, Endpoints, node, serve
from tests.commands import waypost, waypost_beside
from tests.crowds import KIND, World
from tests.nodes import key
from waypost._ext.secp256k1 import SecretKey
from waypost.net.trust.registry import Registry
from waypost.trust.embedded import EmbeddedChain


async def test_changes_are_told_line_by_line(embedded: EmbeddedChain) -> None:
    async with (
        await Registry.deploy(embedded, SecretKey(ANVIL_KEY)) as registry,
        serve(node(embedded)) as url,
    ):
        await World(None, registry).enlist(1)
        await registry.suspend_provider(1, "caught")
        await registry.set_kind("push.notify", 60, 3600)
        await registry.set_halted(True)
        at = ["--rpc", url, "--registry", "0x" + registry.address.hex()]
        ended = await waypost_beside(
            "registry", "watch", *at, "--since", "0", "--count", "5", "--json"
        )
        assert ended.status == 0, ended
        registered, listed, suspended, limits, halted = ended.data
        assert (registered["change"], registered["provider"]) == ("provider", 1)
        assert (listed["node_id"], listed["kind"]) == (key(1).node_id.hex(), KIND)
        assert (listed["status"], listed["provider"]) == ("active", 1)
        assert (suspended["status"], suspended["reason"]) == ("suspended", "caught")
        assert (limits["kind"], limits["ttl_s_max"]) == ("push.notify", 3600)
        assert halted["change"] == "halted"

        rest = await waypost_beside(
            "registry",
            "watch",
            *at,
            "--since",
            listed["cursor"],
            "--kind",
            KIND,
            "--count",
            "2",
        )
        assert rest.status == 0, rest
        first, second = rest.out.splitlines()
        assert first.startswith(f"provider block {suspended['block']} provider 1 status suspended")
        assert "reason caught cursor " in first
        assert second.startswith(f"halted block {halted['block']} cursor ")


@pytest.mark.parametrize("since", ["yesterday", "1:zz"])
def test_what_is_no_cursor_is_refused_at_once(since: str) -> None:
    ended = waypost(
        "registry",
        "watch",
        "--rpc",
        "http://127.0.0.1:1",
        "--registry",
        "0x" + "11" * 20,
        "--since",
        since,
    )
    assert "is no cursor" in ended.failure(2)


async def test_a_cursor_that_left_the_chain_says_what_to_do(anvil_node: Endpoints) -> None:
    async with await Registry.deploy(anvil_node.http, SecretKey(ANVIL_KEY)) as registry:
        at = ["--rpc", anvil_node.ws, "--registry", "0x" + registry.address.hex()]
        ended = await waypost_beside(
            "registry", "watch", *at, "--since", json.dumps(1) + ":" + "00" * 32
        )
        assert "block 1 has left the chain: read the registry anew" in ended.failure(1)
