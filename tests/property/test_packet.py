"""Packets: any bytes are safe, decode undoes encode, and the oracle agrees both ways."""

from hypothesis import example, given
from hypothesis import strategies as st

from tests.oracle import discv5 as oracle
from waypost._ext import aead, packet
from waypost._ext.packet import HandshakePacket, MessagePacket, Refusal, WhoareyouPacket

REFUSALS = {
    "size": Refusal.REFUSED_SIZE,
    "protocol": Refusal.REFUSED_PROTOCOL,
    "flag": Refusal.REFUSED_FLAG,
    "authdata": Refusal.REFUSED_AUTHDATA,
}


def exactly(size):
    return st.binary(min_size=size, max_size=size)


node_id, iv, nonce, key, protocol = map(exactly, (32, 16, 12, 16, 8))
record, body = st.binary(max_size=300), st.binary(max_size=700)
message_packets = st.builds(MessagePacket, iv, nonce, node_id, body)
challenges = st.builds(WhoareyouPacket, iv, nonce, exactly(16), st.integers(0, 2**64 - 1))
handshakes = st.builds(HandshakePacket, iv, nonce, node_id, exactly(64), exactly(33), record, body)
packets = message_packets | challenges | handshakes


def spelled(value):
    """A packet as the oracle has it."""
    match value:
        case MessagePacket(iv, nonce, source_id, body):
            return oracle.Packet(oracle.MESSAGE, iv, nonce, source_id, body)
        case WhoareyouPacket(iv, nonce, id_nonce, seq):
            authdata = oracle.whoareyou_authdata(id_nonce, seq)
            return oracle.Packet(oracle.WHOAREYOU, iv, nonce, authdata, b"")
        case HandshakePacket(iv, nonce, source_id, signature, ephemeral_key, record, body):
            authdata = oracle.handshake_authdata(source_id, signature, ephemeral_key, record)
            return oracle.Packet(oracle.HANDSHAKE, iv, nonce, authdata, body)
        case _:
            return value


def agreed(datagram, local_id, protocol=oracle.PROTOCOL):
    """What decode says, once the oracle has said the same."""
    decoded = packet.decode(datagram, local_id, protocol)
    expected = oracle.decode_packet(datagram, local_id, protocol)
    assert spelled(decoded) == REFUSALS.get(expected, expected)
    return decoded


@given(packets, node_id, protocol)
def test_decode_undoes_encode_and_agrees_with_the_oracle(sent, destination, protocol):
    datagram = packet.encode(sent, destination, protocol=protocol)
    assert datagram == oracle.encode_packet(spelled(sent), destination, protocol=protocol)
    assert agreed(datagram, destination, protocol) == sent
    assert packet.header(sent, protocol) == spelled(sent).header(protocol)


@given(message_packets | handshakes, node_id, key)
def test_sealed_packets_agree_and_open(sent, destination, key):
    datagram = packet.encode(sent, destination, key)
    assert datagram == oracle.encode_packet(spelled(sent), destination, key)
    received = agreed(datagram, destination)
    header = packet.header(received)
    assert aead.aes_gcm_open(key, received.nonce, received.body, header) == sent.body


@given(st.binary(max_size=1400), node_id)
@example(b"", bytes(32))
def test_any_bytes_are_read_as_the_oracle_reads_them(data, local_id):
    agreed(data, local_id)


@given(node_id, iv, st.integers(0, 3), nonce, st.integers(0, 600), st.binary(max_size=600))
def test_any_header_behind_the_mask_is_read_as_the_oracle_reads_it(
    local_id, iv, flag, nonce, size, rest
):
    header = oracle.PROTOCOL + bytes([flag]) + nonce + size.to_bytes(2, "big") + rest
    agreed(iv + oracle.mask(local_id, iv, header), local_id)


@given(packets, node_id, st.data())
def test_a_changed_packet_is_read_as_the_oracle_reads_it(sent, local_id, data):
    """Changed behind the mask: the key stream is XORed, so a flip passes through it."""
    datagram = bytearray(packet.encode(sent, local_id))
    at = data.draw(st.integers(16, len(datagram) - 1) | st.integers(24, 60))
    datagram[at] ^= data.draw(st.integers(1, 255))
    agreed(bytes(datagram[: data.draw(st.integers(at, len(datagram)))]), local_id)
