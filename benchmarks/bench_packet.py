"""One datagram in and out: mask, header, seal and message."""

from benchmarks.cases import Case
from waypost._ext import aead, message, packet, record, secp256k1

IV, NONCE, KEY = bytes(range(16)), bytes(range(12)), bytes(16)
SOURCE_ID, LOCAL_ID = bytes(range(32)), bytes(range(32, 64))
REQUEST_ID = bytes(range(8))
RECORDS = tuple(
    record.ENR.create(secp256k1.SecretKey(bytes([i] * 32)), ip="127.0.0.1", udp=30303).raw
    for i in range(1, 5)
)
PING = message.Ping(REQUEST_ID, 1)
NODES = message.Nodes(REQUEST_ID, 1, RECORDS)
TUPLES = {PING: (1, REQUEST_ID, 1), NODES: (4, REQUEST_ID, 1, RECORDS)}


def encode(sent: message.Ping | message.Nodes) -> bytes:
    body = message.encode(sent)
    return packet.encode(packet.MessagePacket(IV, NONCE, SOURCE_ID, body), LOCAL_ID, KEY)


def decode(datagram: bytes) -> object:
    opened = packet.decode(datagram, LOCAL_ID)
    assert isinstance(opened, packet.MessagePacket)
    plain = aead.aes_gcm_open(KEY, opened.nonce, opened.body, packet.header(opened))
    assert plain is not None
    return message.decode(plain)


def encoding(name: str, sent: message.Ping | message.Nodes) -> Case:
    return Case(
        name=f"encode {name}",
        call=encode,
        args=(sent,),
        twin="benchmarks.twins:encode",
        twin_args=(IV, NONCE, SOURCE_ID, LOCAL_ID, KEY, TUPLES[sent]),
        yardstick="parse",
    )


def decoding(name: str, sent: message.Ping | message.Nodes) -> Case:
    return Case(
        name=f"decode {name}",
        call=decode,
        args=(encode(sent),),
        twin="benchmarks.twins:decode",
        twin_args=(encode(sent), LOCAL_ID, KEY),
        yardstick="parse",
        expected=sent,
    )


CASES = [
    encoding("a PING", PING),
    encoding("a NODES of 4 records", NODES),
    decoding("a PING", PING),
    decoding("a NODES of 4 records", NODES),
]
