"""Connections: Hello, timers, compression and its bombs, and what hostile peers do."""

import random

import pytest
from cramjam import snappy

from tests.oracle import rlpx as oracle
from tests.property.test_rlpx_connection import ETH, SHH, A, B, entropy, exchange, joined, pair
from waypost._ext.rlp import encode
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RlpxConfig
from waypost.errors import ConfigError, KeyFileError
from waypost.rlpx.basics import Reason, decode_disconnect, decode_hello, encode_hello
from waypost.rlpx.capabilities import Capability, Shared, share
from waypost.rlpx.compression import compress, decompress
from waypost.rlpx.connection import Connection, Disconnected, Message

PING, PONG = 2, 3


class Peer:
    """The oracle as an initiator: it says whatever a test wants."""

    def __init__(self, end, secret=A):
        secret = secret.reveal()
        ephemeral, nonce = b"\x21" * 32, b"\x22" * 32
        fields = oracle.auth_fields(secret, ephemeral, nonce, B.point)
        auth = oracle.packet(B.point, fields, bytes(120), b"\x23" * 32, bytes(16))
        end.receive(auth, 0.0)
        answer = end.drain_output()
        size = 2 + int.from_bytes(answer[:2], "big")
        ack, self.hello_frame = answer[:size], answer[size:]
        point, recipient_nonce = oracle.open_packet(secret, ack)[:2]
        keys = oracle.secrets_of(ephemeral, point, nonce, recipient_nonce)
        egress = oracle.xor(keys[1], recipient_nonce) + auth
        ingress = oracle.xor(keys[1], nonce) + ack
        self.codec = oracle.Codec(*keys, egress, ingress)
        self.end = end

    def says(self, message_id, payload):
        self.end.receive(self.codec.seal(message_id, payload), 0.0)

    def greets(self):
        self.says(0, hello())
        self.codec.open(self.hello_frame)
        self.end.drain_events()
        return self


def hello(version=5, capabilities=((b"shh", 6),), point=A.point):
    return encode([version, b"twin", [list(each) for each in capabilities], 0, point, b"more"])


def recipient(**options):
    return pair(**options)[1]


def end_of(end):
    *_, last = end.drain_events()
    return last


@pytest.mark.parametrize(("said", "refusal", "reason"), [
    ((0, hello(point=bytes(64))), "null-identity", Reason.NULL_IDENTITY),
    ((0, hello(point=B.point)), "identity", Reason.UNEXPECTED_IDENTITY),
    ((0, hello(version=3)), "version", Reason.INCOMPATIBLE_VERSION),
    ((0, hello(capabilities=[(b"shh", 5), (b"eth", 6)])), "nothing-shared", Reason.USELESS_PEER),
    ((0, hello(capabilities=[(b"shh", 6)] * 65)), "hello", Reason.PROTOCOL_BREACH),
    ((0, hello(point=bytes(63))), "hello", Reason.PROTOCOL_BREACH),
    ((0, hello()[:-1]), "hello", Reason.PROTOCOL_BREACH),
    ((0, hello() + bytes(2000)), "frame-size", Reason.PROTOCOL_BREACH),
    ((0, b""), "hello", Reason.PROTOCOL_BREACH),
    ((2, b"\xc0"), "hello", Reason.PROTOCOL_BREACH),
    ((16, b"\xc0"), "hello", Reason.PROTOCOL_BREACH),
])  # fmt: skip
def test_what_is_no_hello_of_the_peer_ends_the_connection(said, refusal, reason):
    end = recipient()
    peer = Peer(end)
    peer.says(*said)
    assert end_of(end) == Disconnected(reason, by_peer=False, refusal=refusal)
    assert dict(end.refusals) == {refusal: 1}
    assert peer.codec.open(peer.hello_frame)[0] == 0
    told = 1, oracle.rlp.encode([int(reason)])
    answer = peer.codec.open(end.drain_output())
    assert answer == (told if refusal != "nothing-shared" else (1, compress(told[1])))
    peer.says(16, b"\xc0")
    assert end.drain_events() == []


