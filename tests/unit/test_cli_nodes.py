"""The command line in processes of their own: nodes that talk to each other, and the demo."""

import asyncio
import json
import signal

import pytest

from tests.commands import PROGRAM, listening, waypost_beside, waypost_process
from waypost._ext.record import ENR


async def test_listen_ping_resolve_and_lookup_over_loopback(tmp_path):
    serving = ("--key", tmp_path / "key", "--pair", "whisper.mailserver=01")
    async with listening() as bootnode, listening(*serving, "--bootnode", bootnode) as served:
        node_id = ENR.parse(served).node_id.hex()
        (pong,) = (await waypost_beside("discv5", "ping", served, "--json")).data
        assert pong.keys() == {"node_id", "record_seq", "seen_as", "round_trip_ms"}
        assert (pong["node_id"], pong["record_seq"]) == (node_id, ENR.parse(served).seq)
        assert pong["seen_as"].startswith("127.0.0.1:")

        (direct,) = (await waypost_beside("discv5", "resolve", served, "--json")).data
        assert (direct["enr"], direct["pairs"]) == (served, {"whisper.mailserver": "01"})
        begin = ("--bootnode", bootnode, "--json")
        async with asyncio.timeout(60):  # until the bootnode has checked the other one
            while (looked := await waypost_beside("discv5", "resolve", node_id, *begin)).status:
                pass
        assert looked.data == [direct]
        found = (await waypost_beside("discv5", "lookup", node_id, *begin)).data
        assert found[0]["node_id"] == node_id
        assert {each["enr"] for each in found} == {bootnode, served}
        text = (await waypost_beside("discv5", "lookup", node_id, "--bootnode", bootnode)).out
        assert f"{node_id}  127.0.0.1:" in text
        assert (await waypost_beside("discv5", "lookup", "--bootnode", bootnode)).status == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_listen_with_status_0_and_the_key_stays(number, tmp_path):
    records = []
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            *PROGRAM,
            *("discv5", "listen", "--listen", "127.0.0.1:0", "--key", tmp_path / "key", "--json"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        data = json.loads(await process.stdout.readline())
        assert data.keys() == {"enr", "addresses"}
        records.append(ENR.parse(data["enr"]))
        assert data["addresses"] == [f"127.0.0.1:{records[-1].udp}"]
        process.send_signal(number)
        assert await asyncio.wait_for(process.communicate(), 60.0) == (b"", b"")
        assert process.returncode == 0
    assert records[0].node_id == records[1].node_id
    assert records[0].seq < records[1].seq


async def test_a_record_without_an_address_comes_with_advice():
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *("discv5", "listen", "--listen", "0.0.0.0:0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert ENR.parse((await process.stdout.readline()).decode().strip()).ip is None
    assert b"--external" in await process.stderr.readline()
    process.terminate()
    await process.communicate()
    assert process.returncode == 0


async def test_errors_of_a_process_are_one_line():
    ended = await waypost_process("enr", "show", "garbage")
    assert "bad-text" in ended.failure(2)
    assert (ended.out, ended.err.count("\n")) == ("", 1)


async def test_the_demo_tells_what_happens():
    ended = await waypost_process("demo", "--json")
    assert (ended.status, ended.err) == (0, "")

    def told(name):
        return [line[name] for line in ended.data if name in line]

    rows = [line for line in ended.data if "candidate" in line]
    found, after = rows[:12], rows[12:]
    five = {row["candidate"] for row in found if row["verdict"] == "trusted"}
    assert len(five) == 5
    assert {row["provider"] for row in found if row["verdict"] == "trusted"} == {1}
    assert sorted(row["reason"] for row in found if row["verdict"] != "trusted") == [
        *["not-listed"] * 3,
        *["provider-not-trusted"] * 2,
        "provider-suspended",
        "removed",
    ]
    picked = told("picked")
    assert len(picked) == 5
    assert set(picked) <= five
    assert told("answered") == [picked[-1]]

    letters, [absent] = told("letter"), told("down")
    assert told("archived_by") == [5, 5, 5, 4, 4]
    assert told("relayed") == [0]
    assert set(told("fetched_from")) <= five - {absent}
    assert set(told("left")) <= {absent}
    assert told("hash") == [letters[place] for place in (0, 1, 3, 4)]
    assert (told("fetched"), told("for_others")) == ([5], [1])
    lacking = {line["server"]: line["lacks"] for line in ended.data if "lacks" in line}
    assert lacking == {server: [] for server in five} | {absent: sorted(letters[3:])}

    assert {row["candidate"] for row in after} == five
    assert {(row["verdict"], row["reason"]) for row in after} == {
        ("untrusted", "provider-suspended")
    }
    assert "12 untrusted (6 provider-suspended" in ended.data[-1]["refused"]


async def test_a_reader_that_leaves_ends_the_demo():
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "demo", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    await process.stdout.readline()
    process._transport.get_pipe_transport(1).close()
    assert await asyncio.wait_for(process.stderr.read(), 60.0) == b""
    assert await process.wait() == 1
