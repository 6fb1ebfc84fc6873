"""Operations of several steps, from the slow and obvious pieces of tests/oracle/."""

from tests.oracle import discv5 as oracle
from tests.oracle import enr


def encode(
    masking_iv: bytes,
    nonce: bytes,
    source_id: bytes,
    destination_id: bytes,
    key: bytes,
    message: tuple[object, ...],
) -> bytes:
    """The datagram of an ordinary message packet."""
    body = oracle.encode_message(*message)
    packet = oracle.Packet(oracle.MESSAGE, masking_iv, nonce, source_id, body)
    return oracle.encode_packet(packet, destination_id, key)


def decode(datagram: bytes, local_id: bytes, key: bytes) -> object:
    """The kind, the request id and the fields of the message in a datagram."""
    packet = oracle.decode_packet(datagram, local_id)
    plain = oracle.unseal(key, packet.nonce, packet.body, packet.header())
    return oracle.decode_message(plain)


def verify(raw: bytes) -> bytes:
    """The node id of a record."""
    return enr.parse(raw)[2]