@pytest.mark.parametrize(("said", "refusal"), [
    ((0, compress(hello())), "second-hello"),
    ((16 + 128, compress(b"\xc0")), "message-id"),
    ((16, b""), "compression"),
    ((16, b"\xc0"), "compression"),
    ((16, b"\x80\x80\x80\x08" + bytes(9)), "compression"),  # claims 16 MiB
    ((16, b"\xff\xff\xff\xff\x0f\x00"), "compression"),  # claims 4 GiB
    ((16, b"\xff\xff\xff\xff\xff\x0f"), "compression"),
    ((2, compress(bytes(2049))), "compression"),
])  # fmt: skip
def test_what_breaks_the_protocol_ends_the_connection(said, refusal):
    end = recipient()
    peer = Peer(end).greets()
    peer.says(*said)
    assert end_of(end) == Disconnected(2, by_peer=False, refusal=refusal)
    assert peer.codec.open(end.drain_output()) == (1, compress(b"\xc1\x02"))


def test_a_bomb_is_refused_before_it_is_decompressed(monkeypatch):
    bomb = compress(bytes(1 << 20))
    assert len(bomb) < 50_000
    assert decompress(bomb, 1 << 20) == bytes(1 << 20)
    monkeypatch.delattr("waypost.rlpx.compression.snappy")
    assert decompress(bomb, (1 << 20) - 1) is None
    assert decompress(b"\x80\x80\x80\x01" + bytes(8), 1 << 24) is None  # too much for 12 bytes


def test_a_frame_that_no_message_needs_is_refused_at_its_header():
    largest = random.Random(1).randbytes(10_000)
    one, other = joined(config=RlpxConfig(message_size_max_b=len(largest)))
    one.send("shh", 1, largest)
    exchange(one, other)
    assert other.drain_events() == [Message(SHH, 1, largest)]
    end = pair(config=RlpxConfig(message_size_max_b=len(largest)))[1]
    peer = Peer(end).greets()
    end.receive(peer.codec.seal(17, bytes(12_000))[:32], 0.0)
    assert end_of(end) == Disconnected(2, by_peer=False, refusal="frame-size")


def test_what_snappy_makes_of_anything_is_read():
    for data in (b"", b"a", bytes(1 << 20), bytes(range(256)) * 9):
        assert decompress(bytes(snappy.compress_raw(data)), 1 << 20) == data


def test_messages_of_one_code_are_sent_together_or_not_at_all():
    one, other = joined()
    payloads = b"\xc0", b"\xc1\x05", bytes(range(200))
    one.send("shh", 3, *payloads)
    one.send("shh", 3)
    with pytest.raises(ConfigError, match="at most"):
        one.send("shh", 3, b"\xc0", bytes(1 << 24))
    other.receive(one.drain_output(), 0.0)
    assert other.drain_events() == [Message(SHH, 3, payload) for payload in payloads]


def test_a_changed_frame_ends_the_connection():
    one, other = joined()
    one.send("shh", 1, b"\xc0")
    frame = bytearray(one.drain_output())
    frame[-1] ^= 1
    other.receive(bytes(frame), 0.0)
    assert end_of(other) == Disconnected(2, by_peer=False, refusal="frame-mac")


def test_a_peer_of_version_4_is_spoken_to_without_snappy():
    end = recipient()
    peer = Peer(end)
    peer.says(0, hello(version=4))
    peer.codec.open(peer.hello_frame)
    peer.says(16 + 1, b"\xc1\x05")
    assert end.drain_events()[1:] == [Message(SHH, 1, b"\xc1\x05")]
    end.send("shh", 2, b"\xc1\x06")
    assert peer.codec.open(end.drain_output()) == (18, b"\xc1\x06")


def test_a_ping_is_answered_and_unknown_basics_are_ignored():
    end = recipient()
    peer = Peer(end).greets()
    for message_id in (4, 15, PONG):
        peer.says(message_id, compress(b"\xc0"))
    assert (end.drain_output(), end.closed) == (b"", False)
    peer.says(PING, compress(b"\xc0"))
    assert peer.codec.open(end.drain_output()) == (PONG, compress(b"\xc0"))


