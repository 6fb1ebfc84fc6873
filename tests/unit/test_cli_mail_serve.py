"""`waypost mail serve`: a server in a process of its own, and what it says where it cannot be."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace

import aiohttp
import pytest

from tests.commands import PROGRAM, waypost
from tests.mailers import PASSWORD, Asker, everything, meeting
from tests.whisper_nodes import CONFIRMING, EASY, acknowledgements, mail
from waypost._ext.record import ENR
from waypost.cli.mail.serve import ALONE, UNREACHABLE, unreachable
from waypost.config import MailServerConfig
from waypost.errors import ConfigError, RequestTimeout
from waypost.keys import PrivateKey
from waypost.mail.archive import Query
from waypost.net.archive import SqliteArchive
from waypost.net.run import until
from waypost.net.whisper.node import WhisperNode
from waypost.rlpx.basics import Reason
from waypost.whisper.symmetric import key_from_password

LISTEN = ("--listen", "127.0.0.1:0", "--pow-min", "0")


@asynccontextmanager
async def served(data, *arguments):
    """What a server says of itself; SIGTERM ends it with status 0. Its log comes afterwards."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *("mail", "serve", "--data", str(data), "--json", "--log-json", *LISTEN, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said = SimpleNamespace(process=process, log=[], notes=[], number=signal.SIGTERM)
    line = await asyncio.wait_for(process.stdout.readline(), 60.0)
    assert line, (await process.stderr.read()).decode()
    vars(said).update(json.loads(line))
    try:
        yield said
    finally:
        if process.returncode is None:
            process.send_signal(said.number)
        out, err = await asyncio.wait_for(process.communicate(), 60.0)
        lines = err.decode().splitlines()
        said.log = [json.loads(line) for line in lines if line.startswith("{")]
        said.notes = [line for line in lines if not line.startswith("{")]
    assert (process.returncode, out) == (0, b"")


@asynccontextmanager
async def client_of(said, key):
    async with WhisperNode(key, config=EASY) as node:
        peer = await node.dial(said.enode)
        node.trust(peer)
        yield Asker(node, peer, ENR.parse(said.enr).public_key)


