"""Any meetings of a Whisper node with peers, beside its slow twin; and hostile ones."""

import struct

import rlp
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import whisper as oracle
from tests.oracle import whisper_node as twin
from tests.whispers import NOW, packet
from waypost._ext.acceptance import REFUSALS, assess
from waypost._ext.bloom import bloom_of, matching, matching_at
from waypost._ext.envelope import WORKS, Envelope
from waypost.config import RateConfig, WhisperConfig
from waypost.errors import EnvelopeError
from waypost.whisper.acceptance import Refusal
from waypost.whisper.effects import Arrival, Drop, Send
from waypost.whisper.machine import Whisper
from waypost.whisper.packets import decode_status, encode_status

START_S = int(NOW)
NO_LIMIT = RateConfig(packets_per_s=float("inf"), bytes_per_s=float("inf"))
TOPICS = [b"abcd", b"wxyz", b"0123"]
WANTED = [twin.FULL, bloom_of(TOPICS[:1]), bloom_of(TOPICS[:2]), bytes(64)]
POWS = [0.0, 0.5, 4.0]
POW_MIN = 0.01
PEERS = [bytes([n]) * 32 for n in range(4)]

topics = st.binary(min_size=4, max_size=4)


def made(number):
    """The fields of an envelope: of three topics, several lives, and more or less work."""
    fields = [START_S + number % 4 * 2 + 1, 20, TOPICS[number % 3], bytes([number]), 0]
    if number == 0:
        fields[1] = 1 << 20  # too little work for that
    if number == 1:
        fields[0] += 60  # from the future
    envelope = Envelope.create(**dict(zip(NAMES, fields, strict=True)))
    return (*fields[:4], envelope.search(0, 1 << 13, 5 + number % 7)[1])


NAMES = ("expiry_s", "ttl_s", "topic", "data", "nonce")
FIELDS = [made(number) for number in range(16)]
ENVELOPES = [Envelope.create(**dict(zip(NAMES, each, strict=True))) for each in FIELDS]
NUMBER_OF = {envelope.hash: number for number, envelope in enumerate(ENVELOPES)}

peers = st.sampled_from(PEERS)
every_number = st.lists(st.integers(0, len(FIELDS) - 1), max_size=3)
numbers = st.lists(st.integers(2, len(FIELDS) - 1), min_size=1, max_size=6)
wishes = st.tuples(st.sampled_from(WANTED), st.sampled_from(POWS), st.booleans())
steps = st.one_of(
    st.tuples(st.just("messages"), peers, numbers),
    st.tuples(st.just("post"), numbers),
    st.tuples(st.just("tick"), st.sampled_from([0.4, 0.4, 1.5])),
    st.tuples(st.just("bloom"), peers, st.sampled_from(WANTED)),
    st.tuples(st.just("pow"), peers, st.sampled_from(POWS)),
    st.tuples(st.sampled_from(["hold", "release", "disconnect"]), peers),
    st.tuples(st.just("connect"), peers, wishes),
    st.tuples(st.just("messages"), peers, every_number),
    st.tuples(st.just("post"), every_number),
)


class Pair:
    """A node and its twin, that are told the same."""

    def __init__(self, count_max, light):
        self.now = NOW
        self.node = Whisper(
            WhisperConfig(
                pow_min=POW_MIN,
                pool_count_max=count_max,
                light=light,
                node_rate=NO_LIMIT,
                address_rate=NO_LIMIT,
            )
        )
        self.twin = twin.Node(POW_MIN, count_max, light)

    def do(self, step, *arguments):
        if step in ("post", "tick") or arguments[0] in self.twin.peers:
            getattr(self, step)(*arguments)
        elif step == "connect":
            self.connect(*arguments)
        self.node.drain()

    def connect(self, peer, wish):
        wanted, pow_min, confirmations = wish
        if peer not in self.twin.peers:
            self.node.connected(peer, "203.0.113.1", self.now)
            items = [6, struct.pack(">d", pow_min).lstrip(b"\0"), wanted, 0, int(confirmations)]
            self.node.receive(peer, 0, rlp.encode(items), self.now)
            self.twin.peers[peer] = twin.Peer(wanted, pow_min, confirmations)

    def disconnect(self, peer):
        self.node.disconnected(peer)
        del self.twin.peers[peer]

    def messages(self, peer, chosen):
        self.twin.expire(int(self.now))
        named = [(number, FIELDS[number]) for number in chosen]
        new, fault = self.twin.receive(peer, named, int(self.now))
        self.node.pool.expire(int(self.now))
        self.node.receive(peer, 1, packet(*(ENVELOPES[number] for number in chosen)), self.now)
        effects = self.node.drain()
        arrived = [
            NUMBER_OF[e.hash] for a in effects if isinstance(a, Arrival) for e in a.envelopes
        ]
        assert arrived == new
        assert [each.refusal for each in effects if isinstance(each, Drop)] == [fault] * bool(
            fault
        )
        if fault:
            del self.twin.peers[peer]

    def post(self, chosen):
        for number in chosen:
            self.twin.expire(int(self.now))
            expected = self.twin.post(number, FIELDS[number], int(self.now))
            try:
                self.node.post([ENVELOPES[number]], self.now)
            except EnvelopeError:
                assert not expected
            else:
                assert expected

    def bloom(self, peer, wanted):
        self.node.receive(peer, 3, rlp.encode(wanted), self.now)
        self.twin.peers[peer].wanted = wanted

    def pow(self, peer, pow_min):
        self.node.receive(peer, 2, rlp.encode(struct.pack(">d", pow_min).lstrip(b"\0")), self.now)
        self.twin.peers[peer].pow_min = pow_min

    def hold(self, peer):
        self.node.hold(peer)
        self.twin.peers[peer].held = True

    def release(self, peer):
        self.node.release(peer)
        self.twin.peers[peer].held = False

    def tick(self, seconds):
        self.now += seconds
        self.twin.expire(int(self.now))
        self.node.tick(self.now)
        sent = {}
        for effect in self.node.drain():
            if isinstance(effect, Send):
                found = [NUMBER_OF[e.hash] for e in Envelope.parse_list(effect.payload)]
                assert len(set(found)) == len(found)
                sent[effect.peer] = set(found)
        assert sent == self.twin.transmit(int(self.now))
        assert {NUMBER_OF[name] for name in self.node.pool.entries} == set(self.twin.pool)
        raws = [entry.envelope.raw for entry in self.node.pool.entries.values()]
        assert self.node.pool.size_b == sum(map(len, raws))
        assert self.node.deadline() > self.now


