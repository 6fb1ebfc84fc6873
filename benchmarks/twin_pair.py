"""The twin of pair.py: two plain nodes face to face."""

from functools import cache
from ipaddress import ip_address

from benchmarks.peers.plain import PlainNode
from tests.oracle import discv5 as oracle

CLIENT, SERVER = ("127.0.0.1", 30301), ("127.0.0.1", 30302)


class PlainPair:
    """A client and a server that hold each other's record."""

    def __init__(self) -> None:
        self.answers: list[tuple] = []
        self.client = PlainNode(bytes([1] * 32), CLIENT, answered=self.answers.append)
        self.server = PlainNode(bytes([2] * 32), SERVER)
        self.client.know(self.server.record)
        self.server.know(self.client.record)

    def carry(self, sender: PlainNode, receiver: PlainNode) -> None:
        for datagram, _ in sender.outbox:
            receiver.receive(datagram, sender.address)
        sender.outbox.clear()

    def ping(self) -> None:
        peer = self.server.node_id, SERVER
        self.client.request(peer, oracle.PING, bytes(8), 1)

    def handshake(self) -> tuple[int, str, int]:
        self.client.sessions.clear()
        self.server.sessions.clear()
        self.ping()
        for _ in range(2):
            self.carry(self.client, self.server)
            self.carry(self.server, self.client)
        _, _, seq, ip, port = self.answers.pop()
        return seq, str(ip_address(ip)), port

    def sealed_ping(self) -> bytes:
        self.handshake()
        self.ping()
        return self.client.outbox.pop()[0]


@cache
def strangers() -> PlainPair:
    return PlainPair()


@cache
def friends() -> tuple[PlainPair, bytes]:
    """A pair with a session, and a PING of that session."""
    pair = PlainPair()
    return pair, pair.sealed_ping()


def handshake() -> tuple[int, str, int]:
    return strangers().handshake()


def ping_served() -> tuple[int, bytes]:
    """The size of the answer to a PING, and whom it is for."""
    pair, datagram = friends()
    pair.server.receive(datagram, CLIENT)
    answer, (host, port) = pair.server.outbox.pop()
    return len(answer), bytes(10) + b"\xff\xff" + ip_address(host).packed + port.to_bytes(2, "big")