@pytest.mark.parametrize(("payload", "reason"), [
    (b"\xc1\x04", 4), (b"\xc1\x80", 0), (b"\x04", 4),
    (b"\xc0", None), (b"", None), (b"\xc2\x01", None),
])  # fmt: skip
def test_a_disconnect_in_any_form_is_understood(payload, reason):
    assert decode_disconnect(payload) == reason
    end = recipient()
    Peer(end).says(1, payload)
    assert end.drain_events() == [Disconnected(reason, by_peer=True)]
    assert (end.drain_output(), dict(end.refusals)) == (b"", {})


def test_timers():
    one, other = pair(now=100.0)
    assert one.deadline() == 105.0
    one.tick(104.9)
    assert not one.closed
    one.tick(105.0)
    assert end_of(one) == Disconnected(11, by_peer=False, refusal="handshake-timeout")
    one, other = joined()
    assert one.deadline() == 15.0
    one.tick(15.0)
    assert one.deadline() == 30.0
    exchange(one, other, now=16.0)
    assert (one.deadline(), other.deadline()) == (31.0, 31.0)
    one.tick(31.0)
    one.tick(46.0)
    assert end_of(one) == Disconnected(11, by_peer=False, refusal="silence")
    assert one.deadline() == float("inf")


def test_a_stall_of_ours_is_not_the_peers_silence():
    """A process that was stopped for a minute has asked nobody, and read nothing."""
    one, other = joined()
    one.tick(60.0)
    assert not one.closed
    assert one.deadline() == 75.0
    exchange(one, other, now=61.0)
    assert (one.closed, one.deadline()) == (False, 76.0)
    one.tick(80.0)
    one.tick(94.9)
    assert not one.closed
    one.tick(95.0)
    assert end_of(one).refusal == "silence"


def test_a_slow_writer_is_not_heard():
    one, other = joined()
    one.send("shh", 0, bytes(range(256)))
    for number, byte in enumerate(one.drain_output()):
        other.receive(bytes([byte]), float(number))
        other.tick(float(number))
    assert end_of(other).refusal == "silence"


def test_a_peer_that_takes_nothing_is_bounded():
    one, _ = joined(config=RlpxConfig(output_size_max_b=10_000))
    for number in range(1000):
        one.send("shh", 0, number.to_bytes(4, "big") * 8)
    assert end_of(one) == Disconnected(1, by_peer=False, refusal="output")
    assert 10_000 < one.output_size_b < 10_200


def test_a_plain_auth_is_answered_in_kind():
    end = recipient()
    ephemeral, nonce = b"\x31" * 32, b"\x32" * 32
    signature, point, *_ = oracle.auth_fields(A.reveal(), ephemeral, nonce, B.point)
    text = signature + oracle.keccak256(oracle.point_of(ephemeral)) + point + nonce + b"\x00"
    auth = oracle.encrypt(B.point, text, b"", b"\x33" * 32, bytes(16))
    for byte in auth:
        end.receive(bytes([byte]), 0.0)
    ack = oracle.decrypt(A.reveal(), end.drain_output()[:210], b"")
    assert len(ack) == 97
    assert not end.closed


def test_the_wrong_recipient_and_no_peer_at_all():
    one, other = pair()
    stranger = Connection(SecretKey(b"\x03" * 32), [SHH], entropy(3), 0.0)
    stranger.receive(one.drain_output(), 0.0)
    assert end_of(stranger) == Disconnected(None, by_peer=False, refusal="handshake-mac")
    assert stranger.drain_output() == b""
    with pytest.raises(KeyFileError):
        Connection(A, [SHH], entropy(1), 0.0, remote_key=b"\x04" + b"\xff" * 64)
    assert not other.closed


def test_capabilities_are_shared_by_name_and_highest_version():
    old, bzz = Capability("shh", 5, 4), Capability("bzz", 1, 3)
    offered = [(b"shh", 5), (b"shh", 6), (b"eth", 63), (b"eth", 64), (b"SHH", 6), (b"\xff", 1)]
    assert share([SHH, old, ETH, bzz], offered) == (Shared(ETH, 16), Shared(SHH, 33))
    assert share([old, SHH], [(b"shh", 5)]) == (Shared(old, 16),)
    assert share([SHH], []) == ()
    data = encode_hello("me", [SHH, ETH], 30303, A.point)
    found = decode_hello(data, 2)
    assert found.capabilities == ((b"eth", 63), (b"shh", 6))
    assert (found.version, found.client_id, found.listen_port) == (5, b"me", 30303)


