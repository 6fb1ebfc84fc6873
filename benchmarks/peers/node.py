"""`waypost.Node` as a server of PING and TALKREQ, and as a client of TALKREQ."""

import sys

from benchmarks.peers import control
from benchmarks.peers.control import PAYLOAD, PROTOCOL
from waypost import ENR, Node, run


async def main(server: str | None = None) -> None:
    async with Node(listen="127.0.0.1:0") as node:
        if server is None:
            node.on_talk(PROTOCOL)(lambda node_id, address, payload: payload)
            await control.serve(node.record.text)
        else:
            peer = ENR.parse(server)
            await control.measure(lambda: node.talk(peer, PROTOCOL, PAYLOAD))


if __name__ == "__main__":
    run(main(*sys.argv[1:]))
