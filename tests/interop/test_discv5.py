"""Discovery v5.1 between Waypost and geth, on loopback."""

import re
import subprocess
import time
from collections.abc import Callable

from tests.interop.peers import (
    devp2p,
    our_answers,
    our_node,
    their_answer,
    their_node,
)
from waypost.enr import ENR
from waypost.keys import PrivateKey

SOON_S = 60  # until a node that has come is known to be alive, and is told to others
SECRET = "11" * 32
DISCARD_PORT = 9


def soon(attempt: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SOON_S
    while not attempt():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def test_conformance_suite_of_geth(run: int) -> None:
    with our_node() as enr:
        command = devp2p("test", "--listen1", "127.0.0.1", "--listen2", "127.0.0.2", enr)
        done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    result = re.search(r"(\d+)/(\d+) tests passed", done.stdout)
    assert result is not None, done.stdout + done.stderr
    assert result[1] == result[2], done.stdout
    assert int(result[2]) >= 7
    print(f"geth's conformance suite, run {run}: {result[0]}")


def test_ours_asks_theirs() -> None:
    with their_node() as theirs:
        node_id = ENR.parse(theirs).node_id.hex()
        (pong,) = our_answers("ping", theirs)
        assert pong["node_id"] == node_id
        assert pong["record_seq"] == ENR.parse(theirs).seq
        (resolved,) = our_answers("resolve", theirs)
        assert resolved["enr"] == theirs


def test_theirs_asks_ours() -> None:
    with our_node() as ours:
        assert their_answer("ping", ours) == "<nil>"  # no error
        assert their_answer("resolve", ours) == ours


def finds(target: str, known: str) -> bool:
    """Does a lookup of ours that begins at `known` end at this record?"""
    node_id = ENR.parse(target).node_id.hex()
    return target in {node["enr"] for node in our_answers("lookup", node_id, "--bootnode", known)}


def test_ours_looks_theirs_up_through_theirs() -> None:
    with their_node() as known, their_node(bootnodes=known) as target:
        assert soon(lambda: finds(target, known))


def test_ours_looks_ours_up_through_theirs() -> None:
    with their_node() as known, our_node("--bootnode", known) as target:
        assert soon(lambda: finds(target, known))


def test_theirs_looks_theirs_up_through_ours() -> None:
    """geth asks the nodes near a record's id when that record's own endpoint is dead."""
    stale = ENR.create(PrivateKey.from_hex(SECRET), seq=1, ip="127.0.0.1", udp=DISCARD_PORT).text
    with our_node() as known, their_node("--nodekey", SECRET, bootnodes=known) as target:
        assert soon(lambda: their_answer("resolve", stale, bootnodes=known) == target)
