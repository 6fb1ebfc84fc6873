"""The inlet never overflows and the outbox never exceeds its bound."""

import pytest

from waypost._ext.address import pack
from waypost._ext.datagrams import HandlerInlet, Inlet, Outbox
from waypost.errors import ConfigError

V4 = pack("192.0.2.7", 30303)
V6 = pack("2001:db8::7", 30304)


def test_outbox_keeps_order_and_addresses():
    outbox = Outbox(100)
    sent = [(bytes([i]) * (i + 1), V4 if i % 2 else V6) for i in range(100)]
    assert all(outbox.push(data, address) for data, address in sent)
    assert len(outbox) == outbox.count == 100
    assert outbox.drain() == sent
    assert outbox.drain() == []


def test_full_outbox_drops_and_counts():
    outbox = Outbox(3)
    assert [outbox.push(b"x", V4) for _ in range(5)] == [True, True, True, False, False]
    assert (len(outbox), outbox.dropped, outbox.capacity) == (3, 2, 3)
    outbox.drain()
    assert outbox.push(b"again", V6)
    assert outbox.drain() == [(b"again", V6)]


def test_discard_takes_out_one_family():
    outbox = Outbox(10)
    for i in range(6):
        outbox.push(bytes([i + 1]) * 1280, V4 if i % 3 else V6)
    assert outbox.discard(ipv6=True) == 2
    assert outbox.discard(ipv6=True) == 0
    assert outbox.drain() == [(bytes([i + 1]) * 1280, V4) for i in (1, 2, 4, 5)]


@pytest.mark.parametrize("size", [0, 1281])
def test_outbox_refuses_what_is_no_datagram(size):
    with pytest.raises(ConfigError, match="1 to 1280 bytes"):
        Outbox(1).push(bytes(size), V4)


def test_outbox_refuses_a_wrong_address_or_capacity():
    with pytest.raises(ConfigError, match="18 bytes"):
        Outbox(1).push(b"x", V4[:-1])
    with pytest.raises(ConfigError, match="1 or more"):
        Outbox(0)


@pytest.mark.parametrize("size", [0, 1, 1279, 1280])
def test_inlet_hands_over_the_datagram(size):
    seen = []
    HandlerInlet(lambda *datagram: seen.append(datagram)).receive(b"\xaa" * size, V6, 4.5)
    assert seen == [(b"\xaa" * size, V6, 4.5)]


def test_oversized_datagram_stays_recognisable():
    seen = []
    HandlerInlet(lambda data, *_: seen.append(len(data))).receive(bytes(65507), V4, 0.0)
    assert seen == [1281]


def test_handler_errors_reach_the_caller():
    with pytest.raises(ZeroDivisionError):
        HandlerInlet(lambda *_: 1 / 0).receive(b"x", V4, 0.0)


def test_bare_inlet_says_what_to_use():
    with pytest.raises(NotImplementedError, match="HandlerInlet"):
        Inlet().receive(b"x", V4, 0.0)
