"""Our ends of RLPx against geth: its `devp2p rlpx ping` dials us, and we dial its node."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.interop.conftest import find
from tests.interop.programs import READY_S, Geth
from tests.links import SHH, Talker, parties
from waypost.net.run import until
from waypost.rlpx.basics import Reason
from waypost.rlpx.capabilities import Capability
from waypost.rlpx.connection import Disconnected

ANSWER_S = 60.0


async def test_geth_shakes_hands_and_reads_our_hello(geth: Geth, run: int) -> None:
    async with parties() as join:
        party = await join()
        process = await asyncio.create_subprocess_exec(
            geth.path, "rlpx", "ping", f"enode://{party.point.hex()}@127.0.0.1:{party.host.port}",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(), ANSWER_S)
        said, point = output.decode(), party.point
        assert "waypost" in said
        assert f"{SHH.name}/{SHH.version}" in said
        assert str(party.host.port) in said
        assert f"ID:{list(point)}".replace(",", "") in said or point.hex() in said
        refusals = party.host.refusals  # it hangs up without a Hello of its own
        assert await until(lambda: refusals == {"handshake-truncated": 1}, ANSWER_S)


async def geth_node(program: str, folder: Path) -> tuple[asyncio.subprocess.Process, str, int]:
    """A node of a private network: the process, the hex of its point, and its port."""
    options = ["--nodiscover", "--nat", "none", "--ipcdisable", "--networkid", "4242"]
    options += ["--port", "0", "--authrpc.port", "0", "--cache", "64", "--datadir", str(folder)]
    process = await asyncio.create_subprocess_exec(
        program, *options, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    async with asyncio.timeout(READY_S):
        async for line in process.stderr:
            if found := re.search(rb"self=.*?enode://(\w{128})@[^:]+:(\d+)", line):
                return process, found[1].decode(), int(found[2])
    raise AssertionError("geth has not said where it listens")


async def test_we_shake_hands_with_geth_and_read_its_status(
    pytestconfig: pytest.Config, tmp_path: Path, run: int
) -> None:
    program = find(pytestconfig, "geth", "`make tools`")
    process, point, port = await geth_node(program, tmp_path)
    try:
        async with parties() as join:
            talker = Talker(Capability("eth", 69, 18))
            party = await join(talker, listen=None)
            link = await party.host.dial(bytes.fromhex(point), "127.0.0.1", port)
            assert link.hello.client_id.startswith(b"Geth/")
            # It gives up on our status after five seconds.
            why = await asyncio.wait_for(link.wait_closed(), ANSWER_S)
            assert why == Disconnected(Reason.PING_TIMEOUT, by_peer=True)
            assert [(each[0], each[1]) for each in talker.received_from] == [(link, 0)]
    finally:
        process.kill()
        await process.communicate()
