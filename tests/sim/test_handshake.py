"""Sessions and requests of two machines: the rules of discv5-theory, one test each."""

import pytest

from tests.sim.network import Host, Network, Weather
from waypost._ext.address import pack
from waypost.config import Discv5Config
from waypost.errors import RequestTimeout

CALM = Weather(latency_s=(0.02, 0.02))
QUIET = Discv5Config(walk_interval_min_s=1e6, walk_interval_max_s=1e6)


@pytest.fixture
def network() -> Network:
    return Network(seed=1, weather=CALM)


@pytest.fixture
def pair(network: Network) -> tuple[Host, Host]:
    """Two hosts that know of each other only what a test tells them."""
    return network.add(QUIET), network.add(QUIET)


def finish(network: Network, host: Host, *calls: object, seconds: float = 5.0) -> None:
    network.settle(host)
    assert network.run_until(lambda: all(call.done for call in calls), seconds)


def record_traffic(network: Network) -> list[tuple[bytes, bytes, bytes]]:
    seen: list[tuple[bytes, bytes, bytes]] = []

    def tap(data: bytes, source: bytes, destination: bytes) -> bool:
        seen.append((data, source, destination))
        return True

    network.tap = tap
    return seen


def test_a_ping_opens_a_session_and_is_answered_with_our_endpoint(network, pair):
    a, b = pair
    call = a.machine.ping(b.machine.record, network.now)
    finish(network, a, call)
    assert call.result.record_seq == b.machine.record.seq
    assert (call.result.host, call.result.port) == (a.machine.record.ip, 30303)
    assert len(a.machine.wire.sessions) == len(b.machine.wire.sessions) == 1
    assert b.machine.stats()["handshakes"] == 1


def test_an_open_session_needs_no_second_handshake(network, pair):
    a, b = pair
    finish(network, a, a.machine.ping(b.machine.record, network.now))
    traffic = record_traffic(network)
    finish(network, a, a.machine.ping(b.machine.record, network.now))
    assert b.machine.stats()["handshakes"] == 1
    assert sum(destination == b.address for _, _, destination in traffic) >= 1


def test_several_requests_at_once_share_one_handshake_and_keep_their_order(network, pair):
    a, b = pair
    order: list[bytes] = []

    def handler(_node_id: bytes, _address: bytes, payload: bytes) -> bytes:
        order.append(payload)
        return payload[::-1]

    b.machine.register_talk(b"echo", handler)
    calls = [
        a.machine.talk(b.machine.record, b"echo", b"message-%d" % i, network.now) for i in range(9)
    ]
    finish(network, a, *calls)
    assert [call.result for call in calls] == [(b"message-%d" % i)[::-1] for i in range(9)]
    assert order == [b"message-%d" % i for i in range(9)]
    assert b.machine.stats()["handshakes"] == 1


def test_requests_under_way_when_the_peer_forgets_its_session_are_all_replayed(network, pair):
    a, b = pair
    b.machine.register_talk(b"echo", lambda _node_id, _address, payload: payload)
    finish(network, a, a.machine.ping(b.machine.record, network.now))
    assert b.machine.wire.sessions.forget(a.machine.record.node_id, a.address)
    calls = [a.machine.talk(b.machine.record, b"echo", bytes([i]), network.now) for i in range(5)]
    finish(network, a, *calls)
    assert [call.result for call in calls] == [bytes([i]) for i in range(5)]


def test_the_same_whoareyou_is_resent_while_it_is_open(network, pair):
    a, b = pair
    traffic = record_traffic(network)
    a.machine.ping(b.machine.record, network.now)
    ((first, _),) = a.machine.datagrams()
    b.machine.receive(first, a.address, network.now)
    b.machine.receive(first, a.address, network.now)
    (one, _), (two, _) = b.machine.datagrams()
    assert one == two
    assert len(one) == 63
    assert b.machine.stats()["challenges_resent"] == 1
    assert traffic == []


