"""Packets against the official vectors, and what is refused."""

from dataclasses import replace

import pytest

from tests.oracle import discv5 as oracle
from tests.oracle.vectors import load
from waypost._ext import aead, message, packet
from waypost._ext.message import Ping
from waypost._ext.packet import HandshakePacket, MessagePacket, Refusal, WhoareyouPacket
from waypost.errors import ConfigError

SOURCE, DESTINATION = bytes(range(32)), bytes(range(100, 132))
IV, NONCE, KEY = bytes(range(16)), bytes(range(12)), b"k" * 16
ORDINARY = MessagePacket(IV, NONCE, SOURCE, b"body of a message")
CHALLENGE = WhoareyouPacket(IV, NONCE, bytes(16), 2**64 - 1)
HANDSHAKE = HandshakePacket(IV, NONCE, SOURCE, b"s" * 64, b"e" * 33, b"", b"body")


def masked(flag=0, authdata=SOURCE, rest=b"", protocol=packet.PROTOCOL, size=None):
    """A datagram to DESTINATION with any header; size: what it states of its authdata."""
    stated = len(authdata) if size is None else size
    header = protocol + bytes([flag]) + NONCE + stated.to_bytes(2, "big") + authdata
    return IV + oracle.mask(DESTINATION, IV, header) + rest


@pytest.mark.parametrize("name", ["ping", "ping-handshake", "ping-handshake-enr"])
def test_official_message_packets(name):
    inputs, datagram = load(f"discv5/{name}.txt")
    decoded = packet.decode(datagram, inputs["dest-node-id"])
    assert decoded.source_id == inputs["src-node-id"]
    assert decoded.nonce == inputs["nonce"]
    plain = aead.aes_gcm_open(
        inputs["read-key"], decoded.nonce, decoded.body, packet.header(decoded)
    )
    assert message.decode(plain) == Ping(inputs["ping.req-id"], inputs["ping.enr-seq"])
    sent = replace(decoded, body=plain)
    assert packet.encode(sent, inputs["dest-node-id"], inputs["read-key"]) == datagram
    assert packet.encode(decoded, inputs["dest-node-id"]) == datagram


@pytest.mark.parametrize(("name", "has_record"), [("", False), ("-enr", True)])
def test_official_handshake_packets(name, has_record):
    inputs, datagram = load(f"discv5/ping-handshake{name}.txt")
    decoded = packet.decode(datagram, inputs["dest-node-id"])
    assert decoded.ephemeral_key == inputs["ephemeral-pubkey"]
    assert len(decoded.signature) == 64
    assert bool(decoded.record) == has_record


def test_official_whoareyou_packet():
    inputs, datagram = load("discv5/whoareyou.txt")
    decoded = packet.decode(datagram, inputs["dest-node-id"])
    assert decoded == WhoareyouPacket(
        datagram[:16],
        inputs["whoareyou.request-nonce"],
        inputs["whoareyou.id-nonce"],
        inputs["whoareyou.enr-seq"],
    )
    assert packet.header(decoded) == inputs["whoareyou.challenge-data"]
    assert packet.encode(decoded, inputs["dest-node-id"]) == datagram


@pytest.mark.parametrize("sent", [ORDINARY, CHALLENGE, HANDSHAKE, replace(HANDSHAKE, record=b"r")])
def test_another_protocol_and_version_both_ways(sent):
    private = b"d5waku\x00\x02"
    datagram = packet.encode(sent, DESTINATION, protocol=private)
    assert packet.decode(datagram, DESTINATION, private) == sent
    assert packet.decode(datagram, DESTINATION) is Refusal.REFUSED_PROTOCOL


HEAD = SOURCE + bytes([64, 33])
REFUSED = {
    "nothing": (b"", Refusal.REFUSED_SIZE),
    "62 bytes": (masked(1, bytes(24))[:62], Refusal.REFUSED_SIZE),
    "1281 bytes": (masked(rest=bytes(1281 - 71)), Refusal.REFUSED_SIZE),
    "a WHOAREYOU of 64 bytes": (masked(1, bytes(24), b"x"), Refusal.REFUSED_SIZE),
    "for another node": (
        packet.encode(ORDINARY, SOURCE),
        Refusal.REFUSED_PROTOCOL,
    ),
    "version 2": (masked(protocol=b"discv5\x00\x02"), Refusal.REFUSED_PROTOCOL),
    "flag 3": (masked(3), Refusal.REFUSED_FLAG),
    "authdata that runs out": (masked(size=33), Refusal.REFUSED_AUTHDATA),
    "authdata of 65535 bytes": (masked(2, size=65535), Refusal.REFUSED_AUTHDATA),
    "no authdata": (masked(0, b"", bytes(100)), Refusal.REFUSED_AUTHDATA),
    "an id of 31 bytes": (masked(0, SOURCE[1:], bytes(16)), Refusal.REFUSED_AUTHDATA),
    "a challenge of 23 bytes": (masked(1, bytes(23), b"x"), Refusal.REFUSED_AUTHDATA),
    "a handshake of 130 bytes": (masked(2, HEAD + bytes(96)), Refusal.REFUSED_AUTHDATA),
    "a record of 301 bytes": (masked(2, HEAD + bytes(97 + 301)), Refusal.REFUSED_AUTHDATA),
    "a signature of 65 bytes": (
        masked(2, SOURCE + bytes([65, 33]) + bytes(98)),
        Refusal.REFUSED_AUTHDATA,
    ),
    "a key of 32 bytes": (
        masked(2, SOURCE + bytes([64, 32]) + bytes(97)),
        Refusal.REFUSED_AUTHDATA,
    ),
}


