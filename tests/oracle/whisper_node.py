"""What a Whisper node takes and passes on, as go-ethereum decides it: each peer has a set of what
it knows, and each time every envelope is compared with every peer.
"""

from tests.oracle.whisper import bits, bloom, divisor, encode, matches, prefix

SIZE_MAX = 128 << 20
FULL = b"\xff" * 64
_CLOCKS_DIFFER = ("from-the-future", "very-old")
_NO_FAULTS = (None, "expired", "ttl-beyond-expiry", "no-lifetime")


def pow_now(envelope, work, now):
    """The work, with the time to its sending and a second added to the ttl of an early one."""
    expiry, ttl, *_ = envelope
    early = max(0, expiry - ttl - now)
    zeros = bits(work, prefix(work, envelope), envelope[4])
    return 2.0**zeros / divisor(work, envelope) / (ttl + early + (1 if early else 0))


def refusal(envelope, work, now, *, skew=10, size_max=1 << 20, pow_min=0.2, wanted=FULL):
    """What `add` says of an envelope, or None; before that, what no honest sender makes."""
    expiry, ttl, topic, data, _ = envelope
    sent = expiry - ttl
    if sent < 0:
        return "ttl-beyond-expiry"
    if ttl == 0:
        return "no-lifetime"
    if sent - skew > now:
        return "from-the-future"
    if expiry < now:
        return "very-old" if expiry + 2 * skew < now else "expired"
    if 20 + len(data) > size_max:
        return "too-large"
    if pow_now(envelope, work, now) < pow_min:
        return "low-work"
    return None if matches(wanted, bloom(topic)) else "bloom-mismatch"


def level(pow, size, count_max, size_max):
    """The power of two of an envelope's work; one smaller than its share of a pool has less."""
    work, level = pow * min(1.0, size / (size_max / count_max)), 0
    while work >= 2:
        work, level = work / 2, level + 1
    while work < 1:
        work, level = work * 2, level - 1
    return level


def give_way(pool, count, size, level, count_max, size_max):
    """The names in a pool {name: (level, size)} that make room for some of a level, or None."""
    order = sorted(enumerate(pool.items()), key=lambda each: (each[1][1][0], -each[0]))
    lower = [name for _, (name, each) in order if each[0] < level]
    left = dict(pool)
    gone = []
    while (
        len(left) + count > count_max or sum(each[1] for each in left.values()) + size > size_max
    ):
        if not lower:
            return None
        gone.append(lower.pop(0))
        del left[gone[-1]]
    return gone


class Peer:
    def __init__(self, wanted, pow_min, confirmations):
        self.wanted, self.pow_min, self.confirmations = wanted, pow_min, confirmations
        self.known = set()
        self.held = False


class Node:
    """Envelopes are tuples of their five fields, named by any key."""

    def __init__(self, pow_min, count_max, light):
        self.pow_min, self.count_max, self.light = pow_min, count_max, light
        self.peers = {}
        self.pool = {}  # name: (envelope, its work when it came, whether to pass it on)

    def expire(self, now):
        self.pool = {name: each for name, each in self.pool.items() if each[0][0] >= now}

    def receive(self, peer, envelopes, now):
        """(the names of the new ones, the first fault of the peer, if any)."""
        new, fault = [], None
        for name, envelope in envelopes:
            if name in self.pool:
                self.peers[peer].known.add(name)
                continue
            why = refusal(envelope, "leading", now, pow_min=self.pow_min)
            pow = pow_now(envelope, "leading", now)
            if why is None and self._make_room(self._place(envelope, pow)):
                self._keep(name, envelope, now, pass_on=not self.light)
                self.peers[peer].known.add(name)
                new.append(name)
            elif why in _CLOCKS_DIFFER and self.peers[peer].confirmations:
                pass
            elif why not in _NO_FAULTS:
                fault = fault or why
        return new, fault

    def post(self, name, envelope, now):
        """Whether the network would take it."""
        if name not in self.pool:
            if refusal(envelope, "leading", now, pow_min=self.pow_min):
                return False
            if not self._make_room((float("inf"), 0)):
                return False
            self._keep(name, envelope, now, pass_on=True)
        return True

    def _place(self, envelope, pow):
        size = len(encode(*envelope))
        return level(pow, size, self.count_max, SIZE_MAX), size

    def _make_room(self, place):
        """What is not to be passed on gives way to nobody."""
        places = {
            name: self._place(envelope, pow) if pass_on else (float("inf"), 0)
            for name, (envelope, pow, pass_on) in self.pool.items()
        }
        gone = give_way(places, 1, place[1], place[0], self.count_max, SIZE_MAX)
        for name in gone or ():
            del self.pool[name]
        return gone is not None

    def _keep(self, name, envelope, now, pass_on):
        for peer in self.peers.values():
            peer.known.discard(name)  # of an earlier time in the pool
        self.pool[name] = envelope, pow_now(envelope, "leading", now), pass_on

    def transmit(self, now):
        """{peer: the names of what it is sent}."""
        sent = {}
        for peer_name, peer in self.peers.items():
            for name, (envelope, pow, pass_on) in self.pool.items():
                if (
                    pass_on
                    and not peer.held
                    and name not in peer.known
                    and pow >= peer.pow_min
                    and matches(peer.wanted, bloom(envelope[2]))
                    and envelope[0] >= now
                ):
                    peer.known.add(name)
                    sent.setdefault(peer_name, set()).add(name)
        return sent
