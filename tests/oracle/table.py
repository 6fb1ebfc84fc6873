"""The routing table of discv5-theory, "Node Table", written to be right, not fast.

A record is any object with `node_id`, `seq`, `raw` and `endpoint(ipv6=)`; an outcome is its name.
"""

from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv6Address, ip_network

K = 16
LOOPBACK, LAN, INTERNET = "loopback", "lan", "internet"
WIDTH = {LOOPBACK: 1, LAN: 2, INTERNET: 3}
NETWORKS = {  # RFC 6890; where nobody can be reached the scope is None
    LOOPBACK: ["127.0.0.0/8", "::1/128"],
    LAN: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"],
    None: ["0.0.0.0/8", "192.0.2.0/24", "203.0.113.0/24", "224.0.0.0/3", "::/128", "ff00::/8"],
}
NETWORKS[LAN] += ["fc00::/7", "fe80::/10"]
NETWORKS[None] += ["192.0.0.0/24", "198.18.0.0/15", "198.51.100.0/24", "2001:db8::/32"]


def logdistance(a, b):
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_length()


def distance(a, b):
    return int.from_bytes(a) ^ int.from_bytes(b)


def ip_of(address):
    ip = IPv6Address(address[:16])
    return ip.ipv4_mapped or ip


@cache
def scope_of(address):
    ip = ip_of(address)
    if address[16:] == b"\0\0":
        return None
    for scope, networks in NETWORKS.items():
        if any(ip in ip_network(network) for network in networks):
            return scope
    return INTERNET


def may_relay(address, peer):
    about, to = scope_of(address), scope_of(peer)
    return None not in (about, to) and WIDTH[about] >= WIDTH[to]


@cache
def subnet_of(address, config):
    ip = ip_of(address)
    bits = config.subnet_bits_ipv4 if ip.version == 4 else config.subnet_bits_ipv6
    return ip_network((ip, bits), strict=False)


def declares(record, address):
    return address in (record.endpoint(ipv6=False), record.endpoint(ipv6=True))


@dataclass(eq=False)
class Contact:
    record: object
    address: bytes
    inbound: bool
    due_at: float
    live: bool = False
    failures: int = 0
    streak: int = 0

    @property
    def node_id(self):
        return self.record.node_id


@dataclass(eq=False)
class Bucket:
    members: list = field(default_factory=list)
    spares: list = field(default_factory=list)