def test_a_whoareyou_that_answers_a_response_is_ignored(network, pair):
    a, b = pair
    finish(network, a, a.machine.ping(b.machine.record, network.now))
    traffic = record_traffic(network)
    network.tap, keep = (lambda *_: False), network.tap
    a.machine.ping(b.machine.record, network.now)
    ((request, _),) = a.machine.datagrams()
    b.machine.receive(request, a.address, network.now)
    ((response, _),) = b.machine.datagrams()
    a.machine.wire.sessions.forget(b.machine.record.node_id, b.address)
    a.machine.receive(response, b.address, network.now)
    ((challenge, _),) = a.machine.datagrams()
    assert len(challenge) == 63
    before = b.machine.stats()["whoareyou_unmatched"]
    b.machine.receive(challenge, a.address, network.now)
    assert b.machine.datagrams() == []
    assert b.machine.stats()["whoareyou_unmatched"] == before + 1
    assert traffic == []
    network.tap = keep


def test_the_initiator_has_no_session_until_an_answer_decrypts(network, pair):
    a, b = pair
    call = a.machine.ping(b.machine.record, network.now)
    network.settle(a)
    network.tap = lambda data, _source, destination: destination == b.address or len(data) == 63
    network.run(5.0)
    assert isinstance(call.error, RequestTimeout)
    assert len(a.machine.wire.sessions) == 0
    assert len(b.machine.wire.sessions) == 1


def test_a_session_is_bound_to_its_endpoint(network, pair):
    a, b = pair
    finish(network, a, a.machine.ping(b.machine.record, network.now))
    a.machine.ping(b.machine.record, network.now)
    ((request, _),) = a.machine.datagrams()
    elsewhere = a.address[:-1] + b"\x01"
    b.machine.receive(request, elsewhere, network.now)
    ((challenge, destination),) = b.machine.datagrams()
    assert destination == elsewhere
    assert len(challenge) == 63


def test_a_handshake_is_answered_once_and_its_replay_dropped(network, pair):
    a, b = pair
    traffic = record_traffic(network)
    finish(network, a, a.machine.ping(b.machine.record, network.now))
    handshake = [data for data, source, _ in traffic if source == a.address][1]
    b.machine.receive(handshake, a.address, network.now)
    assert b.machine.datagrams() == []
    assert b.machine.stats()["handshake_unmatched"] == 1


def test_both_ends_may_open_at_the_same_time(network, pair):
    a, b = pair
    calls = [
        a.machine.ping(b.machine.record, network.now),
    ]
    network.settle(a)
    calls.append(b.machine.ping(a.machine.record, network.now))
    finish(network, b, *calls)
    assert all(call.error is None for call in calls)
    for _ in range(3):
        again = a.machine.ping(b.machine.record, network.now)
        network.settle(a)
        back = b.machine.ping(a.machine.record, network.now)
        finish(network, b, again, back)
        assert again.error is None
        assert back.error is None


def test_a_talkreq_too_long_for_a_handshake_packet_follows_it(network, pair):
    a, b = pair
    b.machine.register_talk(
        b"size", lambda _node_id, _address, payload: str(len(payload)).encode()
    )
    call = a.machine.talk(b.machine.record, b"size", bytes(1150), network.now)
    finish(network, a, call)
    assert call.result == b"1150"


def test_a_dead_peer_fails_every_request_in_bounded_time(network, pair):
    a, b = pair
    b.up = False
    calls = [a.machine.ping(b.machine.record, network.now) for _ in range(30)]
    finish(network, a, *calls, seconds=6.0)
    assert all(isinstance(call.error, RequestTimeout) for call in calls)
    assert a.machine.stats()["requests"] == 0


def test_events_that_nobody_takes_are_bounded(network):
    b = network.add(
        Discv5Config(event_count_max=3, walk_interval_min_s=1e6, walk_interval_max_s=1e6)
    )

    def handler(_node_id: bytes, _address: bytes, _payload: bytes) -> bytes:
        raise RuntimeError("broken")

    b.machine.register_talk(b"bad", handler)
    a = network.add(QUIET)
    a.machine.ping(b.machine.record, network.now)
    finish(network, a, a.machine.talk(b.machine.record, b"bad", b"", network.now))
    for _ in range(9):
        a.machine.talk(b.machine.record, b"bad", b"", network.now)
        for data, _destination in a.machine.datagrams():
            b.machine.wire.receive(data, a.address, network.now)
    assert len(b.machine.wire.drain_events()) == 3


