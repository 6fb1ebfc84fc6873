"""A shelf changes how many requests there are, and never a fact: against reads without one."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.unit.test_trust_reading import IDS, SERVER, Chain, Reader
from waypost._ext.slots import registry_slot
from waypost.config import RegistryConfig
from waypost.trust.words import ProviderWord, RegistryWord, ResourceWord, Status

SOME = st.lists(st.sampled_from(IDS), min_size=1, max_size=12, unique=True)
STATUS = st.sampled_from(list(Status))


class Readers(RuleBasedStateMachine):
    """One reader with a shelf and one that forgets everything, on a chain that moves."""

    @initialize(batches=st.booleans(), skew=st.sampled_from([0, 0, 1000]))
    def begin(self, batches: bool, skew: int) -> None:
        self.chain = Chain()
        self.chain.skew = skew
        config = RegistryConfig(chunk_count_max=10, cache_count_max=20, cache_lifetime_s=50.0)
        self.reader = Reader(self.chain, config, batches)
        self.past = [self.state()]

    def state(self) -> tuple[int, dict[bytes, int], int]:
        return len(self.chain.blocks), dict(self.chain.storage), self.chain.kind_word

    @rule(node_ids=SOME, status=STATUS, index=st.integers(0, 5))
    def change(self, node_ids: list[bytes], status: Status, index: int) -> None:
        self.past.append(self.state())
        word = ResourceWord.unpack(SERVER)._replace(status=status, list_index=index)
        self.chain.change(*node_ids, word=word.pack())

    @rule(status=STATUS)
    def change_provider(self, status: Status) -> None:
        self.chain.mine()
        self.chain.provide(1, ProviderWord(owner=1, status=status, epoch=1).pack())

    @rule(halted=st.integers(0, 1))
    def halt(self, halted: int) -> None:
        self.chain.mine()
        self.chain.storage[registry_slot()] = RegistryWord(version=1, halted=halted).pack()

    @rule()
    def mine(self) -> None:
        self.chain.mine()

    @rule()
    def remember(self) -> None:
        self.past.append(self.state())

    @rule(back=st.integers(0, 2))
    def reorganise(self, back: int) -> None:
        """Back to a state of before; the blocks that follow are others."""
        del self.past[max(1, len(self.past) - back) :]
        count, storage, self.chain.kind_word = self.past[-1]
        del self.chain.blocks[count:]
        self.chain.storage = dict(storage)
        self.chain.branch += 1

    @rule(node_ids=SOME, others=SOME, status=STATUS)
    def change_otherwise(self, node_ids: list[bytes], others: list[bytes], status: Status) -> None:
        """A block with one change is read, and then replaced by one with another change."""
        self.change(node_ids, Status.ACTIVE, 0)
        self.read(others)
        self.reorganise(0)
        self.change(others, status, 0)
        self.read(node_ids)

    @rule(seconds=st.sampled_from([1.0, 20.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.reader.now += seconds

    @rule(node_ids=SOME)
    def read(self, node_ids: list[bytes]) -> None:
        fresh = Reader(self.chain)(node_ids)
        known = self.reader(node_ids)
        assert known._replace(kept_count=0) == fresh
        assert known.block == self.chain.head

    @invariant()
    def is_bounded(self) -> None:
        assert len(self.reader.shelf) <= 2 * 20


TestReaders = Readers.TestCase
TestReaders.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
