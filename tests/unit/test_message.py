"""Messages against encodings written out by hand from discv5-wire, "Protocol Messages"."""

import pytest

from waypost._ext import message
from waypost._ext.message import FindNode, Nodes, Ping, Pong, TalkRequest, TalkResponse
from waypost.errors import ConfigError

RECORD = bytes.fromhex("c3010203")
IPV6 = bytes(range(16))
EXAMPLES = {
    "01c20101": Ping(b"\x01", 1),  # the plaintext of the official AES-GCM vector
    "01c6840000000102": Ping(b"\x00\x00\x00\x01", 2),  # that of the official ping packet
    "01c28080": Ping(b"", 0),
    "01d2880102030405060708" + "88ffffffffffffffff": Ping(bytes(range(1, 9)), 2**64 - 1),
    "02ca010284" + "7f000001" + "82765f": Pong(b"\x01", 2, b"\x7f\0\0\x01", 30303),
    "02d60102" + "90" + IPV6.hex() + "82ffff": Pong(b"\x01", 2, IPV6, 65535),
    "03c201c0": FindNode(b"\x01", ()),
    "03c801c6" + "80" + "81ff" + "820100": FindNode(b"\x01", (0, 255, 256)),
    "04c30101c0": Nodes(b"\x01", 1, ()),
    "04cb0102c8" + "c3010203" * 2: Nodes(b"\x01", 2, (RECORD, RECORD)),
    "05c9018474616c6b820102": TalkRequest(b"\x01", b"talk", b"\x01\x02"),
    "05c3018080": TalkRequest(b"\x01", b"", b""),
    "06c20180": TalkResponse(b"\x01", b""),
    "06c401820102": TalkResponse(b"\x01", b"\x01\x02"),
}
REFUSED = {
    "nothing": "",
    "no list": "01",
    "bytes for a list": "01820101",
    "an unknown kind": "07c20101",
    "kind 0": "00c20101",
    "a byte too many": "01c2010100",
    "a byte too few": "01c301",
    "no fields": "01c0",
    "a field too few": "01c101",
    "a field too many": "01c3010101",
    "a request id of 9 bytes": "01cb8901020304050607080901",
    "a list for a request id": "01c2c001",
    "a sequence number of 65 bits": "01cb0189010000000000000000",
    "a sequence number with a leading zero": "01c401820001",
    "a zero that is not empty": "01c20100",
    "one byte with a header": "01c3018101",
    "a long form for a short list": "01f8020101",
    "an ip of 5 bytes": "02c9010285010203040501",
    "a port of 17 bits": "02cb0102847f00000183010000",
    "a distance of 257": "03c501c3820101",
    "a list as a distance": "03c301c1c0",
    "bytes for distances": "03c20101",
    "a record that is no list": "04c40101c101",
    "a record that runs out": "04c40101c1c1",
    "a payload that is a list": "06c201c0",
}


@pytest.mark.parametrize(("encoded", "decoded"), EXAMPLES.items())
def test_examples_both_ways(encoded, decoded):
    assert message.decode(bytes.fromhex(encoded)) == decoded
    assert message.encode(decoded).hex() == encoded


@pytest.mark.parametrize("encoded", REFUSED.values(), ids=REFUSED)
def test_refused(encoded):
    assert message.decode(bytes.fromhex(encoded)) is None


def test_values_are_frozen_hashable_and_match():
    ping = Ping(b"\x01", 7)
    assert hash(ping) == hash(Ping(b"\x01", 7))
    assert repr(ping) == "Ping(request_id=b'\\x01', record_seq=7)"
    with pytest.raises(AttributeError):
        ping.record_seq = 8
    match ping:
        case Ping(request_id, record_seq):
            assert (request_id, record_seq) == (b"\x01", 7)


@pytest.mark.parametrize(
    "broken",
    [
        Ping(bytes(9), 1),
        Pong(b"", 1, bytes(5), 1),
        FindNode(b"", (257,)),
        Nodes(b"", 1, (b"\x01",)),
        TalkResponse(b"", bytes(2000)),
        FindNode(b"", (1,) * 2000),
    ],
)
def test_what_would_be_refused_is_not_encoded(broken):
    with pytest.raises(ConfigError):
        message.encode(broken)


@pytest.mark.parametrize("no_message", [None, 1, "01c20101", object()])
def test_encode_takes_messages_only(no_message):
    with pytest.raises((TypeError, AttributeError)):
        message.encode(no_message)


def test_encode_into_a_buffer_writes_the_message_and_no_more():
    buffer = bytearray(b"\xaa" * 10)
    size = message.encode_into(buffer, Ping(b"\x01", 1))
    assert buffer == bytes.fromhex("01c20101") + b"\xaa" * 6
    assert message.decode(memoryview(buffer)[:size]) == Ping(b"\x01", 1)
    with pytest.raises(ConfigError):
        message.encode_into(bytearray(3), Ping(b"\x01", 1))
    with pytest.raises(BufferError):
        message.encode_into(bytes(10), Ping(b"\x01", 1))


@pytest.mark.parametrize("request_id_size", [1, 8])
def test_nodes_room_is_exact_where_packets_are_full(request_id_size):
    room = message.nodes_room(1193, request_id_size)
    record = b"\xf9" + (room - 3).to_bytes(2, "big") + bytes(room - 3)
    full = Nodes(b"\xff" * request_id_size, 127, (record,))
    assert len(message.encode(full)) == 1193
    with pytest.raises(ConfigError):
        message.encode(Nodes(b"\xff" * request_id_size, 127, (record, b"\xc0")))


def test_nodes_room_of_too_little_room_is_none():
    assert [message.nodes_room(room, 8) for room in (0, 17, 18)] == [0, 0, 1]
