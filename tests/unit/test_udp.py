"""The driver pumps a machine over real sockets: both families, both ways, both event loops."""

import asyncio
import socket
from math import inf

import pytest
import uvloop

from waypost._ext.address import pack
from waypost._ext.datagrams import HandlerInlet, Outbox
from waypost._ext.ring import AVAILABLE, BATCH_COUNT
from waypost.errors import ConfigError, NodeError
from waypost.net.clock import monotonic
from waypost.net.discv5.channel import BATCHES_PER_WAKE_MAX
from waypost.net.discv5.endpoint import bind, bound_endpoint, parse_endpoint, parse_endpoints
from waypost.net.discv5.udp import UdpDriver

HOSTS = {False: "127.0.0.1", True: "::1"}


class EchoMachine:
    """Answers `?x` with `!x` and records every turn."""

    def __init__(self, outbox):
        self.outbox = outbox
        self.wire = HandlerInlet(self.on_datagram)
        self.answers, self.ticks, self.polls, self.due = [], [], 0, inf

    def on_datagram(self, data, source, now):
        assert abs(monotonic() - now) < 60  # the same clock, on a machine however busy
        if data[:1] == b"?":
            self.outbox.push(b"!" + data[1:], source)
        else:
            self.answers.append(data)

    def poll(self, now):
        self.polls += 1

    def tick(self, now):
        self.ticks.append(now)
        self.due = inf

    def deadline(self):
        return self.due


class Station:
    """A machine with its driver on loopback sockets of the given families."""

    def __init__(self, *families, batched=AVAILABLE, capacity=1024):
        self.sockets = [bind(parse_endpoint(HOSTS[ipv6]), 8 << 20) for ipv6 in families]
        self.addresses = [pack(*bound_endpoint(opened)) for opened in self.sockets]
        self.outbox = Outbox(capacity)
        self.machine = EchoMachine(self.outbox)
        self.progress = 0
        self.driver = UdpDriver(
            self.sockets, self.machine, self.outbox, self.on_progress, batched=batched
        )

    def on_progress(self):
        self.progress += 1

    async def __aenter__(self):
        await self.driver.open()
        return self

    async def __aexit__(self, *_):
        await self.driver.close()

    def ask(self, data, address):
        self.outbox.push(b"?" + data, address)
        self.driver.wake()


