"""A client of a finder asks only whom the registry vouches for, and only as long as it does."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import NamedTuple

import pytest

from tests.crowds import KIND
from tests.mailboxes import CONFIG, SENT, Mailbox
from tests.mailservers import ScriptedServer
from tests.nodes import key
from waypost._ext.record import ENR
from waypost.errors import NothingTrusted
from waypost.keys import PrivateKey
from waypost.mail.client.inspection import Fault
from waypost.mail.completion import Failed
from waypost.net.finder import ServerFinder
from waypost.net.mail.client import MailClient, line
from waypost.net.mail.client.history import MailHistory
from waypost.net.mail.client.line import dial
from waypost.net.run import until

SPAN = {"since": 0, "until": 1_000}
QUICK = replace(CONFIG, request_pow=0.0)


def record(server: ScriptedServer) -> ENR:
    place = server.place
    where = {"ip": place.host, "udp": place.port, "tcp": place.port}
    return ENR.create(server.key, {KIND: b"\x01"}, **where)


def hashes(envelopes):
    return sorted(one.hash for one in envelopes)


def hang(server, peer, request_id, request):
    """Never ends its page."""
    server.give(peer, server.page(request))


def hang_up(server, peer, request_id, request):
    server.hang_up(peer)


class Reading(NamedTuple):
    """A history that is being read."""

    first: ScriptedServer
    second: ScriptedServer
    finder: ServerFinder
    history: MailHistory
    task: asyncio.Task


@asynccontextmanager
async def reading_of_the_first(world, script=None):
    """A history of a client whose finder knows the first of two trusted servers alone."""
    await world.enlist(1, 2)
    first = ScriptedServer(Mailbox(SENT), script, key=PrivateKey(key(1)))
    second = ScriptedServer(Mailbox(SENT), key=PrivateKey(key(2)))
    async with first, second, world.finder() as finder:
        world.crowd.announce(record(first))
        async with MailClient(finder, config=QUICK) as mail:
            history = mail.history(**SPAN)
            task = asyncio.create_task(collect(history))
            yield Reading(first, second, finder, history, task)


async def test_a_server_that_is_revoked_during_a_history_is_left_at_once(world):
    await world.enlist(1, 2)
    first = ScriptedServer(Mailbox(SENT), hang, key=PrivateKey(key(1)))
    second = ScriptedServer(Mailbox(SENT), key=PrivateKey(key(2)))
    async with first, second, world.finder() as finder:
        world.crowd.announce(record(first))
        async with MailClient(finder, config=QUICK) as mail:
            history = mail.history(**SPAN)
            reading = asyncio.create_task(collect(history))
            assert await until(lambda: history.count == QUICK.page_limit, 20.0)
            world.crowd.announce(record(second))
            assert await until(lambda: len(finder.servers) == 2, 20.0)
            await world.registry.remove_servers(KIND, [key(1).node_id])
            assert hashes(await reading) == hashes(SENT)
            assert [(one.server, one.fault) for one in history.failures] == [
                (key(1).node_id, Fault.REVOKED)
            ]
            assert "removed" in str(history.failures[0])
            assert key(1).node_id not in mail._node.peers, "it is dropped, too"
            assert hashes(await collect(mail.history(**SPAN))) == hashes(SENT)
        assert finder._on_revoked == [], "a client that is closed leaves nothing behind"
    assert len(first.requests) == 1
    assert history.servers == {key(1).node_id: 10, key(2).node_id: len(SENT) - 10}


async def test_a_server_that_was_left_and_then_is_revoked_costs_the_next_one_nothing(world):
    async with reading_of_the_first(world, hang_up) as on:
        assert await until(lambda: len(on.history.failures) == 1, 20.0)
        await revoke(world, on.finder, 1)  # while the history waits, before it asks again
        world.crowd.announce(record(on.second))
        assert hashes(await on.task) == hashes(SENT)
    assert [(one.server, one.fault) for one in on.history.failures] == [
        (key(1).node_id, Fault.CLOSED)
    ]


async def test_a_server_that_is_revoked_while_it_is_dialled_is_not_asked(world, monkeypatch):
    dialled, answered = asyncio.Event(), asyncio.Event()

    async def slowly(*arguments):
        dialled.set()
        await answered.wait()
        await dial(*arguments)

    monkeypatch.setattr(line, "dial", slowly)
    async with reading_of_the_first(world) as on:
        await dialled.wait()
        await revoke(world, on.finder, 1)
        answered.set()
        world.crowd.announce(record(on.second))
        assert hashes(await on.task) == hashes(SENT)
    assert on.first.requests == []
    assert [(one.server, one.fault) for one in on.history.failures] == [
        (key(1).node_id, Fault.REVOKED)
    ]


async def test_a_finder_may_find_another_server_for_one_that_serves_no_such_request(world):
    def refuse(server, peer, request_id, request):
        server.say(peer, Failed(request_id, "query range too big"))

    async with reading_of_the_first(world, refuse) as on:
        assert await until(lambda: len(on.history.failures) == 1, 20.0)
        world.crowd.announce(record(on.second))
        assert hashes(await on.task) == hashes(SENT)
    assert len(on.first.requests) == 1


async def revoke(world, finder, number):
    await world.registry.remove_servers(KIND, [key(number).node_id])
    assert await until(lambda: not finder.servers, 20.0)


async def test_a_server_that_nobody_vouches_for_is_never_asked(world):
    await world.enlist(1)
    impostor = ScriptedServer(Mailbox(SENT), key=PrivateKey(key(7)))
    async with impostor, world.finder() as finder:
        world.crowd.announce(record(impostor))
        assert await until(lambda: "untrusted" in finder.account(), 20.0)
        async with MailClient(finder, config=replace(QUICK, patience_s=0.5)) as mail:
            with pytest.raises(NothingTrusted, match="1 untrusted"):
                await collect(mail.history(**SPAN))
    assert impostor.requests == []


async def test_comparing_all_that_are_trusted(world):
    await world.enlist(1, 2)
    whole = ScriptedServer(Mailbox(SENT), key=PrivateKey(key(1)))
    lacking = ScriptedServer(Mailbox(SENT[1:]), key=PrivateKey(key(2)))
    async with whole, lacking, world.finder() as finder:
        world.crowd.announce(record(whole), record(lacking))
        assert await until(lambda: len(finder.servers) == 2, 20.0)
        async with MailClient(finder, config=QUICK) as mail:
            compared = await mail.compare(**SPAN)
    lacks = {one.server: one.lacks for one in compared.holdings}
    assert lacks == {key(1).node_id: (), key(2).node_id: (SENT[0].hash,)}


async def collect(history):
    return [one async for one in history]
