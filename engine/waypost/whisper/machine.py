"""A Whisper v6 node without I/O (EIP-627, and the packets that Status added).

Tell it of peers, of what they send and of the time; do what `drain` gives, and call `tick` at
`deadline`. Nothing that a peer sends raises: what was refused is counted by name in `refusals`,
and a peer at fault is disconnected.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from math import inf

from waypost._ext.digest import keccak256
from waypost._ext.envelope import Envelope
from waypost.config import WhisperConfig
from waypost.errors import ConfigError, EnvelopeError
from waypost.rlpx.admission import address_of
from waypost.rlpx.basics import Reason
from waypost.whisper import packets
from waypost.whisper.clock import SteadyClock
from waypost.whisper.effects import (
    Acknowledged,
    Answered,
    Arrival,
    Drop,
    Effect,
    Packet,
    Ready,
    Send,
)
from waypost.whisper.intake import Intake
from waypost.whisper.limits import Meters, Verdict
from waypost.whisper.packets import SHH, Code, Status
from waypost.whisper.peer import Bits, Peer
from waypost.whisper.pool import Pool
from waypost.whisper.relay import Relay
from waypost.whisper.terms import Terms

__all__ = ["SHH", "Whisper"]

_MAIL_CODES = range(Code.SYNC_REQUEST, Code.P2P_MESSAGE + 1)
_TRUSTED_CODES = (Code.SYNC_RESPONSE, Code.P2P_REQUEST_COMPLETE, Code.P2P_MESSAGE)
_ENVELOPE_COST_B = 128  # to take a smaller envelope costs as much as so many bytes
_EARLY_S = 0.001  # a tick may come so much before its deadline: numbers are rounded


class Whisper:
    """A full node, or a light one (config.light). Peers are named by 32 bytes, their node id;
    `now` is in seconds since 1970.
    """

    def __init__(self, config: WhisperConfig | None = None) -> None:
        self.config = config = config or WhisperConfig()
        self.refusals: Counter[str] = Counter()
        self.pool = Pool(config.pool_count_max, config.pool_size_max_b)
        self.relay = Relay(self.pool, config)
        self._terms = Terms(config)
        self.intake = Intake(config, self.pool, self._terms, self.refusals)
        self._peers: dict[bytes, Peer] = {}
        self._greeting: dict[bytes, Peer] = {}  # those that owe us their status, oldest first
        self._bits = Bits()
        self._nodes = Meters(config.node_rate, config.address_count_max)
        self._addresses = Meters(config.address_rate, config.address_count_max)
        self._clock = SteadyClock()
        self._transmitted_s = -config.transmit_interval_s
        self._transmit_s = inf
        self._effects: list[Effect] = []
        self._readers: dict[int, Callable[[Peer, bytes, float], None]] = {
            Code.MESSAGES: self._messages,
            Code.POW_REQUIREMENT: self._pow_requirement,
            Code.BLOOM_FILTER: self._bloom_filter,
            Code.BATCH_ACKNOWLEDGED: self._acknowledged,
            Code.MESSAGES_RESPONSE: self._answered,
            Code.RATE_LIMITS: self._rate_limits,
        }

    # ---- peers

    def connected(self, peer: bytes, host: str, now: float) -> None:
        """A peer that speaks shh/6, at a numeric host; it is sent our status. Raises ConfigError
        for one that is connected.
        """
        if peer in self._peers:
            raise ConfigError(f"peer {peer.hex()} is connected: name each once")
        elapsed_s = self._clock.tell(now)
        if len(self._peers) >= self.config.peer_count_max:
            self.refusals["too-many-peers"] += 1
            self._effects.append(Drop(peer, Reason.TOO_MANY_PEERS, "too-many-peers"))
            return
        address = address_of(host)
        meters = self._nodes.take(peer, elapsed_s), self._addresses.take(address, elapsed_s)
        known = Peer(peer, address, self._bits.take(), meters)
        known.status_until = elapsed_s + self.config.status_timeout_s
        self._peers[peer] = self._greeting[peer] = known
        terms, config = self._terms, self.config
        status = Status(terms.pow_min, terms.bloom, config.light, config.confirmations)
        self._effects.append(Send(peer, Code.STATUS, packets.encode_status(status)))

    def disconnected(self, peer: bytes) -> None:
        """It is gone. Nothing happens for one that is not there."""
        known = self._peers.pop(peer, None)
        if known is None:
            return
        self._greeting.pop(peer, None)
        self._nodes.give_back(peer, self._clock.elapsed_s)
        self._addresses.give_back(known.address, self._clock.elapsed_s)
        if wiped := self._bits.give_back(known.bit):
            self.pool.forget(wiped)

    def trust(self, peer: bytes) -> None:
        """From now on mail is taken from it, and it has no rate limits."""
        if peer in self._peers:
            self._peers[peer].trusted = True

    def hold(self, peer: bytes) -> None:
        """Pass nothing on to it for now: it does not take what it was sent."""
        if peer in self._peers:
            self._peers[peer].held = True

    def release(self, peer: bytes) -> None:
        """It takes again: pass on to it what came meanwhile and has not expired."""
        if peer in self._peers:
            self._peers[peer].held = False
            self._serve(self._peers[peer])

    # ---- what we do

    def post(self, envelopes: Sequence[Envelope], now: float) -> None:
        """Put our own into the pool, for all peers that want them. Raises EnvelopeError where the
        network would refuse one or the pool is full, and takes none then.
        """
        self._clock.tell(now)
        self.pool.expire(int(now))
        self.intake.take_own(envelopes, int(now))
        self._wake()

    def acknowledge(self, arrival: Arrival) -> None:
        """Answer a packet, where its sender wants that: what was refused, and that it is taken."""
        if arrival.batch_hash and arrival.peer in self._peers:
            response = packets.encode_response(arrival.batch_hash, arrival.refused)
            self.send(arrival.peer, Code.MESSAGES_RESPONSE, response)
            acknowledgement = packets.encode_acknowledgement(arrival.batch_hash)
            self.send(arrival.peer, Code.BATCH_ACKNOWLEDGED, acknowledgement)

    def send(self, peer: bytes, code: int, payload: bytes) -> None:
        """Send a packet to a peer, if it is there."""
        if peer in self._peers:
            self._effects.append(Send(peer, code, payload))

    def set_pow_min(self, pow_min: float, now: float) -> None:
        """Take envelopes with this work from now on, and tell all peers. Raises ConfigError."""
        self._terms.change(self._clock.tell(now), pow_min=pow_min)
        self._tell_all(Code.POW_REQUIREMENT, packets.encode_pow(pow_min))

    def set_bloom(self, bloom: bytes, now: float) -> None:
        """Take envelopes that this bloom lets through, and tell all peers. Raises ConfigError."""
        self._terms.change(self._clock.tell(now), bloom=bloom)
        self._tell_all(Code.BLOOM_FILTER, packets.encode_bloom(bloom))

    def _tell_all(self, code: Code, payload: bytes) -> None:
        for peer in self._peers:
            self.send(peer, code, payload)

    # ---- time

    def tick(self, now: float) -> None:
        """Pass on, forget what expired, drop those that do not say their status: what is due."""
        elapsed_s = self._clock.tell(now)
        due_s = elapsed_s + _EARLY_S
        self._terms.settle(due_s)
        self.pool.expire(int(now))
        while self._greeting:
            peer = next(iter(self._greeting.values()))
            if due_s < peer.status_until:
                break
            self._drop(peer, "status-timeout")
        if due_s >= self._transmit_s:
            self._transmit(int(now), elapsed_s)

    def deadline(self) -> float:
        """When tick() is next needed, in seconds since 1970."""
        waiting = next(iter(self._greeting.values()), None)
        steady_s = min(
            self._transmit_s,
            waiting.status_until if waiting else inf,
            self._terms.lenient_until,
        )
        return min(self._clock.at(steady_s), self.pool.deadline())

    def drain(self) -> list[Effect]:
        """What to do, and what happened, in order."""
        effects, self._effects = self._effects, []
        return effects

    def _wake(self) -> None:
        """There is something to pass on."""
        interval_s = self.config.transmit_interval_s
        self._transmit_s = min(self._transmit_s, self._transmitted_s + interval_s)

    def _serve(self, peer: Peer) -> None:
        if self.relay.is_behind(peer):
            self._wake()

    def _transmit(self, now_s: int, elapsed_s: float) -> None:
        for peer, payload in self.relay.packets(self._peers.values(), now_s):
            self._effects.append(Send(peer.name, Code.MESSAGES, payload))
        self._transmitted_s, self._transmit_s = elapsed_s, inf
        for peer in self._peers.values():
            self._serve(peer)

    # ---- what comes

    def receive(self, peer: bytes, code: int, payload: bytes, now: float) -> None:
        """A packet has come. Never raises for its content."""
        known = self._peers.get(peer)
        if known is None:
            return
        self._clock.tell(now)
        if not self._is_in_time(known, code, len(payload)):
            return
        if len(payload) > self.config.packet_size_max_b:
            self._drop(known, "packet-size")
        elif code == Code.STATUS or not known.ready:
            self._status(known, code, payload)
        elif reader := self._readers.get(code):
            reader(known, payload, now)
        elif code in _MAIL_CODES:
            self._mail(known, code, payload)
        else:
            self.refusals["unknown-code"] += 1

    def _is_in_time(self, peer: Peer, code: int, size_b: int) -> bool:
        """Whether a packet is within the rates of its node and of its address.

        Mail is one of the packets of its address, and none of its node's: a history takes as many
        requests as it has pages, which those who answer them count.
        """
        if peer.trusted:
            return True
        of_node = 0 if code in _MAIL_CODES else 1
        for meters, meter, packet_count in (
            (self._nodes, peer.node_meter, of_node),
            (self._addresses, peer.address_meter, 1),
        ):
            verdict = meters.spend(meter, size_b, self._clock.elapsed_s, packet_count)
            if verdict is Verdict.DISCONNECT:
                self._drop(peer, "rate")
                return False
            if verdict is Verdict.IGNORE:
                self.refusals["rate-ignored"] += 1
                return False
        return True

    def _status(self, peer: Peer, code: int, payload: bytes) -> None:
        """The first packet, and only that, is a status."""
        if code != Code.STATUS:
            return self._drop(peer, "no-status")
        if peer.ready:
            return self._drop(peer, "second-status")
        status = packets.decode_status(payload)
        if isinstance(status, str):
            return self._drop(peer, status)
        if status.light and self.config.light:
            return self._drop(peer, "both-light")
        peer.ready = True
        peer.pow_min, peer.bloom = status.pow_min, status.bloom
        peer.confirmations, peer.limits = status.confirmations, status.limits
        del self._greeting[peer.name]
        self._effects.append(Ready(peer.name, status))
        self._serve(peer)

    def _messages(self, peer: Peer, payload: bytes, now: float) -> None:
        try:
            envelopes = Envelope.parse_list(payload, self.config.work)
        except EnvelopeError as error:
            return self._drop(peer, error.reason)
        undersize_b = _ENVELOPE_COST_B * len(envelopes) - len(payload)
        if undersize_b > 0 and not self._is_in_time(peer, Code.MESSAGES, undersize_b):
            return None
        taken = self.intake.take(peer, envelopes, int(now))
        if taken.new or peer.confirmations:
            batch_hash = keccak256(payload) if peer.confirmations else b""
            self._effects.append(Arrival(peer.name, batch_hash, taken.new, taken.refused))
        if taken.new:
            self._wake()
        if taken.fault:  # is counted with its envelope
            self._hang_up(peer, taken.fault)

    def _pow_requirement(self, peer: Peer, payload: bytes, now: float) -> None:
        pow_min = packets.decode_pow(payload)
        if pow_min is None:
            return self._drop(peer, "bad-pow")
        if pow_min < peer.pow_min:
            peer.cursor = 0
        peer.pow_min = pow_min
        self._serve(peer)

    def _bloom_filter(self, peer: Peer, payload: bytes, now: float) -> None:
        bloom = packets.decode_bloom(payload)
        if bloom is None:
            return self._drop(peer, "bad-bloom")
        if bloom != peer.bloom:
            peer.bloom, peer.cursor = bloom, 0
            self._serve(peer)

    def _acknowledged(self, peer: Peer, payload: bytes, now: float) -> None:
        batch_hash = packets.decode_acknowledgement(payload)
        if batch_hash is None:
            return self._drop(peer, "bad-acknowledgement")
        self._effects.append(Acknowledged(peer.name, batch_hash))

    def _answered(self, peer: Peer, payload: bytes, now: float) -> None:
        if len(payload) > packets.RESPONSE_SIZE_MAX_B:
            self.refusals["long-response"] += 1
            return None
        answer = packets.decode_response(payload)
        if answer is None:
            return self._drop(peer, "bad-response")
        self._effects.append(Answered(peer.name, *answer))

    def _rate_limits(self, peer: Peer, payload: bytes, now: float) -> None:
        limits = packets.decode_limits(payload)
        if limits is None:
            return self._drop(peer, "bad-limits")
        peer.limits = limits

    def _mail(self, peer: Peer, code: int, payload: bytes) -> None:
        if code in _TRUSTED_CODES and not peer.trusted:
            self.refusals["untrusted"] += 1
        else:
            self._effects.append(Packet(peer.name, code, payload))

    def _drop(self, peer: Peer, why: str) -> None:
        self.refusals[why] += 1
        self._hang_up(peer, why)

    def _hang_up(self, peer: Peer, why: str) -> None:
        self.disconnected(peer.name)
        self._effects.append(Drop(peer.name, Reason.SUBPROTOCOL, why))
