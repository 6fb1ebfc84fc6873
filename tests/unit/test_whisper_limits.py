"""How fast packets may come, from a node and from an address; and how the pool is kept."""

import pytest

from tests.whispers import FULL_STATUS, NOW, A, B, C, envelope, meet, packet, refusal_of, whisper
from waypost.config import RateConfig
from waypost.errors import ConfigError
from waypost.whisper.effects import Acknowledged, Drop, Packet
from waypost.whisper.limits import Meters, Verdict
from waypost.whisper.packets import encode_acknowledgement
from waypost.whisper.pool import Pool

INF = float("inf")
SLOW = RateConfig(packets_per_s=10, bytes_per_s=1000, burst_s=2.01, tolerance_s=1)
NO_LIMIT = RateConfig(packets_per_s=INF, bytes_per_s=INF)
ACKNOWLEDGEMENT = encode_acknowledgement(bytes(32))


def verdicts(meters, meter, size_b, now, count):
    return [meters.spend(meter, size_b, now) for _ in range(count)]


def test_packets_beyond_the_burst_are_ignored_and_then_disconnect():
    meters = Meters(SLOW, 10)
    meter = meters.take(A, NOW)
    expected = [Verdict.PASS] * 20 + [Verdict.IGNORE] * 10 + [Verdict.DISCONNECT]
    assert verdicts(meters, meter, 1, NOW, 31) == expected


def test_bytes_count_as_packets_do():
    meters = Meters(SLOW, 10)
    meter = meters.take(A, NOW)
    expected = [Verdict.PASS] * 2 + [Verdict.IGNORE] + [Verdict.DISCONNECT]
    assert verdicts(meters, meter, 999, NOW, 4) == expected


def test_time_gives_back_what_the_rate_allows():
    meters = Meters(SLOW, 10)
    meter = meters.take(A, NOW)
    verdicts(meters, meter, 1, NOW, 20)
    assert verdicts(meters, meter, 1, NOW + 0.51, 6) == [Verdict.PASS] * 5 + [Verdict.IGNORE]
    assert verdicts(meters, meter, 1, NOW + 99, 21) == [Verdict.PASS] * 20 + [Verdict.IGNORE]


def test_a_source_that_comes_again_is_remembered_until_it_is_as_new():
    meters = Meters(SLOW, 10)
    verdicts(meters, meters.take(A, NOW), 1, NOW, 20)
    meters.give_back(A, NOW)
    assert verdicts(meters, meters.take(A, NOW), 1, NOW, 1) == [Verdict.IGNORE]
    meters.give_back(A, NOW + 99)
    assert len(meters) == 0


def test_no_more_sources_are_remembered_than_there_may_be():
    meters = Meters(SLOW, 10)
    used = meters.take(A, NOW)
    for number in range(1000):
        name = number.to_bytes(4, "big")
        verdicts(meters, meters.take(name, NOW), 1, NOW, 1 + number % 30)
        meters.give_back(name, NOW)
        assert len(meters) <= 10
    assert meters.take(A, NOW) is used


def test_a_node_that_sends_too_fast_is_disconnected():
    node = whisper(node_rate=SLOW, address_rate=NO_LIMIT)
    meet(node, A, B)
    for _ in range(30):
        node.receive(A, 11, ACKNOWLEDGEMENT, NOW)
    effects = node.drain()
    assert effects[:-1] == [Acknowledged(A, bytes(32))] * 19  # its status was the first
    assert isinstance(effects[-1], Drop)
    assert refusal_of(effects) == "rate"
    assert node.refusals == {"rate-ignored": 10, "rate": 1}
    node.receive(B, 11, ACKNOWLEDGEMENT, NOW)
    assert node.drain() == [Acknowledged(B, bytes(32))]


def test_mail_is_none_of_the_packets_of_a_node_but_counts_in_bytes():
    """A history takes a request a page; those who answer them count requests themselves."""
    node = whisper(node_rate=SLOW, address_rate=NO_LIMIT)
    meet(node, A, B)
    for _ in range(100):
        node.receive(A, 126, b"mail", NOW)
    assert node.drain() == [Packet(A, 126, b"mail")] * 100
    for _ in range(19):
        node.receive(A, 11, ACKNOWLEDGEMENT, NOW)
    assert node.drain() == [Acknowledged(A, bytes(32))] * 19
    for _ in range(4):
        node.receive(B, 126, bytes(990), NOW)
    effects = node.drain()
    assert effects[:-1] == [Packet(B, 126, bytes(990))] * 2
    assert refusal_of(effects) == "rate"


