"""Messages: any bytes are safe, decode undoes encode, and the oracle agrees."""

from dataclasses import astuple

import rlp
from hypothesis import example, given
from hypothesis import strategies as st

from tests.oracle import discv5 as oracle
from waypost._ext import message
from waypost._ext.message import FindNode, Nodes, Ping, Pong, TalkRequest, TalkResponse

KINDS = {Ping: 1, Pong: 2, FindNode: 3, Nodes: 4, TalkRequest: 5, TalkResponse: 6}

uint64 = st.integers(0, 2**64 - 1)
request_id = st.binary(max_size=8)
ip = st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16)
nested = st.recursive(
    st.binary(max_size=60), lambda item: st.lists(item, max_size=4), max_leaves=8
)
record = st.lists(nested, max_size=4).map(rlp.encode)
messages = st.one_of(
    st.builds(Ping, request_id, uint64),
    st.builds(Pong, request_id, uint64, ip, st.integers(0, 65535)),
    st.builds(FindNode, request_id, st.lists(st.integers(0, 256), max_size=80).map(tuple)),
    st.builds(Nodes, request_id, uint64, st.lists(record, max_size=4).map(tuple)),
    st.builds(TalkRequest, request_id, st.binary(max_size=60), st.binary(max_size=300)),
    st.builds(TalkResponse, request_id, st.binary(max_size=300)),
)


def spelled(decoded):
    """A message as the oracle has it."""
    return None if decoded is None else (KINDS[type(decoded)], *astuple(decoded))


@given(messages)
def test_decode_undoes_encode_and_agrees_with_the_oracle(value):
    encoded = message.encode(value)
    assert message.decode(encoded) == value
    assert encoded == oracle.encode_message(*spelled(value))
    assert oracle.decode_message(encoded) == spelled(value)


@given(st.binary(max_size=400))
@example(b"")
def test_any_bytes_are_read_as_the_oracle_reads_them(data):
    assert spelled(message.decode(data)) == oracle.decode_message(data)


@given(st.integers(0, 8), st.lists(nested, max_size=5))
def test_any_list_is_read_as_the_oracle_reads_it(kind, fields):
    encoded = bytes([kind]) + rlp.encode(fields)
    assert spelled(message.decode(encoded)) == oracle.decode_message(encoded)


@given(messages, st.data())
def test_a_changed_message_is_read_as_the_oracle_reads_it(value, data):
    encoded = bytearray(message.encode(value))
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] = data.draw(st.integers(0, 255))
    cut = bytes(encoded[: data.draw(st.integers(at, len(encoded)))])
    assert spelled(message.decode(cut)) == oracle.decode_message(cut)


@given(st.integers(0, 1300), st.integers(0, 8))
def test_what_nodes_room_allows_fits(room, request_id_size):
    records = b"\xc0" * message.nodes_room(room, request_id_size)
    value = Nodes(b"\xff" * request_id_size, 127, (records,))
    buffer = bytearray(room)
    if records:
        assert 0 <= room - message.encode_into(buffer, value) <= 4
