"""`waypost mail` beside servers on loopback."""

import json
import time

import pytest

from tests.chains import ANVIL_KEY, node, serve
from tests.commands import waypost, waypost_beside
from tests.crowds import KIND
from tests.mailboxes import SENT, Mailbox
from tests.mailservers import ScriptedServer
from waypost._ext.secp256k1 import SecretKey
from waypost.keys import PrivateKey
from waypost.mail.completion import Failed
from waypost.net.discv5.node import Node
from waypost.net.trust.registry import Registry
from waypost.net.writing import write_envelope
from waypost.trust.address import address_text
from waypost.whisper.message import Message
from waypost.whisper.symmetric import key_from_password

OPEN = ("--pow-min", "0")
SPAN = ("--begin", "0", "--until", "1000")
RECIPIENT = PrivateKey(SecretKey(bytes([0x22]) * 32))
SIGNER = PrivateKey(SecretKey(bytes([0x11]) * 32))


@pytest.fixture
async def server():
    async with ScriptedServer(Mailbox(SENT)) as running:
        yield running


async def test_history_says_each_envelope_and_what_came_of_it(server):
    ended = await waypost_beside(
        *("mail", "history", "--server", server.enode, "--json", *SPAN, *OPEN)
    )
    assert ended.status == 0
    assert sorted(one["hash"] for one in ended.data) == sorted(one.hash.hex() for one in SENT)
    assert ended.data[0].keys() == {"hash", "sent", "ttl", "topic", "pow", "data"}
    assert ended.err == "80 envelopes of 1 server\n"
    text = await waypost_beside("mail", "history", "--server", server.enode, *SPAN, *OPEN)
    assert len(text.out.splitlines()) == len(SENT)
    assert text.out.startswith("1970-01-01 00:01:40  6d61696c  ")


async def test_history_tells_what_it_refused(server):
    ended = await waypost_beside(*("mail", "history", "--server", server.enode, *SPAN))
    assert ended.status == 0
    assert "refused: " in ended.err
    assert " low-work" in ended.err


async def test_history_decrypts_with_each_sort_of_key(server, tmp_path):
    RECIPIENT.save(tmp_path / "key")
    shared = PrivateKey.generate()
    shared.save(tmp_path / "shared")
    (tmp_path / "password").write_text("open sesame\n")
    (tmp_path / "password").chmod(0o600)
    written = [
        {"payload": b"to you\x1b[2J", "public_key": RECIPIENT.public_key, "signer": SIGNER},
        {"payload": b"to us", "shared_key": shared.secret_key.reveal()},
        {"payload": b"to all", "shared_key": key_from_password("open sesame")},
        {"payload": b"to others", "public_key": SIGNER.public_key},
    ]
    server.mailbox.envelopes = [write_envelope(topic=b"mail", **one) for one in written]
    asked = ("mail", "history", "--server", server.enode, "--last", "1h", *OPEN)
    with_keys = [
        ("--decrypt-with", tmp_path / "key"),
        ("--decrypt-with", f"SHARED:{tmp_path / 'shared'}"),
        ("--decrypt-with", f"password:{tmp_path / 'password'}"),
    ]
    every = [part for pair in with_keys for part in pair]
    ended = await waypost_beside(*asked, *every, "--json")
    got = {(bytes.fromhex(one["payload"]), one["signer"]) for one in ended.data}
    signer = SIGNER.public_key.hex()
    assert got == {(b"to you\x1b[2J", signer), (b"to us", None), (b"to all", None)}
    assert ended.err == "4 envelopes of 1 server; 1 not for these keys\n"
    text = await waypost_beside(*asked, *with_keys[0])
    assert text.out.endswith(f"  {signer[:16]}  to you\\x1b[2J\n")


async def test_history_goes_on_from_a_mark(server, tmp_path):
    mark = tmp_path / "mark"
    asked = ("mail", "history", "--server", server.enode, "--mark", mark, "--json", *OPEN)
    new = [write_envelope(b"x", topic=b"mail", shared_key=bytes(32)) for _ in range(3)]
    for count in range(4):
        server.mailbox.envelopes = new[:count]
        ended = await waypost_beside(*asked)
        assert [one["hash"] for one in ended.data] == [one.hash.hex() for one in new[:count][-1:]]
    assert ended.err == "1 envelope of 1 server\n"
    assert [each.name for each in tmp_path.iterdir()] == ["mark"]
    assert "--mark or --limit" in waypost(*asked, "--limit", "1").failure(2)
    nowhere = waypost(*asked, "--mark", tmp_path / "no" / "mark").failure(2)
    assert "no such folder" in nowhere
    (tmp_path / "mark.new").mkdir()  # where the next one is written first
    assert "cannot keep the mark" in (await waypost_beside(*asked)).failure(2)
    mark.unlink()
    mark.mkdir()
    assert "is a directory" in waypost(*asked).failure(2)


async def test_history_of_a_server_that_is_found_and_verified(server, embedded):
    account = SecretKey(ANVIL_KEY)
    pairs = {KIND: b"\x01", "tcp": server.place.port}
    async with (
        serve(node(embedded)) as url,
        await Registry.deploy(embedded, account) as registry,
        Node(server.key, listen="127.0.0.1:0", pairs=pairs) as found,
    ):
        finding = (
            *("--bootnode", found.record.text, "--rpc", url),
            *("--registry", address_text(registry.address), "--timeout", "60", "--json"),
        )
        asked = ("mail", "history", *finding, *SPAN, *OPEN)
        consent = await registry.consent(KIND, server.key.node_id, 1)
        await registry.add_servers(1, [consent.signed_by(server.key.secret_key)])
        ended = await waypost_beside(*asked)
        assert ended.status == 0
        assert len(ended.data) == len(SENT)
        await registry.remove_servers(KIND, [server.key.node_id])
        ended = await waypost_beside(*asked, "--timeout", "5")
        assert "1 untrusted (1 removed)" in ended.failure(1)


