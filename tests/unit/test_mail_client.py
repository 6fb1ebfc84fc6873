"""A client and servers on loopback that are honest, slow, dead or lie."""

import asyncio
from dataclasses import replace
from random import Random

import pytest

from tests.mailboxes import CONFIG, SENT, Answer, Mailbox, envelope
from tests.mailservers import ScriptedServer
from waypost._ext.bloom import bloom_of
from waypost._ext.envelope import Envelope
from waypost.config import WhisperConfig
from waypost.errors import ConfigError, EnvelopeError, MailError
from waypost.keys import PrivateKey
from waypost.mail.client.inspection import Fault
from waypost.mail.completion import Completed, Failed
from waypost.net.clock import monotonic, wall_clock_s
from waypost.net.mail.client import MailClient
from waypost.net.run import until
from waypost.net.writing import write_envelope
from waypost.whisper import symmetric

SPAN = {"since": 0, "until": 1_000}
QUICK = replace(CONFIG, request_pow=0.0, backoff_min_s=0.05)
HASTY = replace(QUICK, silence_timeout_s=1.0, legacy_silence_s=1.0)  # where somebody is silent

BIG = [  # 2.5 MiB that no compression makes less
    Envelope.create(expiry_s=200 + n, ttl_s=50, topic=b"mail", data=Random(n).randbytes(1 << 16))
    for n in range(40)
]


def hashes(envelopes):
    return sorted(one.hash for one in envelopes)


async def read(history):
    return [one async for one in history]


@pytest.mark.parametrize("form", ["rlp-7", "rlp-6"])
async def test_a_history_from_one_server(form):
    async with (
        ScriptedServer(Mailbox(SENT)) as server,
        MailClient(server.enode, config=replace(QUICK, form=form)) as mail,
    ):
        history = mail.history(**SPAN, topics=["0x6d61696c"])
        assert hashes(await read(history)) == hashes(SENT)
    assert history.progress == 1.0
    assert history.count == len(SENT)
    assert not history.refused
    assert {(one.lower_s, one.upper_s) for one in server.requests} == {(0, 1_000)}
    first = server.requests[0]
    assert first.batch
    assert first.limit == QUICK.page_limit
    assert first.bloom == bloom_of([b"mail"])
    assert first.topics == ((b"mail",) if form == "rlp-7" else ())


async def test_each_client_has_a_new_key_unless_it_is_given_one():
    key = PrivateKey.generate()
    async with ScriptedServer(Mailbox(SENT)) as server:
        for own in (None, None, key):
            async with MailClient(server.enode, key=own, config=QUICK) as mail:
                await read(mail.history(**SPAN, limit=1))
    assert len(set(server.signers)) == 3
    assert server.signers[-1] == key.public_key
    assert not key.secret_key.closed


async def test_a_request_by_a_password_to_a_server_that_never_ends_a_page():
    def geth(server, peer, request_id, request):
        server.give(peer, server.page(replace(request, limit=1_000)))

    shared = symmetric.key_from_password("wwww")
    mailbox = Mailbox(SENT, batch=False)
    config = replace(HASTY, form="legacy")
    async with (
        ScriptedServer(mailbox, geth, shared_key=shared) as server,
        MailClient(server.enode, password="wwww", config=config) as mail,
    ):
        history = mail.history(**SPAN)
        assert hashes(await read(history)) == hashes(SENT)
    assert len(server.requests) == 1
    assert not server.requests[0].batch


def hang_up_in_the_second_page(server, peer, request_id, request):
    if len(server.requests) == 1:
        return server.answer(peer, request_id, request)
    server.give(peer, Answer(server.page(request).packets[:3]))
    server.hang_up(peer)


def fall_silent_in_the_second_page(server, peer, request_id, request):
    if len(server.requests) == 1:
        return server.answer(peer, request_id, request)
    server.give(peer, Answer(server.page(request).packets[:3]))


