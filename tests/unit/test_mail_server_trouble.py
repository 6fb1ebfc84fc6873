"""A mail server in trouble: a slow disk, a full one, clients that do not read, and its own end."""

import asyncio
import logging
import threading

import pytest

from tests.mailers import Troubled, archived, asking, everything, meeting, serving
from tests.whisper_nodes import CONFIRMING, acknowledgements, mail
from waypost.config import ArchiveConfig, HostConfig
from waypost.errors import ArchiveError, LinkError
from waypost.mail.completion import Completed, Failed
from waypost.mail.request import Form, encode
from waypost.net.archive import SqliteArchive
from waypost.net.mail.serving import FAILED, REFUSALS
from waypost.net.run import until
from waypost.net.whisper.node import WhisperNode
from waypost.rlpx.basics import Reason
from waypost.whisper.effects import Arrival
from waypost.whisper.envelope import bloom_of
from waypost.whisper.packets import Fault


@pytest.fixture
def archive(tmp_path):
    return Troubled(tmp_path / "archive", ArchiveConfig(page_size_max_b=1 << 17))


def plain_request():
    return encode(everything(Form.PLAIN))


async def test_acknowledged_is_what_is_committed(archive):
    async with serving(archive) as server, meeting(server, CONFIRMING) as sender:
        taken = acknowledgements(sender)
        archive.gate.clear()
        sender.post(mail(1))
        assert await until(lambda: server.stats.intake_size_b > 0, 20)
        await asyncio.sleep(0.1)
        assert taken == []
        archive.gate.set()
        assert await until(lambda: len(taken) == 1, 20)
        assert server.stats.stored_count == 1
        assert server.stats.intake_size_b == 0


async def test_a_duplicate_is_acknowledged_after_the_first_is_committed(archive):
    async with (
        serving(archive) as server,
        meeting(server, CONFIRMING) as one,
        meeting(server, CONFIRMING) as other,
    ):
        taken = acknowledgements(one), acknowledgements(other)
        archive.gate.clear()
        envelope = mail(1)
        one.post(envelope)
        other.post(envelope)
        await asyncio.sleep(0.8)  # more than a transmission's interval
        assert taken == ([], [])
        archive.gate.set()
        assert await until(lambda: all(taken), 20)
        assert server.stats.stored_count == 1


async def test_a_sender_waits_while_the_queue_is_full_and_nothing_is_lost(archive):
    async with serving(archive, intake_size_max_b=100_000) as server, meeting(server) as sender:
        archive.gate.clear()
        for number in range(60):
            sender.post(mail(number, size_b=50_000))
        assert await until(lambda: server.stats.intake_size_b > 100_000, 20)
        await asyncio.sleep(1)
        assert server.stats.intake_size_b < 3_000_000  # and not all of it
        archive.gate.set()
        await archived(server, 60)


async def test_packets_without_anything_new_take_room_while_they_wait(archive):
    async with serving(archive, intake_size_max_b=10_000) as server, meeting(server):
        (peer,) = server._live.whisper.peers
        for _ in range(10):
            fault = Fault(bytes(32), 37, "low-work")
            server._live._intake.take(Arrival(peer, bytes(32), (), (fault,) * 4))
        assert server.stats.intake_size_b > 10_000
        assert server._live._intake._paused == {peer}
        assert await until(lambda: server.stats.intake_size_b == 0, 20)
        assert server._live._intake._paused == set()


async def test_a_full_disk_stops_intake_and_serving_goes_on(archive, caplog):
    async with serving(archive) as server, meeting(server, CONFIRMING) as sender:
        taken = acknowledgements(sender)
        first = mail(1)
        sender.post(first)
        await archived(server, 1)
        assert server.healthy
        archive.trouble = ArchiveError("full", "no room: free some")
        for number in (2, 3):
            sender.post(mail(number))
            assert await until(lambda n=number: server.stats.envelopes["unkept"] == n - 1, 20)
        assert len(taken) == 1
        assert server.problems == ["the archive takes no more envelopes: full: no room: free some"]
        logged = [each for each in caplog.records if each.levelno >= logging.ERROR]
        assert [(each.reason, each.name) for each in logged] == [
            ("full", "waypost.net.mail.intake")
        ]
        async with asking(server) as client, meeting(server) as other:
            assert (await client.ask(everything())).hashes == [first.hash]
            relayed = []
            other.on_arrival(lambda arrival: relayed.extend(arrival.envelopes))
            sender.post(mail(4))
            assert await until(lambda: len(relayed) >= 1, 20)


async def test_a_request_that_the_archive_cannot_answer_is_told_so(archive):
    async with serving(archive) as server, asking(server) as client:
        archive.blind = ArchiveError("corrupt", "damaged")
        told = await client.ask(everything())
        assert told.end == Failed(told.end.request_id, FAILED)
        archive.blind = None
        assert isinstance((await client.ask(everything())).end, Completed)
        assert server.stats.requests == {"failed": 1, "completed": 1}


async def test_a_peer_that_asks_without_waiting_is_told_to_wait(archive):
    async with serving(archive, open_request_count_max=3) as server, asking(server) as client:
        archive.query_gate.clear()
        for _ in range(5):
            client.node.send(client.server, 126, plain_request())
        for _ in range(2):
            end = (await client.answer()).end
            assert isinstance(end, Failed)
            assert end.text == REFUSALS["busy"]
        assert server.stats.refusals == {"busy": 2}
        archive.query_gate.set()
        for _ in range(3):
            assert isinstance((await client.answer()).end, Completed)