class Table:
    """`below(n)` draws from [0, n)."""

    def __init__(self, own_id, config, below):
        self.own_id = own_id
        self.config = config
        self.below = below
        self.buckets = {distance: Bucket() for distance in range(256, 0, -1)}

    def bucket_of(self, node_id):
        return self.buckets[logdistance(self.own_id, node_id)]

    def members(self):
        return [contact for bucket in self.buckets.values() for contact in bucket.members]

    def entries(self):
        return [c for bucket in self.buckets.values() for c in bucket.members + bucket.spares]

    def get(self, node_id):
        return next((c for c in self.members() if c.node_id == node_id), None)

    def is_crowded(self, bucket, address, apart_from=None):
        if scope_of(address) != INTERNET:
            return False
        subnet = subnet_of(address, self.config)
        same = [
            contact
            for contact in self.entries()
            if contact is not apart_from
            and scope_of(contact.address) == INTERNET
            and subnet_of(contact.address, self.config) == subnet
        ]
        at_home = [c for c in same if c in bucket.members + bucket.spares]
        return (
            len(at_home) >= self.config.subnet_bucket_count_max
            or len(same) >= self.config.subnet_table_count_max
        )

    def has_room(self, bucket, inbound):
        if len(bucket.members) == K:
            return False
        count = sum(contact.inbound for contact in bucket.members)
        return not inbound or count < self.config.inbound_bucket_count_max

    def add(self, record, address, now, inbound):
        if record.node_id == self.own_id:
            return "REFUSED_SELF"
        if scope_of(address) is None:
            return "REFUSED_ADDRESS"
        if not declares(record, address):
            return "REFUSED_ENDPOINT"
        bucket = self.bucket_of(record.node_id)
        for contact in bucket.members + bucket.spares:
            if contact.node_id == record.node_id:
                return self.meet_again(bucket, contact, record, address, now, inbound)
        if self.is_crowded(bucket, address):
            return "REFUSED_SUBNET"
        contact = Contact(record, address, inbound, now)
        if self.has_room(bucket, inbound):
            bucket.members.append(contact)
            return "ADDED"
        if self.config.replacement_count_max == 0:
            return "REFUSED_FULL"
        bucket.spares.append(contact)
        del bucket.spares[: -self.config.replacement_count_max]
        return "REPLACEMENT"

    def meet_again(self, bucket, contact, record, address, now, inbound):
        contact.inbound = contact.inbound and inbound
        outcome = self.renew(bucket, contact, record, address, now)
        if contact in bucket.members:
            return outcome
        bucket.spares.remove(contact)
        if self.has_room(bucket, contact.inbound):
            contact.due_at = now
            bucket.members.append(contact)
            return "ADDED"
        bucket.spares.append(contact)
        return outcome

    def renew(self, bucket, contact, record, address, now):
        if record.seq <= contact.record.seq:
            return "KNOWN"
        if not declares(record, contact.address):
            if self.is_crowded(bucket, address, apart_from=contact):
                return "REFUSED_SUBNET"
            contact.address = address
            contact.live, contact.failures, contact.streak = False, 0, 0
            contact.due_at = now
        contact.record = record
        return "UPDATED"

    def refresh(self, record, address, now):
        if record.node_id not in [contact.node_id for contact in self.entries()]:
            return "REFUSED_UNKNOWN"
        return self.add(record, address, now, inbound=True)

    def remove(self, node_id, now):
        if node_id == self.own_id:
            return False
        bucket = self.bucket_of(node_id)
        for contact in bucket.members:
            if contact.node_id == node_id:
                self.drop(bucket, contact, now)
                return True
        before = len(bucket.spares)
        bucket.spares = [contact for contact in bucket.spares if contact.node_id != node_id]
        return len(bucket.spares) < before

    def drop(self, bucket, contact, now):
        bucket.members.remove(contact)
        choices = [spare for spare in bucket.spares if self.has_room(bucket, spare.inbound)]
        if choices:
            chosen = choices[self.below(len(choices))]
            bucket.spares.remove(chosen)
            chosen.due_at = now
            bucket.members.append(chosen)

    def interval_s(self, contact):
        interval = self.config.check_interval_min_s * 2.0**contact.streak
        return min(interval, self.config.check_interval_max_s)

    def schedule(self, contact, now):
        jitter = self.below(1 << 20) / (1 << 21)
        contact.due_at = now + self.interval_s(contact) * (0.75 + jitter)

    def next_due(self):
        return min((contact.due_at for contact in self.members()), default=float("inf"))

    def due(self, now, count_max):
        """(node id, when it was due) of each; `min` takes the first of equals."""
        handed_out = []
        while len(handed_out) < count_max and self.next_due() <= now:
            contact = min(self.members(), key=lambda contact: contact.due_at)
            handed_out.append((contact.node_id, contact.due_at))
            contact.due_at = now + self.config.check_interval_min_s
        return handed_out

    def answered(self, node_id, address, now):
        contact = self.get(node_id)
        if contact is None or contact.address != address:
            return False
        was_live = contact.live
        contact.live, contact.failures = True, 0
        if self.interval_s(contact) < self.config.check_interval_max_s:
            contact.streak += 1
        self.schedule(contact, now)
        bucket = self.bucket_of(node_id)
        bucket.members.remove(contact)
        bucket.members.append(contact)
        return not was_live

    def unanswered(self, node_id, address, now):
        contact = self.get(node_id)
        if contact is None or contact.address != address:
            return False
        bucket = self.bucket_of(node_id)
        contact.failures += 1
        limit = self.config.failure_count_max
        if bucket.spares:
            limit = self.config.failure_count_max_replaceable
        if contact.failures >= limit:
            self.drop(bucket, contact, now)
            return True
        contact.streak = 0
        self.schedule(contact, now)
        return False

    def closest(self, target, count, live_only=False):
        members = [contact for contact in self.members() if contact.live or not live_only]
        members.sort(key=lambda contact: distance(contact.node_id, target))
        return [contact.record for contact in members[:count]]

    def findnode(self, distances, asker, own):
        if scope_of(asker) is None:
            return []
        told = []
        for asked in dict.fromkeys(distances):
            if asked == 0:
                told.append(own.raw)
            elif asked <= 256:
                told += [
                    contact.record.raw
                    for contact in reversed(self.buckets[asked].members)
                    if contact.live and may_relay(contact.address, asker)
                ]
        return told[:K]