def refuse_the_second_page(server, peer, request_id, request):
    if len(server.requests) == 1:
        return server.answer(peer, request_id, request)
    server.say(peer, Failed(request_id, "rate limit exceeded"))


def give_too_much(server, peer, request_id, request):
    server.give(peer, server.page(replace(request, limit=QUICK.page_limit + 1)))


def talk_nonsense(server, peer, request_id, request):
    server.give(peer, Answer([b"\xff"]))


def name_a_foreign_end(server, peer, request_id, request):
    server.give(peer, server.page(request))
    server.say(peer, Completed(request_id, b"\1" * 32, b"c" * 36))


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (hang_up_in_the_second_page, Fault.CLOSED),
        (fall_silent_in_the_second_page, Fault.SLOW),
        (refuse_the_second_page, Fault.REFUSED),
        (give_too_much, Fault.BEYOND_LIMIT),
        (talk_nonsense, Fault.MALFORMED),
        (name_a_foreign_end, Fault.LAST_HASH),
    ],
)
async def test_another_server_takes_over(script, fault):
    bad = ScriptedServer(Mailbox(SENT, batch=False), script)
    good = ScriptedServer(Mailbox(SENT, newest_first=True))
    config = HASTY if fault is Fault.SLOW else QUICK
    async with bad, good, MailClient([bad.enode, good.enode], config=config) as mail:
        scores = mail._servers.scores
        scores.gave_unasked(good.key.node_id, 100, monotonic())  # so it is the second
        history = mail.history(**SPAN)
        assert hashes(await read(history)) == hashes(SENT)
        assert [(one.server, one.fault) for one in history.failures] == [(bad.key.node_id, fault)]
        if fault is Fault.REFUSED:
            assert "rate limit exceeded" in str(history.failures[0])
        assert (scores.penalty(bad.key.node_id, monotonic()) > 2.0) is fault.lie


async def test_a_server_that_serves_no_such_request_is_not_asked_again():
    def refuse(server, peer, request_id, request):
        server.say(peer, Failed(request_id, "failed to decrypt p2p request"))

    async with (
        ScriptedServer(Mailbox(SENT), refuse) as server,
        MailClient(server.enode, config=QUICK) as mail,
    ):
        for _ in range(2):  # another history may ask for something else
            with pytest.raises(MailError, match="decrypt p2p request: its password or its key"):
                await read(mail.history(**SPAN))
    assert len(server.requests) == 2


async def test_a_server_that_is_not_there():
    async with ScriptedServer(Mailbox(SENT)) as gone:
        enode = gone.enode
    async with (
        ScriptedServer(Mailbox(SENT)) as server,
        MailClient([enode, server.enode], config=QUICK) as mail,
    ):
        assert hashes(await read(mail.history(**SPAN))) == hashes(SENT)
    async with MailClient(enode, config=replace(QUICK, patience_s=1.0)) as mail:
        with pytest.raises(MailError, match=r"none gave the rest: .*unreachable") as failure:
            await read(mail.history(**SPAN))
    assert failure.value.reason == "no-server"


async def test_a_user_who_is_slow_makes_the_server_wait():
    config = replace(HASTY, queue_size_max_b=1 << 18, page_limit=40)
    waiting_b = []
    async with (
        ScriptedServer(Mailbox(BIG, batch=False)) as server,
        MailClient(server.enode, config=config) as mail,
    ):
        history, got = mail.history(**SPAN), []
        async for one in history:
            got.append(one)
            await asyncio.sleep(1.5 if len(got) == 1 else 0.01)
            waiting_b += [session._queue_size_b for session in mail._sessions]
    assert hashes(got) == hashes(BIG)
    assert 1 << 18 < max(waiting_b) < 1 << 20, "of 2.5 MiB"
    assert not history.failures, "our own pauses are not the server's"