async def test_a_client_that_left_and_came_back_gets_what_it_asks_for_now(archive):
    async with serving(archive) as server, asking(server) as client:
        archive.append([mail(1)])
        archive.query_gate.clear()
        for _ in range(3):
            client.node.send(client.server, 126, plain_request())
        assert await until(lambda: server.stats.served_count == 1, 20)
        client.node.disconnect(client.server)
        assert await until(lambda: not client.node.peers and not server.stats.peer_count, 20)
        await client.node.dial(server.enode)
        client.node.trust(client.server)
        threading.Timer(0.1, archive.query_gate.set).start()
        assert len((await client.ask(everything())).hashes) == 1
        assert server.stats.requests["completed"] == 1
        assert server.stats.requests["gone"] >= 1
        assert client.packets.empty()


async def test_a_client_that_does_not_read_is_dropped_and_delays_nobody(archive):
    host = HostConfig(write_timeout_s=2.0)
    async with serving(archive, host=host, push_timeout_s=2.0) as server:
        async with meeting(server) as sender:
            for number in range(40):
                sender.post(mail(number, size_b=200_000))
            await archived(server, 40)
        async with asking(server) as slow, asking(server) as client:
            (link,) = slow.node.peers.values()
            link.pause()
            for _ in range(8):  # more than the buffers of the system hold
                slow.node.send(slow.server, 126, plain_request())
            assert len((await client.ask(everything())).hashes) == 40
            assert await until(lambda: server.stats.requests.keys() & {"slow", "gone"}, 20)
            assert await until(lambda: server.stats.served_count == 0, 20)


async def test_a_short_answer_does_not_wait_for_long_ones(archive):
    """Peers have turns, of a page each."""
    async with serving(archive, turn_count_max=1) as server:
        archive.append([mail(number, size_b=30_000) for number in range(200)])
        archive.append([mail(1, topic=b"rare")])
        async with asking(server) as long, asking(server) as short:
            for _ in range(5):
                long.node.send(long.server, 126, plain_request())
            assert await until(lambda: server.stats.delivered["envelopes"] > 0, 20)
            rare = everything(Form.PLAIN, bloom=bloom_of([b"rare"]))
            assert len((await short.ask(rare)).hashes) == 1
            assert server.stats.requests["completed"] <= 2
            for _ in range(5):
                assert len((await long.answer()).hashes) == 201


async def test_a_fault_of_ours_is_a_problem_and_does_not_hold_up_the_end(
    archive, caplog, monkeypatch
):
    def fail(_node, _arrival):
        raise ZeroDivisionError("a fault")

    async with serving(archive) as server, meeting(server) as sender:
        monkeypatch.setattr(WhisperNode, "acknowledge", fail)
        sender.post(mail(1))
        assert await until(lambda: bool(server.problems), 20)
        (problem,) = server.problems
        assert "intake has ended" in problem
    assert "a fault" in caplog.text


async def test_closing_finishes_the_answer_under_way_and_commits_what_was_taken(archive, tmp_path):
    server = serving(archive)
    async with server, asking(server) as client, meeting(server, CONFIRMING) as sender:
        taken = acknowledgements(sender)
        (link,) = client.node.peers.values()
        archive.query_gate.clear()
        archive.gate.clear()
        sender.post(mail(1))
        assert await until(lambda: server.stats.intake_size_b > 0, 20)
        client.node.send(client.server, 126, plain_request())
        client.node.send(client.server, 126, plain_request())
        assert await until(lambda: server.stats.served_count == 1, 20)
        (waiting,) = server._live._serving._waiting.values()
        assert await until(lambda: len(waiting) == 2, 20)
        closing = asyncio.create_task(server.close())
        assert await until(lambda: server.problems == ["it is shutting down"], 20)
        with pytest.raises(LinkError, match="unreachable"):
            async with meeting(server):
                pass
        archive.query_gate.set()
        archive.gate.set()
        await closing
        assert isinstance((await client.answer()).end, Completed)
        assert (await client.answer()).end.text == REFUSALS["closing"]
        assert len(taken) == 1
        assert (await link.wait_closed()).reason == Reason.QUITTING
    again = SqliteArchive(tmp_path / "archive")
    assert again.stats().envelope_count == 1
    again.close()


async def test_who_closes_it_meanwhile_waits_for_the_same_end(archive):
    server = serving(archive)
    await server.open()
    async with meeting(server) as sender:
        archive.gate.clear()
        sender.post(mail(1))
        assert await until(lambda: server.stats.intake_size_b > 0, 20)
        first = asyncio.create_task(server.close())
        await asyncio.sleep(0)
        second = asyncio.create_task(server.close())
        await asyncio.sleep(0.1)
        assert not second.done()
        archive.gate.set()
        await second
        assert server.problems == ["it is not running"]
        await first


async def test_closing_does_not_wait_for_ever(archive):
    server = serving(archive, drain_timeout_s=0.1)
    async with server, asking(server) as client:
        archive.query_gate.clear()
        client.node.send(client.server, 126, plain_request())
        assert await until(lambda: server.stats.served_count == 1, 20)
        threading.Timer(2.0, archive.query_gate.set).start()
        await server.close()
        assert client.packets.empty()


async def test_old_envelopes_leave_in_small_steps(tmp_path):
    archive = SqliteArchive(tmp_path / "archive")
    archive.append([mail(number, age_s=3 * 86_400) for number in range(30)])
    archive.append([mail(number) for number in range(5)])
    config = ArchiveConfig(prune_count_max=10)
    async with serving(archive, retention_days=2, archive=config) as server:

        async def left():
            await server.measure()
            return server.stats.archive.envelope_count

        async with asyncio.timeout(20):
            while await left() > 5:
                pass
        assert await left() == 5