def test_misuse_raises():
    one, _ = joined()
    for name, code in (("eth", 0), ("shh", 128), ("shh", -1)):
        with pytest.raises(ConfigError, match="no message"):
            one.send(name, code, b"")
    with pytest.raises(ConfigError, match="at most"):
        one.send("shh", 0, bytes(1 << 24))
    with pytest.raises(ConfigError, match="twice"):
        Connection(A, [SHH, Capability("shh", 6, 5)], entropy(1), 0.0)
    with pytest.raises(ConfigError, match="say less"):
        Connection(A, [SHH], entropy(1), 0.0, client_id="x" * 2048)
    for arguments in (("", 1, 1), ("ninechars", 1, 1), ("é", 1, 1), ("a", -1, 1), ("a", 1, 0)):
        with pytest.raises(ConfigError):
            Capability(*arguments)
    for setting in (
        {"ping_interval_s": 30.0},
        {"message_size_max_b": 1 << 24},
        {"hello_size_max_b": 0},
    ):
        with pytest.raises(ConfigError):
            RlpxConfig(**setting)


def test_a_peer_that_is_not_wanted_is_told_before_our_hello():
    asked = []

    def admit(point):
        asked.append(point)
        return Reason.TOO_MANY_PEERS

    end = recipient(admit=admit)
    one, _ = pair()
    end.receive(one.drain_output(), 0.0)
    assert asked == [A.point]
    assert end_of(end) == Disconnected(4, by_peer=False, refusal="too-many-peers")
    one.receive(end.drain_output(), 0.0)
    assert one.drain_events() == [Disconnected(4, by_peer=True)]
    assert dict(end.refusals) == {"too-many-peers": 1}


def test_a_peer_that_is_not_wanted_any_more_is_told_after_its_hello():
    answers = [None, Reason.ALREADY_CONNECTED]
    end = recipient(admit=lambda point: answers.pop(0))
    peer = Peer(end)
    peer.says(0, hello())
    assert end.drain_events() == [Disconnected(5, by_peer=False, refusal="already-connected")]
    assert peer.codec.open(peer.hello_frame)[0] == 0
    assert peer.codec.open(end.drain_output()) == (1, compress(b"\xc1\x05"))


def test_while_the_caller_does_not_read_silence_is_no_fault():
    one, other = joined()
    for now in (15.0, 30.0, 45.0):
        one.tick(now - 0.1, reading=False)
        assert one.output_size_b == 0
        one.tick(now, reading=False)
        other.receive(one.drain_output(), now)
        other.drain_output()
    assert one.deadline() == 60.0
    one.tick(60.0)  # reading again
    one.tick(74.9)
    assert not one.closed
    one.tick(75.0)
    assert end_of(one).refusal == "silence"


def test_the_end_of_the_bytes_below():
    one, other = joined()
    one.lost()
    one.lost()
    assert one.drain_events() == [Disconnected(None, by_peer=True)]
    other.abandon("not-reading")
    other.abandon("again")
    assert other.drain_events() == [Disconnected(1, by_peer=False, refusal="not-reading")]
    assert other.drain_output() == b""
    cut = recipient()
    cut.lost()
    assert end_of(cut) == Disconnected(None, by_peer=True, refusal="handshake-truncated")


def test_output_leaves_in_whole_frames():
    one, other = joined()
    for code in range(10):
        one.send("shh", code, bytes(range(256)) * 4)
    total = one.output_size_b
    first = one.drain_output(1)
    assert one.output_size_b == total - len(first)
    second = one.drain_output(len(first) + 1)
    assert len(second) == 2 * len(first)
    rest = one.drain_output()
    assert len(first + second + rest) == total
    assert (one.drain_output(), one.output_size_b) == (b"", 0)
    other.receive(first + second + rest, 0.0)
    assert [event.code for event in other.drain_events()] == list(range(10))