@given(
    st.lists(wishes, min_size=len(PEERS), max_size=len(PEERS)),
    st.lists(steps, min_size=25, max_size=50),
    st.sampled_from([5, 100, 100]),
    st.sampled_from([False, False, True]),
)
def test_a_node_does_what_its_twin_does(first, taken, count_max, light):
    pair = Pair(count_max, light)
    for peer, wish in zip(PEERS, first, strict=True):
        pair.do("connect", peer, wish)
    for step in taken:
        pair.do(*step)
    pair.tick(1)
    pair.tick(100)
    assert not pair.node.pool.entries


payloads = st.one_of(
    st.binary(max_size=200),
    st.recursive(st.binary(max_size=70), st.lists, max_leaves=12).map(rlp.encode),
)


@given(st.lists(st.tuples(st.integers(0, 127), payloads, st.floats(0, 3)), max_size=30))
def test_no_payload_raises(received):
    node = Whisper(WhisperConfig(pow_min=0.0, confirmations=True))
    now = NOW
    for code, payload, seconds in received:
        now += seconds
        node.disconnected(PEERS[0])
        node.connected(PEERS[0], "203.0.113.1", now)
        node.receive(PEERS[0], code, payload, now)
        node.receive(PEERS[0], 0, rlp.encode([6]), now)
        node.receive(PEERS[0], code, payload, now)
        node.tick(now)
        for effect in node.drain():
            if isinstance(effect, Arrival):
                node.acknowledge(effect)
        assert node.deadline() >= now


@given(payloads)
def test_a_status_that_is_read_says_the_same_again(payload):
    status = decode_status(payload)
    if not isinstance(status, str):
        assert decode_status(encode_status(status)) == status


@given(
    st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), topics, st.binary(max_size=9)),
    st.sampled_from(WORKS),
    st.integers(-100, 100),
    st.floats(0, 2**-20),
    st.lists(topics, max_size=40),
)
def test_acceptance_is_as_written_out(fields, work, since_s, pow_min, wanted_topics):
    envelope = Envelope.create(**dict(zip(NAMES, fields, strict=False)), work=work)
    wanted = bloom_of(wanted_topics)
    for now_s in (max(0, fields[0] - fields[1]) + since_s, fields[0] + since_s):
        (answer,) = assess(
            [envelope], now_s, skew_s_max=10, size_max_b=25, pow_min=pow_min, bloom=wanted
        )
        expected = twin.refusal(
            (*fields, 0), work, now_s, size_max=25, pow_min=pow_min, wanted=wanted
        )
        assert answer == (expected or twin.pow_now((*fields, 0), work, now_s))


@given(st.lists(topics, max_size=9), st.lists(topics, max_size=9))
def test_topics_that_match_are_found_by_their_places(wanted, several):
    bloom = bloom_of(wanted)
    found = matching_at(bloom, b"".join(several))
    assert [several[at] for at in found] == matching(bloom, several)
    assert found == [
        at for at, each in enumerate(several) if oracle.matches(bloom, oracle.bloom(each))
    ]


def test_the_names_of_refusals_are_the_same():
    assert tuple(Refusal) == REFUSALS