def test_an_unknown_talk_protocol_gets_an_empty_answer(network, pair):
    a, b = pair
    call = a.machine.talk(b.machine.record, b"nobody", b"hello", network.now)
    finish(network, a, call)
    assert call.result == b""


def test_a_talk_handler_that_fails_is_reported_and_its_peer_answered(network, pair):
    a, b = pair

    def handler(_node_id: bytes, _address: bytes, _payload: bytes) -> bytes:
        raise RuntimeError("broken")

    b.machine.register_talk(b"bad", handler)
    call = a.machine.talk(b.machine.record, b"bad", b"", network.now)
    finish(network, a, call)
    assert call.result == b""
    assert any(str(getattr(event, "error", "")) == "broken" for event in b.events)


def first_packet(a: Host, b: Host, now: float) -> bytes:
    """A packet to b that b has no session for; a forgets that it sent it."""
    call = a.machine.ping(b.machine.record, now)
    ((packet, _destination),) = a.machine.datagrams()
    a.machine.cancel(call, now)
    return packet


def challenges_to(b: Host, packets: list[tuple[bytes, bytes]], now: float) -> int:
    """How many WHOAREYOUs these (packet, source) make b send."""
    for packet, source in packets:
        b.machine.receive(packet, source, now)
    return sum(len(data) == 63 for data, _ in b.machine.datagrams())


def test_a_flood_of_undecryptable_packets_is_bounded(network, pair):
    a, b = pair
    limit = b.machine.config.challenge_count_max
    packet = first_packet(a, b, network.now)
    sources = [f"50.{i // 250}.{i % 250}.9" for i in range(limit + 500)]
    flood = [(packet, pack(source, 30303)) for source in sources]
    assert challenges_to(b, flood, network.now) == limit
    assert b.machine.stats()["challenges"] == limit
    assert b.machine.stats()["challenges_refused"] == 500
    later = network.now + 2 * b.machine.config.challenge_lifetime_s
    assert challenges_to(b, flood[-1:], later) == 1
    assert b.machine.stats()["challenges"] == 1


def test_one_internet_address_cannot_hold_every_challenge(network, pair):
    a, b = pair
    limit = b.machine.config.challenge_per_ip_count_max
    packet = first_packet(a, b, network.now)
    flood = [(packet, pack("50.1.1.9", 2000 + i)) for i in range(limit + 10)]
    assert challenges_to(b, flood, network.now) == limit
    assert challenges_to(b, [(packet, pack("50.1.1.10", 2000))], network.now) == 1


def test_one_challenge_is_resent_a_bounded_number_of_times(network, pair):
    a, b = pair
    limit = b.machine.config.challenge_resend_count_max
    packet = first_packet(a, b, network.now)
    assert challenges_to(b, 3 * limit * [(packet, a.address)], network.now) == 1 + limit


def test_a_banned_node_and_a_banned_ip_are_not_heard(network, pair):
    a, b = pair
    for what in (a.machine.record.node_id, a.address[12:16]):
        b.machine.ban(what, network.now)
        refused = a.machine.ping(b.machine.record, network.now)
        finish(network, a, refused)
        assert isinstance(refused.error, RequestTimeout)
        b.machine.permit(what)
    heard = a.machine.ping(b.machine.record, network.now)
    finish(network, a, heard)
    assert heard.error is None


def test_a_newer_record_is_fetched_when_a_ping_announces_it(network, pair):
    a, b = pair
    finish(network, a, a.machine.ping(b.machine.record, network.now))
    network.run(5.0)
    assert b.machine.table.get(a.machine.record.node_id) is not None
    a.machine.update_record({"whisper.mailserver": b"\x01"})
    finish(network, a, a.machine.ping(b.machine.record, network.now))
    network.run(2.0)
    held = b.machine.table.get(a.machine.record.node_id).record
    assert held.seq == a.machine.record.seq
    assert held["whisper.mailserver"] == b"\x01"
