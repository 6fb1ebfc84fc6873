"""geth's own conformance suite against our node."""

import re
from collections.abc import Callable

from tests.interop.programs import Geth, Waypost

SUITE = {
    "Ping",
    "PingLargeRequestID",
    "PingMultiIP",
    "HandshakeResend",
    "TalkRequest",
    "FindnodeZeroDistance",
    "FindnodeResults",
}
TRIES = 3  # it waits 0.3 s for an answer: a machine may be busy once, but our node not at fault
VERDICT = re.compile(r"(?m)^(ok|not ok) \d+ (\w+)")


def test_geth_finds_our_node_conformant(
    waypost: Waypost, geth: Geth, run: int, record_property: Callable[[str, object], None]
) -> None:
    for _ in range(TRIES):
        with waypost.listen() as node:
            said = geth.conformance(node)
        verdicts = {name: verdict for verdict, name in VERDICT.findall(said)}
        if "not ok" not in verdicts.values():
            break
    passed = {name for name, verdict in verdicts.items() if verdict == "ok"}
    assert passed == verdicts.keys(), said
    assert passed >= SUITE, said
    announced = re.match(r"1\.\.(\d+)\n", said)
    assert announced is not None, said
    assert int(announced[1]) == len(passed), said
    record_property(f"geth's conformance suite, run {run}", f"{len(passed)} of {announced[1]} ok")
