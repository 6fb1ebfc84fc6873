"""The plain node on asyncio's own datagram path: the twin of node.py."""

import asyncio
import os
import socket
import sys
from base64 import urlsafe_b64encode
from ipaddress import ip_address
from itertools import count

from benchmarks.peers import control
from benchmarks.peers.control import PAYLOAD, PROTOCOL
from benchmarks.peers.plain import Address, Peer, PlainNode
from tests.oracle import discv5 as oracle
from tests.oracle import enr


class PlainUdp(asyncio.DatagramProtocol):
    def __init__(self, address: Address) -> None:
        self.node = PlainNode(os.urandom(32), address, answered=self.on_answer)
        self.waiting: dict[bytes, asyncio.Future[tuple]] = {}
        self.request_ids = count()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.node.receive(data, addr)
        self.send()

    def send(self) -> None:
        for datagram, address in self.node.outbox:
            self.transport.sendto(datagram, address)
        self.node.outbox.clear()

    def on_answer(self, message: tuple) -> None:
        _, request_id, *_ = message
        self.waiting.pop(request_id).set_result(message)

    async def talk(self, peer: Peer) -> None:
        request_id = next(self.request_ids).to_bytes(8, "big")
        self.waiting[request_id] = future = asyncio.get_running_loop().create_future()
        self.node.request(peer, oracle.TALKREQ, request_id, PROTOCOL, PAYLOAD)
        self.send()
        await future


def text_of(record: bytes) -> str:
    return "enr:" + urlsafe_b64encode(record).decode().rstrip("=")


async def main(server: str | None = None) -> None:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    loop = asyncio.get_running_loop()
    _, twin = await loop.create_datagram_endpoint(
        lambda: PlainUdp(opened.getsockname()), sock=opened
    )
    if server is None:
        await control.serve(text_of(twin.node.record))
    else:
        record = enr.decode_text(server)
        _, pairs, _ = enr.parse(record)
        known = dict(pairs)
        address = str(ip_address(known[b"ip"])), int.from_bytes(known[b"udp"], "big")
        peer = twin.node.know(record), address
        await control.measure(lambda: twin.talk(peer))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
