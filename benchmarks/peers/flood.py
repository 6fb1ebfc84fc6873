"""A client that is lighter than any server: it seals its PINGs once, and sends them for ever."""

import os
import socket
import sys
from itertools import cycle, islice
from select import POLLIN, poll
from time import perf_counter

from waypost._ext.datagrams import HandlerInlet, Outbox
from waypost._ext.record import ENR
from waypost._ext.ring import Ring
from waypost._ext.secp256k1 import SecretKey
from waypost.config import Discv5Config
from waypost.discv5.machine import Machine

SEALED_COUNT = 64
SILENCE_MS = 200  # then what is in flight is lost
WHOAREYOU_SIZE_B = 63  # an answer of this size is no PONG


class Flood:
    def __init__(self, server: ENR) -> None:
        self.server = server
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind(("127.0.0.1", 0))
        self.readable = poll()
        self.readable.register(self.socket, POLLIN)
        self.ring = Ring(self.socket.fileno(), ipv6=False)
        self.outbox = Outbox(1024)
        self.served = 0

    def seal(self) -> list[bytes]:
        """Opens a session, and seals PINGs with it."""
        key = SecretKey(os.urandom(32))
        record = ENR.create(key, ip="127.0.0.1", udp=self.socket.getsockname()[1])
        machine = Machine(key, record, Discv5Config(), os.urandom(32), self.outbox, 0.0)
        first = machine.ping(self.server, 0.0)
        while not first.done:
            self.ring.flush(self.outbox)
            assert self.readable.poll(5000), "the server does not answer"
            self.ring.read(machine.wire, 0.0)
        for _ in range(SEALED_COUNT):
            machine.ping(self.server, 0.0)
        return [datagram for datagram, _ in self.outbox.drain()]

    def rate(self, sealed: list[bytes], in_flight: int, seconds: float) -> float:
        """PONGs a second, with so many PINGs under way at any time."""
        to = self.server.endpoint()
        inlet = HandlerInlet(self.on_answer)
        pings = cycle(sealed)
        self.served, owed = 0, in_flight
        start = perf_counter()
        while perf_counter() < start + seconds:
            for ping in islice(pings, owed):
                self.outbox.push(ping, to)
            self.ring.flush(self.outbox)
            answered = self.readable.poll(SILENCE_MS)
            owed = self.ring.read(inlet, 0.0) if answered else in_flight
        served, elapsed_s = self.served, perf_counter() - start
        under_way = in_flight - owed  # the next round begins with none
        while under_way > 0 and self.readable.poll(SILENCE_MS):
            under_way -= self.ring.read(inlet, 0.0)
        return served / elapsed_s

    def on_answer(self, data: bytes, address: bytes, now: float) -> None:
        self.served += len(data) > WHOAREYOU_SIZE_B


def main(server: str) -> None:
    flood = Flood(ENR.parse(server))
    sealed = flood.seal()
    for line in sys.stdin:
        in_flight, seconds = line.split()
        print(flood.rate(sealed, int(in_flight), float(seconds)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
