"""A client that is lighter than any mail server: it asks, and counts the bytes that come.

It is given a form of request, a server's enode and password. It reads lines "<lower> <upper>
<bytes>", and answers each with the seconds until so much has come.
"""

import os
import socket
import sys
import time

from benchmarks.peers.light_frames import LightFrames
from waypost._ext.envelope import Envelope
from waypost._ext.frames import FrameCodec
from waypost._ext.secp256k1 import SecretKey
from waypost.mail import completion
from waypost.mail.completion import Completed
from waypost.mail.request import Form, MailRequest, encode
from waypost.rlpx import basics, handshake
from waypost.rlpx.capabilities import BASE_ID_COUNT
from waypost.rlpx.compression import compress, decompress
from waypost.rlpx.handshake import Entropy
from waypost.whisper import symmetric
from waypost.whisper.message import compose
from waypost.whisper.packets import SHH, Code, Status, encode_status

PATIENCE_S = 60.0
POW = 0.01
TTL_S = 50
PAYLOAD_SIZE_MAX_B = 1024  # of what is read


class Tally:
    """A connection to a mail server, statuses exchanged."""

    def __init__(self, enode: str, password: str) -> None:
        point, _, address = enode.removeprefix("enode://").partition("@")
        host, _, port = address.partition("?")[0].rpartition(":")
        self.key = SecretKey(os.urandom(32))
        self.password_key = symmetric.key_from_password(password)
        self.socket = socket.create_connection((host, int(port)), PATIENCE_S)
        self.frames, self.codec = self.shake_hands(bytes.fromhex(point))
        hello = basics.encode_hello("tally", [SHH], 0, self.key.point)
        self.socket.sendall(self.codec.seal(basics.HELLO, hello))
        assert self.frames.next()[0] == basics.HELLO
        self.send(BASE_ID_COUNT + Code.STATUS, encode_status(Status()))
        code = -1
        while code != Code.STATUS:
            code, _, _ = self.next()

    def shake_hands(self, point: bytes) -> tuple[LightFrames, FrameCodec]:
        entropy = Entropy.draw(os.urandom)
        auth = handshake.make_auth(self.key, point, entropy)
        self.socket.sendall(auth)
        size = self.socket.recv(2, socket.MSG_WAITALL)
        packet = size + self.socket.recv(int.from_bytes(size), socket.MSG_WAITALL)
        ack = handshake.open_ack(self.key, packet)
        aes_secret, _ = handshake.secrets(
            entropy.ephemeral, ack.ephemeral_point, entropy.nonce, ack.nonce
        )
        codec = handshake.initiator_codec(entropy, ack, auth, packet, 0xFFFFFF)
        return LightFrames(self.socket, aes_secret, BASE_ID_COUNT + Code.P2P_MESSAGE), codec

    def send(self, message_id: int, payload: bytes) -> None:
        self.socket.sendall(self.codec.seal(message_id, compress(payload)))

    def next(self) -> tuple[int, int, bytes]:
        """The code of the next message of Whisper, the size of mail, the payload of all else."""
        while True:
            message_id, size_b, data = self.frames.next()
            assert message_id != basics.DISCONNECT, f"the server hung up: {data.hex()}"
            if message_id == basics.PING:
                self.send(basics.PONG, basics.EMPTY_LIST)
            elif message_id >= BASE_ID_COUNT:
                return message_id - BASE_ID_COUNT, size_b, data

    def ask(self, request: MailRequest) -> None:
        """Encrypted with the server's password."""
        plain = compose(encode(request), padding=os.urandom(16), signer=self.key)
        data = symmetric.seal(plain, self.password_key, nonce=os.urandom(symmetric.NONCE_SIZE_B))
        expiry_s = int(time.time()) + TTL_S
        envelope = Envelope.create(expiry_s=expiry_s, ttl_s=TTL_S, topic=bytes(4), data=data)
        _, nonce = envelope.search(0, 1 << 20, envelope.bits_for(POW))
        self.send(BASE_ID_COUNT + Code.P2P_REQUEST, envelope.sealed(nonce).raw)

    def whole(self, lower_s: int, upper_s: int, size_b: int) -> None:
        """As of go-ethereum's server, which does not say when it is done."""
        self.ask(MailRequest(lower_s=lower_s, upper_s=upper_s, form=Form.LEGACY))
        while size_b > 0:
            code, mail_size_b, _ = self.next()
            size_b -= mail_size_b if code == Code.P2P_MESSAGE else 0
        assert size_b == 0, f"{-size_b} bytes more than there are"

    def paged(self, lower_s: int, upper_s: int, size_b: int) -> None:
        """As of Status's servers, page after page, several envelopes in a message."""
        cursor, more = b"", True
        while more:
            self.ask(MailRequest(lower_s=lower_s, upper_s=upper_s, cursor=cursor))
            code = -1
            while code != Code.P2P_REQUEST_COMPLETE:
                code, mail_size_b, data = self.next()
                size_b -= mail_size_b if code == Code.P2P_MESSAGE else 0
            page = completion.decode(decompress(data, PAYLOAD_SIZE_MAX_B) or b"")
            assert isinstance(page, Completed), page
            cursor, more = page.cursor, bool(page.cursor)
        assert size_b <= 0, f"{size_b} bytes are missing"  # bundles are lists, and have heads


def main(form: str, enode: str, password: str) -> None:
    client = Tally(enode, password)
    ask = {"whole": client.whole, "paged": client.paged}[form]
    print("connected", flush=True)
    for line in sys.stdin:
        start_s = time.perf_counter()
        ask(*map(int, line.split()))
        print(time.perf_counter() - start_s, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