async def until(condition):
    for _ in range(20_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise TimeoutError("the condition did not come true in 20 s")


WAYS = [
    pytest.param(
        (make_loop, batched),
        id=f"{name}-{'ring' if batched else 'loop'}",
        marks=pytest.mark.skipif(batched > AVAILABLE, reason="this system has no recvmmsg"),
    )
    for name, make_loop in (("asyncio", asyncio.new_event_loop), ("uvloop", uvloop.new_event_loop))
    for batched in (False, True)
]


@pytest.fixture(params=WAYS)
def run(request):
    """Runs a coroutine function of `batched` to its end in one of the four ways."""
    make_loop, batched = request.param

    def run_it(main):
        with asyncio.Runner(loop_factory=make_loop, debug=True) as runner:
            runner.run(main(batched))

    return run_it


@pytest.mark.parametrize("ipv6", [False, True], ids=["ipv4", "ipv6"])
def test_questions_and_answers(run, ipv6):
    async def main(batched):
        async with Station(ipv6, batched=batched) as a, Station(ipv6, batched=batched) as b:
            questions = [i.to_bytes(2, "big") for i in range(500)]
            for question in questions:
                a.ask(question, b.addresses[0])
            await until(lambda: len(a.machine.answers) == 500)
            assert sorted(a.machine.answers) == [b"!" + question for question in questions]
            assert a.progress == a.machine.polls > 0
            for station in (a, b):
                stats = station.driver.stats()
                assert (stats["udp_in"], stats["udp_out"]) == (500, 500)
                assert stats["udp_in_errors"] == stats["udp_out_errors"] == 0
            if batched:
                assert a.driver.stats()["udp_out_batches"] == 8

    run(main)


def test_dual_stack_answers_each_on_its_own_socket(run):
    async def main(batched):
        async with (
            Station(False, True, batched=batched) as server,
            Station(False, batched=batched) as v4,
            Station(True, batched=batched) as v6,
        ):
            v4.ask(b"four", server.addresses[0])
            v6.ask(b"six", server.addresses[1])
            await until(lambda: v4.machine.answers and v6.machine.answers)
            assert v4.machine.answers == [b"!four"]
            assert v6.machine.answers == [b"!six"]

    run(main)


def test_other_family_without_a_socket_is_counted(run):
    async def main(batched):
        async with Station(False, batched=batched) as station:
            station.ask(b"x", pack("::1", 9))
            await until(lambda: station.driver.stats()["udp_out_unroutable"])
            assert len(station.outbox) == 0

    run(main)


def test_timer_runs_when_due_and_follows_an_earlier_deadline(run):
    async def main(batched):
        async with Station(False, batched=batched) as station:
            machine, start = station.machine, monotonic()
            machine.due = start + 30
            station.driver.wake()
            await asyncio.sleep(0.01)
            assert machine.ticks == []
            machine.due = due = monotonic() + 0.05
            station.driver.wake()
            await until(lambda: machine.ticks)
            assert due <= machine.ticks[0] < due + 20  # and not only at the first one
            await asyncio.sleep(0.02)
            assert len(machine.ticks) == 1

    run(main)


def test_deadline_that_stays_due_does_not_spin(run):
    async def main(batched):
        async with Station(False, batched=batched) as station:
            station.machine.deadline = lambda: 0.0
            station.driver.wake()
            await until(lambda: len(station.machine.ticks) > 20)
            first, *_, last = station.machine.ticks
            assert last - first > 0.0005 * len(station.machine.ticks)  # clocks round

    run(main)


def test_wakes_of_one_turn_are_one(run):
    async def main(batched):
        async with Station(False, batched=batched) as station:
            await asyncio.sleep(0.01)
            before = station.machine.polls
            for _ in range(100):
                station.driver.wake()
            await asyncio.sleep(0.01)
            assert station.machine.polls == before + 1

    run(main)


def test_close_with_everything_in_flight(run):
    async def main(batched):
        async with Station(False, batched=batched) as a, Station(False, batched=batched) as b:
            for i in range(300):
                a.ask(bytes([i % 256]), b.addresses[0])
            a.machine.due = monotonic() + 0.01
            a.driver.wake()
        polls = a.machine.polls
        a.driver.wake()
        await asyncio.sleep(0.03)
        assert a.machine.polls == polls
        assert [opened.fileno() for opened in a.sockets + b.sockets] == [-1, -1]
        assert len(asyncio.all_tasks()) == 1

    run(main)


def test_flood_leaves_other_tasks_their_turn(run):
    """While datagrams keep coming, a task that wants the loop gets it after a batch."""

    async def main(batched):
        loop = asyncio.get_running_loop()
        async with Station(False, batched=batched) as station:
            flood = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            stop = False

            def pour():
                target = station.sockets[0].getsockname()
                while not stop:
                    for _ in range(100):
                        flood.sendto(b"drop me" * 20, target)

            pouring = loop.run_in_executor(None, pour)
            await until(lambda: station.driver.stats()["udp_in"] > 0)
            taken = []
            for _ in range(300):
                before = station.driver.stats()["udp_in"]
                await asyncio.sleep(0)
                taken.append(station.driver.stats()["udp_in"] - before)
            stop = True
            await pouring
            flood.close()
            assert sum(taken) > 0
            assert max(taken) <= BATCHES_PER_WAKE_MAX * BATCH_COUNT  # of however many

    run(main)


async def test_error_in_a_machine_does_not_stop_the_driver():
    async with Station(False) as a, Station(False) as b:
        reported = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
        a.machine.poll = lambda now: 1 / 0
        a.ask(b"still", b.addresses[0])
        await until(lambda: a.machine.answers)
        assert all(isinstance(error, ZeroDivisionError) for error in reported)
        assert reported


def test_busy_port_says_what_to_do():
    with bind(parse_endpoint("127.0.0.1:0"), 1 << 17) as first:
        text = str(bound_endpoint(first))
        with pytest.raises(NodeError, match=f"^UDP {text} is in use: choose another port") as info:
            bind(parse_endpoint(text), 1 << 17)
    assert "\n" not in str(info.value)


def test_foreign_address_says_what_to_do():
    with pytest.raises(NodeError, match="is no address of this machine"):
        bind(parse_endpoint("192.0.2.1:0"), 1 << 17)


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("127.0.0.1:30303", ("127.0.0.1", 30303)),
        ("127.0.0.1", ("127.0.0.1", 0)),
        ("[::]:65535", ("::", 65535)),
        ("[2001:DB8::7]", ("2001:db8::7", 0)),
        ("2001:db8::7", ("2001:db8::7", 0)),
    ],
)
def test_endpoints_are_read(text, endpoint):
    parsed = parse_endpoint(text)
    assert parsed == endpoint
    assert parse_endpoint(str(parsed)) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "localhost:1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "1.2.3:4",
        "[::1:5",
        "[::]:x",
        "127.0.0.1:٣",
    ],
)
def test_other_text_is_refused(text):
    with pytest.raises(ConfigError, match="is not an endpoint: write"):
        parse_endpoint(text)


def test_one_endpoint_a_family():
    both = parse_endpoints(["127.0.0.1:1", "[::1]:2"], "listen")
    assert [str(endpoint) for endpoint in both] == ["127.0.0.1:1", "[::1]:2"]
    assert parse_endpoints("[::1]:2", "listen") == [("::1", 2)]
    with pytest.raises(ConfigError, match="one IPv4 and one IPv6"):
        parse_endpoints(["127.0.0.1:1", "127.0.0.1:2"], "listen")
