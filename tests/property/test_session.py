"""The session table against a model: two ordered dictionaries, newest last."""

from collections import OrderedDict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.oracle import discv5 as oracle
from waypost._ext.address import pack
from waypost._ext.session import SessionTable

NONCE = bytes(12)
# So few that keys meet in chains and come back; some differ in one part only.
PEERS = [
    (bytes([number]) * 32, pack(host, port))
    for number in range(6)
    for host in ("192.0.2.1", "2001:db8::1")
    for port in (1, 2)
]
peers = st.sampled_from(PEERS)
keys = st.binary(min_size=16, max_size=16)
which = st.sampled_from([0, 1])


class Sessions(RuleBasedStateMachine):
    @initialize(capacities=st.lists(st.integers(1, 12), min_size=2, max_size=2), seed=keys)
    def start(self, capacities, seed):
        hash_seed = int.from_bytes(seed[:8], "big")
        self.tables = [SessionTable(capacity, hash_seed) for capacity in capacities]
        self.models = [OrderedDict() for _ in capacities]
        self.evicted = [0, 0]

    def put(self, index, peer, pair):
        model = self.models[index]
        if peer not in model and len(model) == self.tables[index].capacity:
            model.popitem(last=False)
            self.evicted[index] += 1
        model[peer] = pair
        model.move_to_end(peer)

    @rule(index=which, peer=peers, write_key=keys, read_key=keys)
    def establish(self, index, peer, write_key, read_key):
        self.tables[index].establish(*peer, write_key, read_key, 0.0)
        self.put(index, peer, (write_key, read_key))

    @rule(index=which, peer=peers)
    def forget(self, index, peer):
        expected = self.models[index].pop(peer, None) is not None
        assert self.tables[index].forget(*peer) is expected

    @rule(index=which, peer=peers)
    def adopt(self, index, peer):
        source = self.models[1 - index]
        assert self.tables[index].adopt(self.tables[1 - index], *peer, 0.0) is (peer in source)
        if peer in source:
            moved, kept = source[peer], self.models[index].get(peer)
            self.put(index, peer, moved)
            if kept is None:
                del source[peer]
            else:
                source[peer] = kept

    @rule(index=which, peer=peers, plain=st.binary(max_size=40))
    def use(self, index, peer, plain):
        model, table = self.models[index], self.tables[index]
        if peer not in model:
            assert table.seal(*peer, NONCE, b"header", plain) is None
            return
        write_key, read_key = model[peer]
        model.move_to_end(peer)
        sealed = oracle.seal(write_key, NONCE, plain, b"header")
        assert table.seal(*peer, NONCE, b"header", plain) == sealed
        from_peer = oracle.seal(read_key, NONCE, plain, b"header")
        assert table.open(*peer, NONCE, b"header", from_peer) == plain

    @invariant()
    def tables_are_as_their_models(self):
        for table, model, evicted in zip(self.tables, self.models, self.evicted, strict=True):
            assert list(table) == list(reversed(model))
            assert (len(table), table.evicted) == (len(model), evicted)
            assert [peer in table for peer in PEERS] == [peer in model for peer in PEERS]


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=60, stateful_step_count=60)