def test_nodes_at_one_address_share_its_rate():
    node = whisper(node_rate=NO_LIMIT, address_rate=SLOW)
    meet(node, A, B)
    node.connected(C, "203.0.113.2", NOW)
    node.receive(C, 0, FULL_STATUS, NOW)
    node.drain()
    for _ in range(20):
        node.receive(A, 126, b"mail", NOW)
    assert len(node.drain()) == 18
    node.receive(B, 126, b"mail", NOW)
    assert node.drain() == []
    node.receive(C, 126, b"mail", NOW)
    assert len(node.drain()) == 1


def test_an_ipv6_network_is_one_address():
    node = whisper(node_rate=NO_LIMIT, address_rate=SLOW)
    taken = []
    hosts = "2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1"
    for peer, host in zip((A, B, C), hosts, strict=True):
        node.connected(peer, host, NOW)
        node.receive(peer, 0, FULL_STATUS, NOW)
        node.drain()
        for _ in range(19):
            node.receive(peer, 126, b"mail", NOW)
        taken.append(sum(isinstance(effect, Packet) for effect in node.drain()))
    assert taken == [19, 0, 19]


def test_small_envelopes_cost_more_than_their_bytes():
    """To repeat tiny ones must not be a cheap way to keep us busy."""
    rate = RateConfig(packets_per_s=INF, bytes_per_s=1000, burst_s=10, tolerance_s=0)
    node = whisper(node_rate=rate, address_rate=NO_LIMIT)
    meet(node, A)
    tiny = packet(*(envelope(number, size_b=0) for number in range(70)))
    assert len(tiny) < 2000
    node.receive(A, 1, tiny, NOW)
    assert len(node.drain()[0].envelopes) == 70
    node.receive(A, 1, tiny, NOW)
    assert refusal_of(node.drain()) == "rate"


def test_trusted_peers_have_no_limits():
    node = whisper(node_rate=SLOW, address_rate=SLOW)
    meet(node, A)
    node.trust(A)
    for _ in range(100):
        node.receive(A, 127, b"mail", NOW)
    assert len(node.drain()) == 100


@pytest.mark.parametrize(
    "setting",
    [
        {"packets_per_s": 0},
        {"bytes_per_s": -1},
        {"burst_s": 0},
        {"tolerance_s": -1},
    ],
)
def test_rates_are_checked(setting):
    with pytest.raises(ConfigError):
        RateConfig(**{"packets_per_s": 1, "bytes_per_s": 1, **setting})


@pytest.mark.parametrize(
    "setting",
    [
        {"bloom": bytes(63)},
        {"packet_size_max_b": 0},
        {"packet_size_max_b": (10 << 20) + 1},
        {"pool_count_max": 0},
        {"transmit_interval_s": 0},
    ],
)
def test_settings_are_checked(setting):
    with pytest.raises(ConfigError):
        whisper(**setting)


def filled(*lives_s):
    pool = Pool(100, 1 << 20)
    for number, ttl_s in enumerate(lives_s):
        assert pool.add(envelope(number, ttl_s=ttl_s), 1.0, 0, pass_on=True)
    return pool


def numbers(pool, since=0, count_max=100):
    entries, end = pool.since(since, count_max)
    return [entry.number for entry in entries], end


def test_the_order_of_the_pool_is_that_of_arrival():
    pool = filled(5, 1, 9)
    assert numbers(pool) == ([0, 1, 2], 3)
    assert numbers(pool, 1) == ([1, 2], 3)
    assert numbers(pool, 0, 2) == ([0, 1], 2)
    assert numbers(pool, 3) == ([], 3)


def test_those_that_expired_leave_the_order_when_they_are_many():
    pool = filled(1, 2, 3, 9, 9, 9, 9, 9, 9, 9, 9, 9)
    assert pool.deadline() == NOW + 2
    assert pool.expire(int(NOW) + 3) == 2
    assert numbers(pool)[0] == list(range(12))
    assert pool.expire(int(NOW) + 4) == 1
    assert numbers(pool, 1)[0] == list(range(1, 12))
    assert pool.expire(int(NOW) + 9) == 0
    assert pool.expire(int(NOW) + 10) == 9
    assert numbers(pool, 1) == ([], 12)
    assert (pool.size_b, pool.entries, pool.deadline()) == (0, {}, INF)


def test_the_last_second_of_an_envelope_counts():
    pool = filled(1, 2)
    assert pool.expire(int(NOW) + 2) == 1
    assert numbers(pool) == ([1], 2)
