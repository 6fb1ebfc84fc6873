"""Open WHOAREYOU challenges.

While one is open, its packet is resent byte for byte (devp2p #278): a peer whose second request
crosses our challenge can still
answer the first. The store is bounded: when it is full no new challenge is sent, so that a flood
cannot push out the open ones, and
one Internet address can hold only a part of it.
"""
cimport cython
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from waypost._ext.address cimport SCOPE_INTERNET, Address, scope_of
from waypost._ext.codec cimport Codec
from waypost._ext.packet cimport CHALLENGE_SIZE_B
from waypost._ext.record cimport ENR


cdef inline bytes _peer_key(const uint8_t* node_id, const Address* source):
    cdef uint8_t key[50]
    memcpy(key, node_id, 32)
    memcpy(key + 32, source, 18)
    return (<const char*>key)[:50]


cdef inline bytes _ip_key(const Address* source):
    return (<const char*>source.ip)[:16]


@cython.final
cdef class Challenge:
    pass


@cython.final
cdef class Challenges:
    def __init__(
        self, Codec codec not None, int count_max, int per_ip_count_max, int resend_count_max,
        double lifetime_s
    ):
        self._codec = codec
        self._open = {}
        self._per_ip = {}
        self.count_max = count_max
        self.per_ip_count_max = per_ip_count_max
        self.resend_count_max = resend_count_max
        self.lifetime_s = lifetime_s

    def __len__(self):
        return len(self._open)

    cdef int send(
        self, const uint8_t* node_id, const Address* source, const uint8_t* request_nonce, ENR
        record, double now
    ) except -1:
        cdef bytes key = _peer_key(node_id, source)
        cdef Challenge challenge
        self._expire(now)
        challenge = self._open.get(key)
        if challenge is not None:
            return self._resend(challenge)
        if len(self._open) >= self.count_max or not self._admit(source):
            self.refused += 1
            return 0
        challenge = Challenge.__new__(Challenge)
        challenge.record = record
        challenge.address = source[0]
        challenge.expires_at = now + self.lifetime_s
        self._open[key] = challenge
        self._codec.send_whoareyou(
            node_id, source, request_nonce, record.seq if record is not None else 0,
            challenge.packet, challenge.data,
        )
        self.sent += 1
        return 0

    cdef Challenge take(self, const uint8_t* node_id, const Address* source, double now):
        cdef Challenge challenge
        self._expire(now)
        challenge = self._open.pop(_peer_key(node_id, source), None)
        if challenge is not None:
            self._release(&challenge.address)
        return challenge

    cdef int _resend(self, Challenge challenge) except -1:
        if challenge.resent_count >= self.resend_count_max:
            self.refused += 1
            return 0
        challenge.resent_count += 1
        self.resent += 1
        self._codec.send_again(challenge.packet, CHALLENGE_SIZE_B, &challenge.address)
        return 0

    cdef bint _admit(self, const Address* source) except -1:
        cdef bytes ip
        cdef int held
        if scope_of(source) != SCOPE_INTERNET:
            return True
        ip = _ip_key(source)
        held = self._per_ip.get(ip, 0)
        if held >= self.per_ip_count_max:
            return False
        self._per_ip[ip] = held + 1
        return True

    cdef int _release(self, const Address* source) except -1:
        cdef bytes ip
        cdef int held
        if scope_of(source) == SCOPE_INTERNET:
            ip = _ip_key(source)
            held = self._per_ip[ip]
            if held == 1:
                del self._per_ip[ip]
            else:
                self._per_ip[ip] = held - 1
        return 0

    cdef int _expire(self, double now) except -1:
        """All live equally long, so the oldest stand in front."""
        cdef bytes key
        cdef Challenge challenge
        while self._open:
            key = next(iter(self._open))
            challenge = self._open[key]
            if challenge.expires_at > now:
                break
            del self._open[key]
            self._release(&challenge.address)
        return 0