@pytest.mark.parametrize(("datagram", "why"), REFUSED.values(), ids=REFUSED)
def test_refused(datagram, why):
    assert packet.decode(datagram, DESTINATION) is why


def test_limits_are_inclusive():
    assert isinstance(packet.decode(masked(), DESTINATION), MessagePacket)
    assert len(packet.decode(masked(rest=bytes(1280 - 71)), DESTINATION).body) == 1209
    largest = packet.decode(masked(2, HEAD + bytes(97 + 300)), DESTINATION)
    assert len(largest.record) == 300


def test_rooms_are_what_fits():
    """The sizes of discv5-wire, derived: nothing larger than 1280 bytes is ever written."""
    assert packet.message_room() == 1193
    assert [packet.handshake_room(size) for size in (0, 300, 301)] == [1094, 794, 0]
    for sent, room in (
        (ORDINARY, packet.message_room()),
        (HANDSHAKE, packet.handshake_room(0)),
        (replace(HANDSHAKE, record=bytes(300)), packet.handshake_room(300)),
    ):
        assert len(packet.encode(replace(sent, body=bytes(room)), DESTINATION, KEY)) == 1280
        with pytest.raises(ConfigError, match="1280"):
            packet.encode(replace(sent, body=bytes(room + 1)), DESTINATION, KEY)
        packet.encode(replace(sent, body=bytes(room + 16)), DESTINATION)
        with pytest.raises(ConfigError, match="1280"):
            packet.encode(replace(sent, body=bytes(room + 17)), DESTINATION)
    with pytest.raises(ConfigError, match="300"):
        packet.encode(replace(HANDSHAKE, record=bytes(301)), DESTINATION)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (ORDINARY, "masking_iv"),
        (ORDINARY, "nonce"),
        (ORDINARY, "source_id"),
        (CHALLENGE, "request_nonce"),
        (CHALLENGE, "id_nonce"),
        (HANDSHAKE, "signature"),
        (HANDSHAKE, "ephemeral_key"),
    ],
)
def test_a_field_of_the_wrong_size_is_named(sent, field):
    wrong = replace(sent, **{field: getattr(sent, field) + b"x"})
    with pytest.raises(ConfigError, match=field):
        packet.encode(wrong, DESTINATION)
    with pytest.raises(ConfigError, match=field):
        packet.header(wrong)


def test_arguments_of_the_wrong_size_are_named():
    with pytest.raises(ConfigError, match="destination_id"):
        packet.encode(ORDINARY, bytes(31))
    with pytest.raises(ConfigError, match="key"):
        packet.encode(ORDINARY, DESTINATION, bytes(32))
    with pytest.raises(ConfigError, match="protocol"):
        packet.encode(ORDINARY, DESTINATION, protocol=b"discv5")
    with pytest.raises(ConfigError, match="protocol"):
        packet.decode(bytes(63), DESTINATION, b"discv5")
    with pytest.raises(ConfigError, match="local_id"):
        packet.decode(bytes(63), bytes(33))


def test_into_a_buffer():
    buffer = bytearray(b"\xaa" * 100)
    size = packet.encode_into(buffer, ORDINARY, DESTINATION)
    assert buffer == packet.encode(ORDINARY, DESTINATION) + b"\xaa" * (100 - size)
    assert packet.decode(memoryview(buffer)[:size], DESTINATION) == ORDINARY
    with pytest.raises(ConfigError, match="buffer"):
        packet.encode_into(bytearray(size - 1), ORDINARY, DESTINATION)
    with pytest.raises(BufferError):
        packet.encode_into(bytes(100), ORDINARY, DESTINATION)


def test_decode_leaves_the_datagram_as_it_is():
    datagram = bytearray(packet.encode(ORDINARY, DESTINATION))
    before = bytes(datagram)
    packet.decode(datagram, DESTINATION)
    assert datagram == before