async def test_a_history_that_is_not_read_on_keeps_its_server_only_for_a_time():
    config = replace(
        HASTY, queue_size_max_b=1 << 18, page_limit=40, page_timeout_s=1.0, patience_s=2.0
    )
    async with (
        ScriptedServer(Mailbox(BIG, batch=False)) as server,
        MailClient(server.enode, config=config) as mail,
    ):
        first = mail.history(**SPAN)
        reading = aiter(first)
        got = [await anext(reading)]
        with pytest.raises(MailError, match="busy: another history"):
            await read(mail.history(**SPAN))
        got += [one async for one in reading]
    assert hashes(got) == hashes(BIG)
    assert not first.failures


async def test_two_histories_of_one_server_at_once():
    async with (
        ScriptedServer(Mailbox(SENT)) as server,
        MailClient(server.enode, config=QUICK) as mail,
    ):
        one, two = mail.history(**SPAN), mail.history(since=110, until=120)
        got = await asyncio.gather(read(one), read(two))
    assert hashes(got[0]) == hashes(SENT)
    assert hashes(got[1]) == hashes(each for each in SENT if 110 <= each.sent_s <= 120)
    assert not one.refused + two.refused


async def test_a_long_time_is_asked_for_in_pieces():
    config = replace(QUICK, range_s_max=7)
    async with (
        ScriptedServer(Mailbox(SENT)) as server,
        MailClient(server.enode, config=config) as mail,
    ):
        history = mail.history(since=95, until=145)
        assert hashes(await read(history)) == hashes(SENT)
        later = envelope(142, 77)
        server.mailbox.envelopes = [*SENT, later]
        assert await read(mail.history(since=history.mark, until=150)) == [later]
    assert all(one.upper_s - one.lower_s < 7 for one in server.requests)


async def test_a_limit_and_a_second_iteration():
    async with (
        ScriptedServer(Mailbox(SENT)) as server,
        MailClient(server.enode, config=QUICK) as mail,
    ):
        history = mail.history(**SPAN, limit=13)
        assert len(await read(history)) == 13
        assert history.mark is None
        with pytest.raises(MailError, match="once"):
            await read(history)
        assert hashes(await read(mail.history(**SPAN))) == hashes(SENT)
    with pytest.raises(MailError, match="closed"):
        await read(mail.history(**SPAN))


async def test_a_history_ends_with_the_last_envelope_of_its_limit():
    async with (
        ScriptedServer(Mailbox(SENT), fall_silent_in_the_second_page) as server,
        MailClient(server.enode, config=QUICK) as mail,
    ):
        history = mail.history(**SPAN, limit=QUICK.page_limit)
        assert len(await read(history)) == QUICK.page_limit
    assert not history.failures


async def test_comparing_servers():
    some, others = Mailbox(SENT[:-2]), Mailbox(SENT[1:])
    told = []
    async with (
        ScriptedServer(some) as one,
        ScriptedServer(others) as two,
        MailClient([one.enode, two.enode], config=QUICK) as mail,
    ):
        compared = await mail.compare(**SPAN, progress=told.append)
        assert compared.count == len(SENT)
        first, second = compared.holdings
        assert first.lacks == tuple(sorted(each.hash for each in SENT[-2:]))
        assert second.lacks == (SENT[0].hash,)
        assert not compared.agree
        assert told[-1] == 1.0
        assert (await mail.compare(since=101, until=138)).agree
        with pytest.raises(ConfigError, match="two servers"):
            await mail.compare([one.enode, one.enode], **SPAN)
    config = replace(QUICK, patience_s=1.0)
    async with ScriptedServer(some) as one, MailClient([one.enode], config=config) as mail:
        compared = await mail.compare([one.enode, two.enode], **SPAN)
    assert [bool(each.failure) for each in compared.holdings] == [False, True]
    assert not compared.agree


