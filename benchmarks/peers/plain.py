"""A discv5 node in plain Python, without I/O: the twin of our wire.

It is what the oracle's functions make when they are put together in the most obvious way. It
serves well-behaved peers only: nothing is bounded and nothing times out.
"""

import os
from collections.abc import Callable
from ipaddress import ip_address

from coincurve import PublicKey, ecdsa

from tests.oracle import discv5 as oracle
from tests.oracle import enr

Address = tuple[str, int]
Peer = tuple[bytes, Address]


class PlainNode:
    """`talk(payload)` answers every TALKREQ; `answered` gets each answer to a request of ours."""

    def __init__(
        self,
        secret: bytes,
        address: Address,
        talk: Callable[[bytes], bytes] = bytes,
        answered: Callable[[tuple], object] = lambda message: None,
    ) -> None:
        self.secret = secret
        self.address = address
        self.talk = talk
        self.answered = answered
        ip = ip_address(address[0]).packed
        pairs = [(b"id", b"v4"), (b"ip", ip), (b"secp256k1", enr.public_key(secret))]
        self.record = enr.sign(secret, 1, [*pairs, (b"udp", address[1].to_bytes(2, "big"))])
        self.known: dict[bytes, tuple[int, PublicKey]] = {}  # by node id: seq and key
        self.node_id = self.know(self.record)
        self.outbox: list[tuple[bytes, Address]] = []
        self.sessions: dict[Peer, tuple[bytes, bytes]] = {}  # the key to write, the key to read
        self._challenges: dict[Peer, bytes] = {}
        self._asked: dict[bytes, tuple[Peer, bytes]] = {}  # by nonce, until the peer can read it

    def know(self, record: bytes) -> bytes:
        """Verifies a record and keeps what the handshake needs of it. Returns its node id."""
        seq, pairs, node_id = enr.parse(record)
        self.known[node_id] = seq, PublicKey(dict(pairs)[b"secp256k1"])
        return node_id

    # ---- out

    def request(self, peer: Peer, *message: object) -> None:
        """Sends (kind, request id, fields...); where there is no session, asks for one first."""
        plain = oracle.encode_message(*message)
        if peer in self.sessions:
            self._send(peer, oracle.MESSAGE, self.node_id, plain)
        else:
            nonce = self._send(peer, oracle.MESSAGE, self.node_id, os.urandom(4), os.urandom(16))
            self._asked[nonce] = peer, plain

    def _send(
        self, peer: Peer, flag: int, authdata: bytes, plain: bytes, key: bytes | None = None
    ) -> bytes:
        node_id, address = peer
        nonce = os.urandom(12)
        packet = oracle.Packet(flag, os.urandom(16), nonce, authdata, plain)
        sealed = oracle.encode_packet(packet, node_id, key or self.sessions[peer][0])
        self.outbox.append((sealed, address))
        return nonce

    # ---- in

    def receive(self, datagram: bytes, address: Address) -> None:
        packet = oracle.decode_packet(datagram, self.node_id)
        if isinstance(packet, str):
            return
        handlers = (self._on_message, self._on_whoareyou, self._on_handshake)
        handlers[packet.flag](packet, address)

    def _on_message(self, packet: oracle.Packet, address: Address) -> None:
        peer = packet.authdata, address
        plain = None
        if peer in self.sessions:
            _, read_key = self.sessions[peer]
            plain = oracle.unseal(read_key, packet.nonce, packet.body, packet.header())
        if plain is None:
            self._challenge(peer, packet.nonce)
        else:
            self._on_plain(peer, plain)

    def _challenge(self, peer: Peer, nonce: bytes) -> None:
        node_id, address = peer
        seq, _ = self.known.get(node_id, (0, None))
        authdata = oracle.whoareyou_authdata(os.urandom(16), seq)
        challenge = oracle.Packet(oracle.WHOAREYOU, os.urandom(16), nonce, authdata, b"")
        self._challenges[peer] = challenge.header()
        self.outbox.append((oracle.encode_packet(challenge, node_id), address))

    def _on_whoareyou(self, packet: oracle.Packet, address: Address) -> None:
        peer, plain = self._asked.pop(packet.nonce)
        node_id, _ = peer
        _, public_key = self.known[node_id]
        challenge, ephemeral = packet.header(), os.urandom(32)
        ephemeral_key = enr.public_key(ephemeral)
        proof = oracle.identity_proof(self.secret, challenge, ephemeral_key, node_id)
        self.sessions[peer] = oracle.session_keys(
            ephemeral, public_key.format(), challenge, self.node_id, node_id
        )
        own_seq, _ = self.known[self.node_id]
        record = self.record if int.from_bytes(packet.authdata[16:], "big") < own_seq else b""
        authdata = oracle.handshake_authdata(self.node_id, proof, ephemeral_key, record)
        self._send(peer, oracle.HANDSHAKE, authdata, plain)

    def _on_handshake(self, packet: oracle.Packet, address: Address) -> None:
        node_id, record = packet.authdata[:32], packet.authdata[131:]
        proof, ephemeral_key = packet.authdata[34:98], packet.authdata[98:131]
        peer = node_id, address
        challenge = self._challenges.pop(peer)
        if record and self.know(record) != node_id:
            return
        _, public_key = self.known[node_id]
        signed = oracle.identity_hash(challenge, ephemeral_key, self.node_id)
        der = ecdsa.cdata_to_der(ecdsa.deserialize_compact(proof))
        if not public_key.verify(der, signed, hasher=None):
            return
        read_key, write_key = oracle.session_keys(
            self.secret, ephemeral_key, challenge, node_id, self.node_id
        )
        self.sessions[peer] = write_key, read_key
        self._on_plain(peer, oracle.unseal(read_key, packet.nonce, packet.body, packet.header()))

    def _on_plain(self, peer: Peer, plain: bytes) -> None:
        message = oracle.decode_message(plain)
        kind, request_id, *fields = message
        if kind == oracle.PING:
            _, (host, port) = peer
            seq, _ = self.known[self.node_id]
            answer = oracle.PONG, request_id, seq, ip_address(host).packed, port
        elif kind == oracle.TALKREQ:
            answer = oracle.TALKRESP, request_id, self.talk(fields[1])
        else:
            self.answered(message)
            return
        self._send(peer, oracle.MESSAGE, self.node_id, oracle.encode_message(*answer))