async def fetched(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_it_archives_answers_and_ends_and_is_the_same_when_it_comes_back(tmp_path):
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    password.chmod(0o600)
    options = ("--password-file", str(password), "--metrics", "127.0.0.1:0")
    envelope = mail(1)
    with PrivateKey.generate() as key:
        async with served(tmp_path / "data", *options) as said, client_of(said, key) as client:
            record = ENR.parse(said.enr)
            assert record["whisper.mailserver"] == b"\x01"
            assert record.tcp == record.udp == int(said.enode.rpartition(":")[2])
            client.node.post(envelope)
            shared = key_from_password(PASSWORD)
            async with asyncio.timeout(60):
                while not (told := await client.ask(everything(), shared)).hashes:
                    pass
            assert told.hashes == [envelope.hash]
            assert await fetched(said.health) == (200, '{"healthy": true, "problems": []}')
            status, text = await fetched(said.metrics)
            assert status == 200
            for line in (
                'waypost_mail_envelopes_total{outcome="committed"} 1.0',
                "waypost_mail_archive_envelopes 1.0",
                "waypost_mail_peers 1.0",
                "waypost_mail_healthy 1.0",
            ):
                assert f"\n{line}\n" in text
            assert "waypost_mail_first_page_seconds_bucket" in text
            assert 'waypost_mail_requests_total{outcome="completed"}' in text
            said.number = signal.SIGINT
        assert [each["message"] for each in said.log] == [
            "the mail server is ready",
            "it is closed",
        ]
        assert {each["level"] for each in said.log} == {"info"}
        assert said.notes == [ALONE]
        told_of_clients = (key.node_id.hex(), key.secret_key.point.hex(), key.public_key.hex())
        assert not any(each in json.dumps(said.log) for each in told_of_clients)
        before = said.enode.partition("@")[0]
        async with served(tmp_path / "data") as said, client_of(said, key) as client:
            assert said.enode.partition("@")[0] == before
            assert (await client.ask(everything())).hashes == [envelope.hash]


async def test_a_server_that_is_told_to_end_says_so_and_keeps_what_it_acknowledged(tmp_path):
    first, *rest = (mail(number, size_b=2000) for number in range(200))
    async with served(tmp_path / "data") as said, meeting(said, CONFIRMING) as sender:
        (link,) = sender.peers.values()
        taken = acknowledgements(sender)
        sender.post(first)
        assert await until(lambda: len(taken) > 0, 20)
        for envelope in rest:
            sender.post(envelope)
        said.process.send_signal(signal.SIGTERM)
        assert (await link.wait_closed()).reason == Reason.QUITTING
    archive = SqliteArchive(tmp_path / "data" / "archive.sqlite")
    now_s = int(time.time())
    page = archive.query(Query(lower_s=now_s - 100, upper_s=now_s, limit=1000))
    assert first.raw in page.raws
    archive.close()


async def test_servers_copy_from_each_other_by_options(tmp_path):
    """An envelope that has expired: nobody passes it on."""
    copier = PrivateKey.load_or_create(tmp_path / "key")
    may_copy = f"enode://{copier.secret_key.point.hex()}@127.0.0.1:1"
    envelope = mail(1, age_s=100)
    (tmp_path / "one").mkdir()
    archive = SqliteArchive(tmp_path / "one" / "archive.sqlite")
    archive.append([envelope])
    archive.close()
    options = ("--key", str(tmp_path / "key"), "--sync-from")
    with PrivateKey.generate() as key:
        async with (
            served(tmp_path / "one", "--sync-to", may_copy) as one,
            served(tmp_path / "two", *options, one.enode) as two,
            client_of(two, key) as client,
        ):
            async with asyncio.timeout(100):  # a second round is a minute after the first
                while not (told := await client.ask(everything())).hashes:
                    pass
            assert told.hashes == [envelope.hash]


async def test_servers_find_each_other_by_discovery(tmp_path):
    finding = ("--find-peers", "1", "--metrics", "127.0.0.1:0", "--bootnode")
    async with (
        served(tmp_path / "one", "--find-peers", "0") as one,
        served(tmp_path / "two", *finding, one.enr) as two,
    ):
        async with asyncio.timeout(60):
            while "\nwaypost_mail_peers_found 1.0\n" not in (await fetched(two.metrics))[1]:
                pass
    assert "found a peer" in [each["message"] for each in two.log]
    assert "found a peer" not in [each["message"] for each in one.log]
    assert (one.notes, two.notes) == ([ALONE], [])


async def test_a_server_that_nobody_can_reach_is_told_so(tmp_path):
    async with served(tmp_path / "data", "--listen", "0.0.0.0:0") as said:
        assert "@0.0.0.0:" in said.enode
    assert said.notes == [ALONE, UNREACHABLE]


class Asked:
    """A node whose bootnodes answer, or do not."""

    async def ping(self, bootnode):
        if bootnode == "down":
            raise RequestTimeout("it does not answer")
        return SimpleNamespace(host=bootnode)


@pytest.mark.parametrize(("bootnodes", "advice"), [
    ([], UNREACHABLE),
    (["down", "down", "192.0.2.1"], UNREACHABLE),
    (["down", "192.0.2.1"], f"{UNREACHABLE} A bootnode sees it at 192.0.2.1."),
])  # fmt: skip
async def test_who_listens_everywhere_hears_where_a_bootnode_sees_it(bootnodes, advice):
    assert await unreachable(Asked(), bootnodes) == advice


def serve(data, *arguments):
    return waypost("mail", "serve", "--data", data, *LISTEN, *arguments)


@pytest.mark.parametrize(("options", "synced"), [((), True), (("--durability", "crash"), False)])
def test_what_envelopes_outlive_is_for_the_operator_to_say(tmp_path, monkeypatch, options, synced):
    configs = []

    def refuse(*_arguments, config, **_others):
        configs.append(config)
        raise ConfigError("enough")

    monkeypatch.setattr(sys.modules["waypost.cli.mail.serve"], "MailServer", refuse)
    assert serve(tmp_path, *options).failure(2) == "enough"
    assert configs[0].archive == replace(MailServerConfig().archive, sync_on_commit=synced)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_busy_port_is_said(tmp_path, kind):
    with socket.socket(socket.AF_INET, kind) as busy:
        busy.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            busy.listen()
        where = f"127.0.0.1:{busy.getsockname()[1]}"
        line = serve(tmp_path, "--listen", where).failure(1)
        assert "is in use: choose another port" in line
        if kind == socket.SOCK_STREAM:
            assert "in use" in serve(tmp_path, "--metrics", where).failure(1)


def test_an_archive_in_use_is_said(tmp_path):
    archive = SqliteArchive(tmp_path / "archive.sqlite")
    assert "in use by another process" in serve(tmp_path).failure(1)
    archive.close()


def test_an_archive_that_is_none_is_said(tmp_path):
    (tmp_path / "archive.sqlite").write_text("no archive, but a text of some length" * 100)
    assert "name another file" in serve(tmp_path).failure(1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--key", "/nowhere/key"), "cannot write the key file"),
        (("--key", "a" * 64), "a secret key on the command line can be seen"),
        (("--listen", "nowhere"), "is not an endpoint"),
        (("--metrics", "127.0.0.1"), "has no port"),
        (("--bootnode", "enr:x"), "--bootnode is not a node record"),
        (("--peer", "enode://ab@127.0.0.1:1"), "128 hex digits"),
        (("--sync-from", "nobody"), "write enode://"),
        (("--password-file", "/nowhere/password"), "cannot read the password"),
        (("--work", "none"), "--work"),
    ],
)
def test_what_was_asked_wrongly_is_said(tmp_path, options, said):
    assert said in serve(tmp_path / "data", *options).failure(2)


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot make the folder" in serve(tmp_path / "file" / "data").failure(2)
    if os.getuid():
        tmp_path.chmod(0o500)
        assert "cannot make the folder" in serve(tmp_path / "data").failure(2)


def test_a_password_that_others_may_read_is_refused(tmp_path):
    (tmp_path / "password").write_text("secret")
    (tmp_path / "password").chmod(0o644)
    line = serve(tmp_path / "data", "--password-file", tmp_path / "password").failure(2)
    assert "chmod 600" in line
    assert "secret" not in line