async def test_history_of_a_server_that_refuses():
    def refuse(server, peer, request_id, request):
        server.say(peer, Failed(request_id, "go\x1b[2J away"))

    async with ScriptedServer(Mailbox(SENT), refuse) as server:
        ended = await waypost_beside(
            *("mail", "history", "--server", server.enode, "--timeout", "3", *SPAN)
        )
    failure = ended.failure(1)
    assert "refused (go\\x1b[2J away)" in failure
    assert "\x1b" not in ended.err


async def test_history_asks_for_no_more_time_at_once_than_a_server_gives(server):
    asked = ("mail", "history", "--server", server.enode, *SPAN, *OPEN)
    ended = await waypost_beside(*asked, "--range", "5m", "--json")
    assert len(ended.data) == len(SENT)
    assert {one.upper_s - one.lower_s + 1 for one in server.requests} == {300, 101}
    assert "range_s_max" in (await waypost_beside(*asked, "--range", "0")).failure(2)


async def test_history_says_once_what_happened_again_and_again():
    async with ScriptedServer(Mailbox(SENT)) as gone:
        enode = gone.enode
    asked = ("mail", "history", "--server", enode, "--timeout", "2.5")
    ended = await waypost_beside(*asked)
    assert "unreachable" in ended.failure(1)
    account = ended.err.splitlines()[0]
    assert account.startswith("0 envelopes of 0 servers; left: ")
    assert account.count("unreachable: 127.0.0.1") == 1
    assert account.endswith(" times")


def test_what_is_asked_wrongly(tmp_path):
    enode = f"enode://{SIGNER.secret_key.point.hex()}@127.0.0.1:1"
    there = ("mail", "history", "--server", enode)
    assert "name a --server" in waypost("mail", "history").failure(2)
    assert "not both" in waypost(*there, "--trust", "1").failure(2)
    assert "--last or --begin" in waypost(*there, "--last", "1h", "--begin", "5").failure(2)
    assert "no span" in waypost(*there, "--last", "soon").failure(2)
    assert "is no topic" in waypost(*there, "--topic", "abc").failure(2)
    secret = "ab" * 32
    refused = waypost(*there, "--decrypt-with", f"shared:{secret}").failure(2)
    assert "secret key on the command line" in refused
    assert secret not in refused
    bad = tmp_path / "mark"
    bad.write_bytes(b"short")
    assert waypost(*there, "--mark", bad).failure(2).startswith(f"{bad}: bad-mark: ")
    assert "say for whom" in waypost(
        "mail", "send", "--server", enode, "--topic", "0x00000000", "x"
    ).failure(2)
    sending = ("mail", "send", "--server", enode, "--topic", "0x00000000")
    for no_key in ("02ab", "zz", "ab" * 32):
        assert "is a public key" in waypost(*sending, "--to-key", no_key, "x").failure(2)
    assert "two servers" in waypost("mail", "compare", "--server", enode).failure(2)


async def test_compare_says_what_each_server_lacks(server):
    window = (*SPAN, *OPEN)
    async with ScriptedServer(Mailbox(SENT[3:])) as other:
        both = ("mail", "compare", "--server", server.enode, "--server", other.enode)
        ended = await waypost_beside(*both, *window, "--json")
        assert ended.failure(1) == "differ: not all of the 80 are on each server"
        assert [(one["has"], one["lacks"]) for one in ended.data] == [(80, 0), (77, 3)]
        assert set(ended.data[1]["hashes"]) == {one.hash.hex() for one in SENT[:3]}
        same = await waypost_beside(*both, "--begin", "110", "--until", "120", *OPEN)
        assert same.status == 0
        assert len(same.out.splitlines()) == 2


async def test_send_seals_and_posts(server, tmp_path):
    SIGNER.save(tmp_path / "key")
    sending = (
        *("mail", "send", "--server", server.enode, "--topic", "0x6d61696c", "--ttl", "20"),
        *("--to-key", RECIPIENT.secret_key.point.hex(), "--sign-with", tmp_path / "key"),
    )
    ended = await waypost_beside(*sending, "--json", "hello")
    (data,) = ended.data
    (envelope,) = server.posted
    message = Message.open(envelope.data, RECIPIENT.secret_key)
    assert message.payload == b"hello"
    assert message.signer == SIGNER.public_key
    assert data["hash"] == envelope.hash.hex()
    assert data["confirmed"]
    assert envelope.ttl_s == 20
    assert envelope.pow >= 0.2
    assert abs(envelope.sent_s - time.time()) < 10
    assert json.loads(ended.out)["peer"] == server.key.node_id.hex()


@pytest.mark.parametrize("option", ["--shared-key", "--password-file"])
async def test_send_to_those_who_share_a_secret(server, tmp_path, option):
    path, shared = tmp_path / "secret", bytes([7]) * 32
    path.write_text(shared.hex())
    path.chmod(0o600)
    if option == "--password-file":
        shared = key_from_password(shared.hex())
    sending = ("mail", "send", "--server", server.enode, "--topic", "0x6d61696c", option, path)
    assert (await waypost_beside(*sending, "hello")).status == 0
    (envelope,) = server.posted
    assert Message.open(envelope.data, shared).payload == b"hello"
