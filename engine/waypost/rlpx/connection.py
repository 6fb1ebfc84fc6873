"""One end of an RLPx connection without I/O.

Feed it what the peer sends and the time; send what `drain_output` gives, read `drain_events`, call
`tick` at `deadline`, and `lost` when the peer hangs up. Once `closed`, send what is left, give the
peer a moment to hang up, and hang up. Nothing that a peer sends raises; why a peer was refused is
counted by name.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

from waypost._ext.frames import FrameCodec
from waypost._ext.secp256k1 import SecretKey
from waypost._ext.secp256k1 import decompress as point_of
from waypost.config import RlpxConfig
from waypost.errors import ConfigError
from waypost.rlpx import basics
from waypost.rlpx.agreement import Agreement
from waypost.rlpx.basics import Hello, Reason
from waypost.rlpx.capabilities import BASE_ID_COUNT, Capability, Shared, share
from waypost.rlpx.compression import compress, compressed_size_max_b, decompress
from waypost.rlpx.handshake import Entropy, Refused

_FRAME_SIZE_MAX_B = 0xFFFFFF  # the 24 bits of frame-size
_MESSAGE_ID_SIZE_MAX_B = 9  # in RLP


@dataclass(frozen=True, slots=True)
class Connected:
    """Both ends have said Hello; `point` is the peer's proven key, x || y."""

    point: bytes
    hello: Hello
    shared: tuple[Shared, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """`code` counts from 0 in its capability; `payload` is RLP, decompressed."""

    capability: Capability
    code: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The last event. `reason` is None where none was given; `refusal` names what was wrong with
    the peer, and is empty where nothing was.
    """

    reason: int | None
    by_peer: bool
    refusal: str = ""


Event = Connected | Message | Disconnected

Admit = Callable[[bytes], Reason | None]
"""Why the peer of this point (64 bytes) is not wanted, or None."""


class Connection:
    """An initiator where `remote_key` (33 or 65 bytes) is given, else a recipient.

    `now` is in seconds on any clock that does not go back. `refusals` may be shared by connections
    and counts by name. `admit` is asked before our Hello, as go-ethereum does, and again when the
    peer's is read. Raises ConfigError for capabilities that cannot be told apart, and
    KeyFileError where remote_key is no point.
    """

    def __init__(
        self,
        secret: SecretKey,
        capabilities: Iterable[Capability],
        entropy: Entropy,
        now: float,
        *,
        remote_key: bytes | None = None,
        client_id: str = "waypost",
        listen_port: int = 0,
        config: RlpxConfig | None = None,
        refusals: Counter[str] | None = None,
        admit: Admit = lambda point: None,
    ) -> None:
        self.config = config or RlpxConfig()
        self.refusals: Counter[str] = Counter() if refusals is None else refusals
        self.peer: Connected | None = None
        self.closed = False
        self._secret = secret
        self._admit = admit
        self._is_initiator = remote_key is not None
        self._capabilities = tuple(capabilities)
        if len({(each.name, each.version) for each in self._capabilities}) < len(
            self._capabilities
        ):
            raise ConfigError("a capability is named twice: give each version once")
        self._hello = basics.encode_hello(client_id, self._capabilities, listen_port, secret.point)
        if len(self._hello) > self.config.hello_size_max_b:
            raise ConfigError(f"our Hello is over {self.config.hello_size_max_b} bytes: say less")
        self._codec: FrameCodec | None = None
        self._snappy = False
        self._output: deque[bytes] = deque()
        self._output_size_b = 0
        self._events: list[Event] = []
        self._heard = now
        self._asked_at: float | None = None  # when a Ping went out that nothing followed
        self._handshake_deadline = now + self.config.handshake_timeout_s
        remote_point = None if remote_key is None else point_of(remote_key)
        self._agreement = Agreement(secret, entropy, remote_point, self.config)
        self._put(self._agreement.output)

    # ---- in

    def receive(self, data: bytes, now: float) -> None:
        """Handle what the peer has sent, cut anywhere. Never raises for its content."""
        if self.closed:
            return
        if self._codec is None:
            rest = self._agree(data)
            if self._codec is None or rest is None:
                return
            data = rest
        self._codec.feed(data)
        while not self.closed and (frame := self._codec.next()) is not None:
            self._heard, self._asked_at = now, None
            self._handle(*frame)
        if self._codec.refusal is not None and not self.closed:
            self._refuse(self._codec.refusal, Reason.PROTOCOL_BREACH)

    def tick(self, now: float, *, reading: bool = True) -> None:
        """Run the timers that are due. While the caller is not reading from the peer, its silence
        is not held against it, and it is told that we are here.
        """
        if now < self.deadline():
            return
        if self.peer is None:
            self._refuse("handshake-timeout", Reason.PING_TIMEOUT)
        elif reading and self._asked_at is not None:
            self._refuse("silence", Reason.PING_TIMEOUT)
        else:
            if reading:
                self._asked_at = now
            else:
                self._heard, self._asked_at = now, None
            self._send(basics.PING, basics.EMPTY_LIST)

    def lost(self) -> None:
        """The peer, or what lies between, has ended the connection under us."""
        if not self.closed:
            refusal = "" if self.peer else "handshake-truncated"
            self._end(Disconnected(None, by_peer=True, refusal=refusal))

    def abandon(self, refusal: str) -> None:
        """Close without a word to a peer that would not take it; the refusal is its name."""
        if not self.closed:
            self._close(Reason.TCP_ERROR, refusal=refusal, tell=False)

    # ---- out

    @property
    def output_size_b(self) -> int:
        """What `drain_output` would give."""
        return self._output_size_b

    def deadline(self) -> float:
        """When tick() is next needed, on the caller's clock."""
        if self.closed:
            return inf
        if self.peer is None:
            return self._handshake_deadline
        config = self.config
        if self._asked_at is None:
            return self._heard + config.ping_interval_s
        # It has this long to answer, however late we asked: we may have been stopped for a while.
        return self._asked_at + config.silence_timeout_s - config.ping_interval_s

    def drain_output(self, size_min_b: float = inf) -> bytes:
        """What to send to the peer: all of it, or the first frames that have so many bytes."""
        parts, size_b = [], 0
        while self._output and size_b < size_min_b:
            parts.append(self._output.popleft())
            size_b += len(parts[-1])
        self._output_size_b -= size_b
        return b"".join(parts)

    def drain_events(self) -> list[Event]:
        """What happened since the last time, oldest first."""
        events, self._events = self._events, []
        return events

    # ---- commands

    def send(self, name: str, code: int, *payloads: bytes) -> None:
        """Send messages of a shared capability. Does nothing once closed. A peer that does not
        take what it is sent is disconnected when config.output_size_max_b are waiting. Raises
        ConfigError for a capability that is not shared, a code it does not have, or a payload
        that is too large: then none is sent.
        """
        if self.closed:
            return
        for shared in self.peer.shared if self.peer else ():
            if shared.capability.name == name and 0 <= code < shared.capability.id_count:
                break
        else:
            raise ConfigError(f"this connection has no message {code} of {name!r}")
        if max(map(len, payloads), default=0) > self.config.message_size_max_b:
            raise ConfigError(f"a message is at most {self.config.message_size_max_b} bytes")
        self._send(shared.offset + code, *payloads)

    def disconnect(self, reason: Reason = Reason.REQUESTED) -> None:
        """Say why, and close."""
        if not self.closed:
            self._close(reason, refusal="", tell=True)

    # ---- what has come

    def _agree(self, data: bytes) -> bytes | None:
        """What came after the peer's handshake packet; None while that is not whole, or bad."""
        agreement = self._agreement
        try:
            rest = agreement.feed(data)
        except Refused as refused:  # there is no secret yet to say so with
            self._close(None, refusal=refused.reason, tell=False)
            return None
        if rest is not None:
            self._codec = agreement.codec
            if not self._is_initiator:
                self._put(agreement.output)
            assert agreement.point is not None
            if self._is_unwanted(agreement.point):
                return None
            self._send(basics.HELLO, self._hello)
        return rest

    def _is_unwanted(self, point: bytes) -> bool:
        reason = self._admit(point)
        if reason is not None:
            self._refuse(reason.name.lower().replace("_", "-"), reason)
        return reason is not None

    def _handle(self, message_id: int, data: bytes) -> None:
        is_basic = message_id < BASE_ID_COUNT
        size_max_b = self.config.hello_size_max_b if is_basic else self.config.message_size_max_b
        payload = decompress(data, size_max_b) if self._snappy else data
        if message_id == basics.DISCONNECT:  # accepted in any form: it is the last word
            # A peer that has not read our Hello has not compressed it.
            reason = basics.decode_disconnect((data if payload is None else payload)[:size_max_b])
            self._end(Disconnected(reason, by_peer=True))
        elif payload is None or len(payload) > size_max_b:
            self._refuse("compression" if self._snappy else "message-size", Reason.PROTOCOL_BREACH)
        elif self.peer is None:
            self._greet(message_id, payload)
        elif is_basic:
            self._answer(message_id)
        else:
            self._deliver(self.peer.shared, message_id, payload)

    def _greet(self, message_id: int, payload: bytes) -> None:
        """The first message is Hello."""
        hello = basics.decode_hello(payload, self.config.capability_count_max)
        if message_id != basics.HELLO or hello is None:
            return self._refuse("hello", Reason.PROTOCOL_BREACH)
        if hello.point == bytes(len(hello.point)):
            return self._refuse("null-identity", Reason.NULL_IDENTITY)
        if hello.point != self._agreement.point:
            return self._refuse("identity", Reason.UNEXPECTED_IDENTITY)
        if hello.point == self._secret.point:
            return self._refuse("self", Reason.SELF)
        if hello.version < basics.P2P_VERSION_MIN:
            return self._refuse("version", Reason.INCOMPATIBLE_VERSION)
        self._snappy = hello.version >= basics.SNAPPY_VERSION_MIN
        shared = share(self._capabilities, hello.capabilities)
        if not shared:
            return self._refuse("nothing-shared", Reason.USELESS_PEER)
        if self._is_unwanted(hello.point):
            return None
        self.peer = Connected(hello.point, hello, shared)
        assert self._codec is not None
        self._codec.widen(self._frame_size_max_b())
        self._events.append(self.peer)

    def _frame_size_max_b(self) -> int:
        """What the largest message takes, however badly it compresses."""
        size_b = max(self.config.hello_size_max_b, self.config.message_size_max_b)
        return min(_MESSAGE_ID_SIZE_MAX_B + compressed_size_max_b(size_b), _FRAME_SIZE_MAX_B)

    def _answer(self, message_id: int) -> None:
        if message_id == basics.HELLO:
            self._refuse("second-hello", Reason.PROTOCOL_BREACH)
        elif message_id == basics.PING:
            self._send(basics.PONG, basics.EMPTY_LIST)

    def _deliver(self, shared: tuple[Shared, ...], message_id: int, payload: bytes) -> None:
        for each in shared:
            if 0 <= message_id - each.offset < each.capability.id_count:
                code = message_id - each.offset
                self._events.append(Message(each.capability, code, payload))
                return
        self._refuse("message-id", Reason.PROTOCOL_BREACH)

    # ---- what is sent

    def _put(self, data: bytes) -> None:
        if data:
            self._output.append(data)
            self._output_size_b += len(data)

    def _send(self, message_id: int, *payloads: bytes) -> None:
        assert self._codec is not None
        for payload in map(compress, payloads) if self._snappy else payloads:
            self._put(self._codec.seal(message_id, payload))
        if self._output_size_b > self.config.output_size_max_b and not self.closed:
            self._close(Reason.TCP_ERROR, refusal="output", tell=False)

    # ---- the end

    def _refuse(self, refusal: str, reason: Reason) -> None:
        self._close(reason, refusal=refusal, tell=True)

    def _close(self, reason: Reason | None, *, refusal: str, tell: bool) -> None:
        self._end(Disconnected(reason, by_peer=False, refusal=refusal))
        if tell and reason is not None and self._codec is not None:
            self._send(basics.DISCONNECT, basics.encode_disconnect(reason))

    def _end(self, event: Disconnected) -> None:
        self.closed = True
        self._events.append(event)
        if event.refusal:
            self.refusals[event.refusal] += 1
