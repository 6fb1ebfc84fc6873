"""Batches over real sockets: what can be sent is not lost, what is too long does not overflow."""

import socket

import pytest

from waypost._ext.address import pack
from waypost._ext.datagrams import HandlerInlet, Outbox
from waypost._ext.ring import AVAILABLE, BATCH_COUNT, Ring

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="this system has no recvmmsg")

LOOPBACK = {False: "127.0.0.1", True: "::1"}
NOWHERE = pack("255.255.255.255", 9)  # refused at once: the socket may not broadcast


class End:
    """A bound loopback socket, its ring, and what came in."""

    def __init__(self, ipv6):
        self.socket = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((LOOPBACK[ipv6], 0))
        self.address = pack(LOOPBACK[ipv6], self.socket.getsockname()[1])
        self.ring = Ring(self.socket.fileno(), ipv6=ipv6)
        self.seen = []
        self.inlet = HandlerInlet(lambda data, source, now: self.seen.append((data, source, now)))

    def read_all(self, now=0.0):
        counts = []
        while count := self.ring.read(self.inlet, now):
            counts.append(count)
        return counts


@pytest.fixture(params=[False, True], ids=["ipv4", "ipv6"])
def ends(request):
    try:
        pair = End(request.param), End(request.param)
    except OSError as error:
        pytest.skip(f"no loopback of this family: {error}")
    yield pair
    for end in pair:
        end.socket.close()


def test_batches_arrive_in_order_with_their_source(ends):
    a, b = ends
    outbox = Outbox(200)
    sent = [i.to_bytes(2, "big") * (1 + i % 640) for i in range(150)]
    for data in sent:
        outbox.push(data, b.address)
    assert a.ring.flush(outbox) == 150
    assert (len(outbox), a.ring.sent, a.ring.send_batches) == (0, 150, 3)
    assert b.read_all(now=2.5) == [BATCH_COUNT, BATCH_COUNT, 22]
    assert b.seen == [(data, a.address, 2.5) for data in sent]
    assert (b.ring.received, b.ring.receive_batches, b.ring.receive_errors) == (150, 3, 0)


def test_true_size_of_a_long_datagram_is_seen(ends):
    a, b = ends
    for size in (1280, 1281, 9000, 0):
        a.socket.sendto(b"\x5a" * size, b.socket.getsockname())
    b.read_all()
    assert [len(data) for data, *_ in b.seen] == [1280, 1281, 1281, 0]


def test_other_family_stays_queued(ends):
    a, b = ends
    other = pack(LOOPBACK[not a.ring.ipv6], 9)
    outbox = Outbox(300)
    for i in range(300):
        outbox.push(i.to_bytes(2, "big"), b.address if i % 2 else other)
    assert a.ring.flush(outbox) == 150
    assert not a.ring.blocked
    assert outbox.drain() == [(i.to_bytes(2, "big"), other) for i in range(0, 300, 2)]


def test_what_cannot_be_sent_does_not_hold_up_the_rest():
    a, b = End(False), End(False)
    with a.socket, b.socket:
        outbox = Outbox(200)
        for i in range(200):
            outbox.push(bytes([i]), NOWHERE if i % 3 == 0 else b.address)
        assert a.ring.flush(outbox) == 133
        assert (len(outbox), a.ring.send_errors, a.ring.blocked) == (0, 67, False)
        b.read_all()
        assert [data[0] for data, *_ in b.seen] == [i for i in range(200) if i % 3]


def test_blocked_socket_keeps_the_rest_in_order():
    """A connected SEQPACKET pair ignores the destination and, unlike loopback UDP, fills up."""
    out, peer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with out, peer:
        out.setblocking(False)
        peer.setblocking(False)
        ring, outbox, got = Ring(out.fileno(), ipv6=False), Outbox(1000), []
        for i in range(1000):
            outbox.push(i.to_bytes(2, "big") * 600, pack("127.0.0.1", 9))
        flushes = 0
        while len(outbox):
            sent = ring.flush(outbox)
            assert sent > 0
            assert ring.blocked == (len(outbox) > 0)
            flushes += 1
            got += [int.from_bytes(peer.recv(2000)[:2], "big") for _ in range(sent)]
        assert flushes > 1
        assert got == list(range(1000))
        assert ring.send_errors == 0


def test_closed_socket_is_counted_not_raised():
    a = End(False)
    a.socket.close()
    outbox = Outbox(1)
    outbox.push(b"x", a.address)
    assert (a.ring.flush(outbox), a.ring.read(a.inlet, 0.0)) == (0, 0)
    assert (a.ring.send_errors, a.ring.receive_errors) == (1, 1)


def test_ring_refuses_none(ends):
    with pytest.raises(TypeError):
        ends[0].ring.flush(None)
    with pytest.raises(TypeError):
        ends[0].ring.read(None, 0.0)
