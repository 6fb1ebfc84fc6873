"""The routing table against its oracle, step by step, with the same draws."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.nodes import PORT, node
from tests.oracle import table as oracle
from waypost._ext.address import pack
from waypost._ext.drbg import Drbg
from waypost._ext.table import Table
from waypost.config import TableConfig

NODE_COUNT = 90
HOSTS = [f"52.7.{i}.9" for i in range(40)]  # a subnet each
HOSTS += [f"9.9.9.{i}" for i in range(1, 13)] + ["9.9.8.1", "9.9.10.1"]  # one crowded /24
HOSTS += [f"127.0.0.{i}" for i in range(1, 5)] + [f"10.0.0.{i}" for i in range(1, 5)]
HOSTS += [f"2a01:4f8:1:{i:x}::1" for i in range(4)] + [f"2a01:4f8:2::{i}" for i in range(1, 4)]
HOSTS += ["fd00::1", "::1"]
HOSTS += ["192.0.2.1", "224.0.0.1"]
ASKERS = [pack(host, PORT) for host in ("8.8.8.8", "2a00::1", "10.9.9.9", "127.0.0.1", "0.0.0.0")]

nodes = st.integers(0, NODE_COUNT - 1)
hosts = st.sampled_from(HOSTS)
seqs = st.integers(1, 3)
counts = st.integers(0, 20)
node_ids = nodes.map(lambda index: node(index, HOSTS[0], 1).node_id)
points = node_ids | st.binary(min_size=32, max_size=32)


INDEX = {node(index, HOSTS[0], 1).node_id: index for index in range(NODE_COUNT)}
OWN = node(NODE_COUNT, "127.0.0.1", 1)


class TableMachine(RuleBasedStateMachine):
    @initialize(
        seed=st.binary(min_size=32, max_size=32),
        near=nodes,
        gap=st.integers(0, 256).map(lambda distance: (1 << distance) >> 1),
        config=st.builds(
            TableConfig,
            replacement_count_max=st.sampled_from([10, 0, 1, 3]),
            subnet_bits_ipv4=st.sampled_from([24, 32, 16, 21]),
            subnet_bits_ipv6=st.sampled_from([48, 64, 128, 33]),
            subnet_bucket_count_max=st.integers(1, 3),
            subnet_table_count_max=st.integers(3, 10),
            inbound_bucket_count_max=st.sampled_from([8, 1, 16]),
            failure_count_max=st.just(3),
            failure_count_max_replaceable=st.integers(1, 3),
        ),
    )
    def build(self, seed, near, gap, config):
        """Our id lies at any distance from some node, so that near buckets are in use too."""
        own_id = int.from_bytes(node(near, HOSTS[0], 1).node_id) ^ gap
        self.table = Table(own_id.to_bytes(32), config, Drbg(seed))
        self.oracle = oracle.Table(own_id.to_bytes(32), config, Drbg(seed).below)
        self.now = 1000.0

    def add(self, record, address, inbound):
        outcome = self.table.add(record, address, self.now, inbound=inbound)
        assert outcome.name == self.oracle.add(record, address, self.now, inbound)

    @rule(index=nodes, host=hosts, seq=seqs, inbound=st.booleans())
    def meet(self, index, host, seq, inbound):
        self.add(node(index, host, seq), pack(host, PORT), inbound)

    @rule(
        start=nodes,
        count=st.integers(10, NODE_COUNT),
        variety=st.sampled_from([40, len(HOSTS)]),
        inbound=st.booleans(),
    )
    def meet_many(self, start, count, variety, inbound):
        for i in range(count):
            host = HOSTS[i % variety]
            record = node((start + i) % NODE_COUNT, host, 1)
            self.add(record, pack(host, PORT), inbound)

    @rule(index=nodes, host=hosts, seq=seqs, port=st.sampled_from([0, 30304]))
    def meet_at_another_port(self, index, host, seq, port):
        self.add(node(index, host, seq), pack(host, port), True)

    @rule(index=nodes, host=hosts, seq=seqs)
    def refresh(self, index, host, seq):
        record, address = node(index, host, seq), pack(host, PORT)
        outcome = self.table.refresh(record, address, self.now)
        assert outcome.name == self.oracle.refresh(record, address, self.now)

    @rule(index=nodes, host=hosts, seq=st.integers(2, 5))
    def refresh_one_that_is_held(self, index, host, seq):
        contacts = self.oracle.entries()
        if contacts:
            self.refresh(INDEX[contacts[index % len(contacts)].node_id], host, seq)

    @rule(node_id=node_ids)
    def remove(self, node_id):
        assert self.table.remove(node_id, self.now) == self.oracle.remove(node_id, self.now)

    @rule(seconds=st.sampled_from([0.0, 1.0, 30.0, 1000.0]))
    def wait(self, seconds):
        self.now += seconds

    @rule(count=counts, answers=st.lists(st.booleans(), min_size=20, max_size=20))
    def check(self, count, answers):
        due = self.table.due(self.now, count)
        expected = self.oracle.due(self.now, count)
        assert [(contact.record.node_id, contact.due_at) for contact in due] == expected
        for contact, answers_it in zip(due, answers, strict=False):
            self.report(answers_it, contact.record.node_id, contact.address)

    @rule(index=nodes, answers_it=st.booleans(), times=st.integers(1, 3))
    def hear_of_one(self, index, answers_it, times):
        contacts = self.oracle.members()
        if contacts:
            contact = contacts[index % len(contacts)]
            for _ in range(times):
                self.report(answers_it, contact.node_id, contact.address)

    @rule(node_id=node_ids, host=hosts, answers_it=st.booleans())
    def hear_from_elsewhere(self, node_id, host, answers_it):
        self.report(answers_it, node_id, pack(host, PORT))

    def report(self, answers_it, node_id, address):
        verb = "answered" if answers_it else "unanswered"
        changed = getattr(self.table, verb)(node_id, address, self.now)
        assert changed == getattr(self.oracle, verb)(node_id, address, self.now)

    @rule(point=points, count=counts, live_only=st.booleans())
    def find_closest(self, point, count, live_only):
        found = self.table.closest(point, count, live_only)
        assert found == self.oracle.closest(point, count, live_only)

    @rule(distances=st.lists(st.integers(240, 260) | st.just(0)), asker=st.sampled_from(ASKERS))
    def answer_findnode(self, distances, asker):
        told = self.table.findnode(distances, asker, OWN)
        assert told == self.oracle.findnode(distances, asker, OWN)

    @rule()
    def draw_one(self):
        members = self.oracle.members()
        drawn = self.table.random()
        if not members:
            assert drawn is None
        else:
            expected = members[self.oracle.below(len(members))]
            assert drawn.record == expected.record

    @invariant()
    def both_hold_the_same(self):
        interval_s = self.oracle.interval_s
        ours = [
            (c.record, c.address, c.live, c.inbound, c.failures, c.due_at, c.interval_s)
            for c in self.table
        ]
        theirs = [
            (c.record, c.address, c.live, c.inbound, c.failures, c.due_at, interval_s(c))
            for c in self.oracle.members()
        ]
        assert ours == theirs
        assert len(self.table) == len(ours)
        assert self.table.live_count == sum(contact.live for contact in self.oracle.members())
        assert self.table.next_due() == self.oracle.next_due()
        assert self.table.bucket_counts() == {
            distance: (len(bucket.members), len(bucket.spares))
            for distance, bucket in self.oracle.buckets.items()
            if bucket.members
        }

    @invariant()
    def limits_hold(self):
        """Of the oracle, so of both."""
        config = self.oracle.config
        entries = self.oracle.entries()
        assert len({contact.node_id for contact in entries}) == len(entries)
        for bucket in self.oracle.buckets.values():
            assert len(bucket.members) <= 16
            assert bool(bucket.members) >= bool(bucket.spares)
            assert len(bucket.spares) <= config.replacement_count_max
            inbound = [contact for contact in bucket.members if contact.inbound]
            assert len(inbound) <= config.inbound_bucket_count_max
            self.subnets_hold(bucket.members + bucket.spares, config.subnet_bucket_count_max)
        self.subnets_hold(entries, config.subnet_table_count_max)

    def subnets_hold(self, contacts, count_max):
        subnets = [
            oracle.subnet_of(contact.address, self.oracle.config)
            for contact in contacts
            if oracle.scope_of(contact.address) == oracle.INTERNET
        ]
        assert all(subnets.count(subnet) <= count_max for subnet in set(subnets))


TestTable = TableMachine.TestCase
TestTable.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
