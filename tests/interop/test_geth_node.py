"""geth's node and ours ask and find each other."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.interop.programs import ANY_PORT, Geth, Waypost
from waypost import ENR, Node, PrivateKey, run
from waypost.errors import RequestTimeout

SETTLE_S = 60.0  # a node relays another only once it has seen it alive, seconds after it came
NOWHERE = 9  # the port "discard": nobody listens


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SETTLE_S
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return held


def found_by_ours(waypost: Waypost, node: ENR, bootnode: ENR) -> bool:
    """Whether a newcomer of ours, who knows one node, comes to find another as it is now."""
    return eventually(lambda: node in waypost.lookup(node.node_id, bootnode))


def found_by_geth(geth: Geth, node: ENR, key: PrivateKey, bootnode: ENR) -> bool:
    """Whether a newcomer of geth's comes to find it, who holds an endpoint that it has left."""
    left = ENR.create(key, seq=node.seq - 1, ip="127.0.0.1", udp=NOWHERE)
    return eventually(lambda: geth.resolve(left, bootnode) == node)


def relays(node: ENR, other: ENR) -> bool:
    """Whether a node comes to name another, as it is now, to those who ask."""
    distance = (int.from_bytes(node.node_id) ^ int.from_bytes(other.node_id)).bit_length()

    async def ask() -> bool:
        async with Node(listen=ANY_PORT) as newcomer:
            with suppress(RequestTimeout):
                return other in await newcomer.find_node(node, [distance])
        return False

    return eventually(lambda: run(ask()))


@pytest.fixture
def key() -> PrivateKey:
    return PrivateKey.generate()


@pytest.fixture
def key_file(key: PrivateKey, tmp_path: Path) -> Path:
    path = tmp_path / "key"
    key.save(path)
    return path


def test_ours_asks_geth(waypost: Waypost, geth: Geth, key: PrivateKey) -> None:
    with geth.listen(secret=key.secret_key.reveal()) as node:
        pong = waypost.ping(node)
        assert (pong["node_id"], pong["record_seq"]) == (key.node_id.hex(), node.seq)
        assert str(pong["seen_as"]).startswith("127.0.0.1:")
        older = ENR.create(key, seq=node.seq - 1, ip="127.0.0.1", udp=node.udp)
        assert waypost.resolve(older) == node


def test_geth_asks_ours(waypost: Waypost, geth: Geth, key: PrivateKey, key_file: Path) -> None:
    with waypost.listen(key_file=key_file) as node:
        assert eventually(lambda: geth.ping(node) == "<nil>")  # it waits for 0.7 s
        older = ENR.create(key, seq=node.seq - 1, ip="127.0.0.1", udp=node.udp)
        assert eventually(lambda: geth.resolve(older) == node)


def test_ours_meet_through_geth(
    waypost: Waypost, geth: Geth, key: PrivateKey, key_file: Path
) -> None:
    with (
        geth.listen() as bootnode,
        waypost.listen(bootnode, key_file=key_file) as one,
        waypost.listen(bootnode) as other,
    ):
        assert found_by_ours(waypost, one, bootnode)
        assert found_by_ours(waypost, other, bootnode)
        assert found_by_geth(geth, one, key, bootnode)
        assert found_by_ours(waypost, bootnode, one)
        assert found_by_ours(waypost, other, one)


def test_geths_meet_through_ours(
    waypost: Waypost, geth: Geth, key: PrivateKey, tmp_path: Path
) -> None:
    with (
        waypost.listen() as bootnode,
        geth.listen(bootnode, secret=key.secret_key.reveal()) as one,
        geth.listen(bootnode) as other,
    ):
        assert found_by_ours(waypost, one, bootnode)
        assert found_by_ours(waypost, other, bootnode)
        assert waypost.resolve(one.node_id, bootnode) == one
        assert found_by_geth(geth, one, key, bootnode)
        assert found_by_ours(waypost, one, other)
        everyone = {bootnode.text, one.text, other.text}
        crawl = partial(geth.crawl, bootnode, tmp_path / "nodes.json")
        assert eventually(lambda: {node.text for node in crawl()} == everyone)


@pytest.mark.parametrize("moves", [False, True])
def test_ours_relays_geths_newer_record(
    waypost: Waypost, geth: Geth, key: PrivateKey, moves: bool
) -> None:
    secret = key.secret_key.reveal()
    with waypost.listen() as bootnode:
        with geth.listen(bootnode, secret=secret) as before:
            assert relays(bootnode, before)
        port = 0 if moves else before.udp or 0
        with geth.listen(bootnode, secret=secret, port=port) as after:
            assert after.seq > before.seq
            assert (after.udp != before.udp) == moves
            assert relays(bootnode, after)
