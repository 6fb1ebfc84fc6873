"""One end's handshake as a machine: bytes in, the packet to send and the codec of frames out."""

from waypost._ext.frames import FrameCodec
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RlpxConfig
from waypost.rlpx import handshake
from waypost.rlpx.handshake import Entropy

_MESSAGE_ID_SIZE_B = 1  # of Hello


class Agreement:
    """An initiator where remote_point (64 bytes) is given, else a recipient.

    `output` is what to send: the auth at once, the ack once the auth is read. `codec` and `point`,
    the peer's static point, are there when `feed` has returned bytes.
    """

    def __init__(
        self, secret: SecretKey, entropy: Entropy, remote_point: bytes | None, config: RlpxConfig
    ) -> None:
        self.codec: FrameCodec | None = None
        self.point = remote_point
        self.output = b""
        self._secret = secret
        self._entropy = entropy
        self._size_max_b = config.handshake_size_max_b
        # Until the peer's Hello is read, nothing larger is waited for.
        self._frame_size_max_b = config.hello_size_max_b + _MESSAGE_ID_SIZE_B
        self._received = b""
        self._is_initiator = remote_point is not None
        self._is_plain_tried = False
        if remote_point is not None:
            self.output = handshake.make_auth(secret, remote_point, entropy)

    def feed(self, data: bytes) -> bytes | None:
        """What came after the peer's packet, or None while more of that must come.

        Raises Refused. At most two packets' worth of work is done for a peer.
        """
        self._received += data
        plain_size_b = (
            handshake.PLAIN_ACK_SIZE_B if self._is_initiator else handshake.PLAIN_AUTH_SIZE_B
        )
        if self._received[:1] == b"\x04" and not self._is_plain_tried:
            if len(self._received) < plain_size_b:
                return None
            self._is_plain_tried = True
            if self._read(self._received[:plain_size_b], plain=True):
                return self._finish(plain_size_b)
        size = handshake.packet_size(self._received, plain_size_b, self._size_max_b)
        if len(self._received) < size:
            return None
        self._read(self._received[:size], plain=False)
        return self._finish(size)

    def _finish(self, size: int) -> bytes:
        """Forgets what is not needed any more, and wipes the keys of it."""
        rest, self._received = self._received[size:], b""
        self._entropy.close()
        return rest

    def _read(self, packet: bytes, *, plain: bool) -> bool:
        return (self._read_ack if self._is_initiator else self._read_auth)(packet, plain)

    def _read_ack(self, packet: bytes, plain: bool) -> bool:
        read = handshake.open_plain_ack if plain else handshake.open_ack
        ack = read(self._secret, packet)
        if ack is None:
            return False
        self.codec = handshake.initiator_codec(
            self._entropy, ack, self.output, packet, self._frame_size_max_b
        )
        return True

    def _read_auth(self, packet: bytes, plain: bool) -> bool:
        read = handshake.open_plain_auth if plain else handshake.open_auth
        auth = read(self._secret, packet)
        if auth is None:
            return False
        self.point = auth.point
        self.output = handshake.make_ack(auth.point, self._entropy, plain=plain)
        self.codec = handshake.recipient_codec(
            self._entropy, auth, packet, self.output, self._frame_size_max_b
        )
        return True