async def test_messages_are_what_the_keys_open():
    shared, own = bytes(range(32)), PrivateKey.generate()
    mailbox = Mailbox(
        [
            write_envelope(b"to us", topic=b"mail", shared_key=shared),
            write_envelope(b"to me", topic=b"post", public_key=own.public_key, signer=own),
            write_envelope(b"to them", topic=b"else", shared_key=bytes(32)),
        ]
    )
    async with ScriptedServer(mailbox) as server, MailClient(server.enode, config=QUICK) as mail:
        messages = mail.messages([shared, own], last="1h")
        got = {(message.payload, message.signer) async for _, message in messages}
        assert got == {(b"to us", None), (b"to me", own.public_key)}
        assert (messages.skipped_count, messages.history.count) == (1, 3)
        of_topic = mail.messages({b"mail": shared, b"else": shared}, last="1h")
        assert [message.payload async for _, message in of_topic] == [b"to us"]
    assert server.requests[-1].topics == (b"else", b"mail")


async def test_sending_waits_until_the_node_has_taken_it():
    async with ScriptedServer(Mailbox([])) as server, MailClient(server.enode) as mail:
        sent = await mail.send(write_envelope(b"hello", topic=b"mail", shared_key=bytes(32)))
        assert server.posted == [sent.envelope]
        assert sent.confirmed
        assert sent.envelope.pow >= 0.2
        stale = replace_expiry(sent.envelope)
        with pytest.raises(EnvelopeError, match="very-old"):
            await mail.send(stale)
    async with MailClient(server.enode, config=replace(QUICK, patience_s=1.0)) as mail:
        with pytest.raises(MailError, match="unreachable"):
            await mail.send(sent.envelope)


async def test_one_envelope_sent_twice_at_once():
    async with ScriptedServer(Mailbox([])) as server, MailClient(server.enode) as mail:
        written = write_envelope(b"hello", topic=b"mail", shared_key=bytes(32))
        sealed = (await mail.send(written)).envelope
        sent = await asyncio.gather(*(mail.send(sealed) for _ in range(2)))
        assert all(one.confirmed for one in sent)


async def test_a_node_that_does_not_confirm_is_waited_for_once():
    config = replace(QUICK, confirm_timeout_s=2.0)
    written = [write_envelope(b"x", topic=b"mail", shared_key=bytes(32)) for _ in range(4)]
    async with (
        ScriptedServer(Mailbox([])) as server,
        MailClient(server.enode, config=config) as mail,
    ):
        server.confirms = False
        started = monotonic()
        sent = [await mail.send(one, pow=0.2) for one in written]
        assert monotonic() - started < 8.0, "as long as four times"
        assert not any(one.confirmed for one in sent)
        assert await until(lambda: len(server.posted) == 4, 20.0)


def replace_expiry(given):
    return Envelope.create(expiry_s=1_000, ttl_s=50, topic=given.topic, data=given.data)


async def test_sending_to_a_node_that_does_not_want_it():
    clock = Envelope.create(expiry_s=wall_clock_s() + 62, ttl_s=50, topic=b"mail", data=b"early")
    lenient = WhisperConfig(pow_min=0.0, skew_s_max=100)
    async with ScriptedServer(Mailbox([])) as server:
        config = replace(QUICK, whisper=lenient)
        async with MailClient(server.enode, config=config) as mail:
            with pytest.raises(MailError, match="refused") as refusal:
                await mail.send(clock, pow=0.2)
    assert refusal.value.reason == "refused"
    assert server.posted == []


@pytest.mark.parametrize(
    "asked",
    [
        {"last": "1 fortnight"},
        {"last": "24h", "since": 0},
        {"since": 2, "until": 1},
        {"topics": ["0xdeadbe"]},
        {"topics": ["mail!"]},
        {"bloom": b"short"},
        {"limit": 0},
    ],
)
async def test_what_cannot_be_asked(asked):
    mail = MailClient(f"enode://{PrivateKey.generate().secret_key.point.hex()}@127.0.0.1:1")
    with pytest.raises(ConfigError):
        mail.history(**asked)
    with pytest.raises(ConfigError):
        MailClient([])
