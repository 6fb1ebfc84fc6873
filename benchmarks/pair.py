"""Two nodes of ours face to face: a datagram is carried from the outbox of one to the other."""

from waypost._ext.address import pack
from waypost._ext.codec import Codec
from waypost._ext.datagrams import Outbox
from waypost._ext.drbg import Drbg
from waypost._ext.record import ENR, RecordCache
from waypost._ext.secp256k1 import SecretKey
from waypost._ext.table import Table
from waypost._ext.wire import Wire
from waypost.config import Discv5Config

HOST, CLIENT_PORT, SERVER_PORT = "127.0.0.1", 30301, 30302
CLIENT, SERVER = pack(HOST, CLIENT_PORT), pack(HOST, SERVER_PORT)
CLIENT_SECRET, SERVER_SECRET = bytes([1] * 32), bytes([2] * 32)
NOW = 100.0


def make_wire(secret: bytes, port: int) -> Wire:
    key, config, drbg = SecretKey(secret), Discv5Config(), Drbg(secret)
    record = ENR.create(key, ip=HOST, udp=port)
    codec = Codec(key, record, config.protocol, drbg, Outbox(8))
    table = Table(record.node_id, config.table, drbg)
    return Wire(codec, table, RecordCache(16), config)


class Pair:
    """A client and a server that hold each other's record in their tables."""

    def __init__(self) -> None:
        self.client = make_wire(CLIENT_SECRET, CLIENT_PORT)
        self.server = make_wire(SERVER_SECRET, SERVER_PORT)
        self.client_record, self.server_record = self.client.codec.record, self.server.codec.record
        self.server.table.add(self.client_record, CLIENT, NOW, inbound=False)

    def to_server(self) -> None:
        for datagram, _ in self.client.codec.outbox.drain():
            self.server.receive(datagram, CLIENT, NOW)

    def to_client(self) -> None:
        for datagram, _ in self.server.codec.outbox.drain():
            self.client.receive(datagram, SERVER, NOW)

    def handshake(self) -> tuple[int, str, int]:
        """A PING without a session: first packet, WHOAREYOU, handshake with the PING, PONG.

        Returns what the PONG says: the server's sequence number, and where it saw the client.
        """
        self.client.sessions.forget(self.server_record.node_id, SERVER)
        self.server.sessions.forget(self.client_record.node_id, CLIENT)
        call = self.client.calls.ping(self.server_record, SERVER, NOW)
        for _ in range(2):
            self.to_server()
            self.to_client()
        for wire in (self.client, self.server):
            wire.drain_events()
        (done,) = self.client.calls.drain_finished()
        assert done is call
        pong = done.result
        return pong.record_seq, pong.host, pong.port

    def sealed_ping(self) -> bytes:
        """A PING of the client, as its session with the server sends it."""
        self.handshake()
        self.client.calls.ping(self.server_record, SERVER, NOW)
        ((datagram, _),) = self.client.codec.outbox.drain()
        return datagram

    def served(self, datagram: bytes) -> tuple[int, bytes]:
        """Hands a request to the server: the size of its answer, and whom it is for."""
        self.server.receive(datagram, CLIENT, NOW)
        ((answer, to),) = self.server.codec.outbox.drain()
        return len(answer), to
